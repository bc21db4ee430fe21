import { describe, expect, it } from 'vitest';
import { runBenchmarks } from './bench/benchmark-runs.ts';
import { optionsOf } from './bench/options.ts';
import { byNumber, type Contender, race, raceTogether, timesOurs } from './bench/race.ts';
import type { Report } from './bench/report.ts';

const options = { question: 'squares', unit: 'ns', questions: 100, rounds: 3 } as const;
const squares = byNumber('ours', 100, (question) => question * question);

const contender = (name: string, answer: unknown, log: string[] = []): Contender => ({
  name,
  answers() {
    log.push(`${name} answers`);
    return answer;
  },
  ask(round) {
    log.push(`${name} ${round}`);
  },
});

describe('race', () => {
  it('times contenders that answer alike', async () => {
    const raced = await race(options, [squares, byNumber('peer', 100, (question) => question ** 2)]);
    expect(raced.entries.map(({ name }) => name)).toEqual(['ours', 'peer']);
    for (const { wall } of raced.entries) {
      expect(wall.least).toBeGreaterThan(0);
      expect(wall.least).toBeLessThanOrEqual(wall.median);
      expect(wall.median).toBeLessThanOrEqual(wall.greatest);
    }
    expect(timesOurs(raced, 'peer', 'wall')).toBeGreaterThan(0);
  });

  it('fails when one of many answers differs, and names who differs', async () => {
    const wrong = byNumber('peer', 100, (question) => (question === 57 ? 0 : question * question));
    await expect(race(options, [squares, wrong])).rejects.toThrow(/squares: peer answers .*, ours /);
  });

  it('fails when the wrong one is not the second', async () => {
    const all = [contender('ours', [1n, 'a']), contender('first', [1n, 'a']), contender('last', [2n, 'a'])];
    await expect(race(options, all)).rejects.toThrow('last answers ["2","a"], ours ["1","a"]');
  });

  it('takes no time of anybody before all answers are compared', async () => {
    const log: string[] = [];
    await expect(race(options, [contender('ours', 1, log), contender('peer', 2, log)])).rejects.toThrow();
    expect(log).toEqual(['ours answers', 'peer answers']);
  });

  it('refuses a race with nobody to compare with', async () => {
    await expect(race(options, [squares])).rejects.toThrow('nobody to compare with');
  });

  it('lets contenders of all groups alternate, another one first in each round', async () => {
    const log: string[] = [];
    const groups = [
      { question: 'small', contenders: [contender('a', 1, log), contender('b', 1, log)] },
      { question: 'large', contenders: [contender('c', 2, log), contender('d', 2, log)] },
    ];
    const races = await raceTogether({ unit: 'ms', rounds: 2 }, groups);
    expect(log.filter((line) => !line.endsWith('answers'))).toEqual([
      ...['a 0', 'b 0', 'c 0', 'd 0'],
      ...['b 1', 'c 1', 'd 1', 'a 1'],
    ]);
    expect(races.map(({ question }) => question)).toEqual(['small', 'large']);
  });

  it('takes the time and the processor time that a contender knows better', async () => {
    let cpu = 0;
    const server = (name: string, seconds: number): Contender => ({
      ...{ name, answers: () => 'same' },
      async ask() {
        cpu += seconds / 2;
        return { seconds };
      },
      cpuSeconds: () => cpu,
    });
    const raced = await race({ question: 'load', unit: 'ms', questions: 10, rounds: 3 }, [
      server('ours', 2),
      server('peer', 4),
    ]);
    expect(raced.entries.map(({ wall, cpu: own }) => [wall.median, own.median])).toEqual([
      [200, 100],
      [400, 200],
    ]);
  });
});

describe('a run of benchmarks', () => {
  const report = (name: string): Report => ({ name, tables: [], targets: [], notes: [] });

  it('reports those that fail, and runs the others all the same', () => {
    const runs = runBenchmarks({ names: ['lookups', 'batches', 'import'] }, (name) => {
      if (name === 'batches') throw new Error('answers differ');
      return report(name);
    });
    expect(runs.failed).toEqual(['batches']);
    expect(runs.reports.map(({ name }) => name)).toEqual(['lookups', 'import']);
  });

  it('is small when it only compares', () => {
    expect(optionsOf(['all', '--smoke'])).toEqual(optionsOf(['--smoke']));
    expect(optionsOf(['--smoke'])).toMatchObject({ smoke: true, size: 0.002 });
    expect(optionsOf(['lookups'])).toMatchObject({ smoke: false, size: 1, names: ['lookups'] });
    expect(optionsOf(['lookups', '--smok'])).toBeNull();
  });
});
