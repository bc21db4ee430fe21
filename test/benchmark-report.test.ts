import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chartOf } from './bench/chart.ts';
import { optionsOf } from './bench/options.ts';
import { pageOf, withSection } from './bench/page.ts';
import type { Race } from './bench/race.ts';
import { readResults, type SavedResult } from './bench/results.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}docs/explanation/`;

const spread = (median: number) => ({ median, least: median * 0.9, greatest: median * 1.2 });

const race: Race = {
  question: 'city of <an address> & more',
  unit: 'ns',
  rounds: 7,
  entries: [
    { name: 'asof', wall: spread(200), cpu: spread(210) },
    { name: 'SQLite | prepared', wall: spread(2000), cpu: spread(1050) },
    { name: 'less than a tick', wall: spread(3), cpu: spread(0) },
  ],
};

const saved: SavedResult = {
  ...{ name: 'lookups', machine: '2 cores', date: '2026-11-30', size: 0.5, commit: 'abc', isIdle: false },
  races: [race],
};

const dots = (svg: string): number[] => Array.from(svg.matchAll(/<circle[^>]* cx="([\d.]+)"/g), ([, x]) => Number(x));

describe('a chart of a race', () => {
  const svg = chartOf(race);

  it('has a title and its figures as text, and is well formed', () => {
    expect(svg).toContain('<title id="title">city of &lt;an address&gt; &amp; more, ns of processor time</title>');
    expect(svg).toContain('<desc id="text">asof: 210 ns; SQLite | prepared: 1,050 ns. Logarithmic scale.</desc>');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const opened = [...svg.matchAll(/<(\w+)(?:\s[^>]*[^/])?>/g)].map(([, name]) => name).sort();
    expect(opened).toEqual([...svg.matchAll(/<\/(\w+)>/g)].map(([, name]) => name).sort());
  });

  it('places five times as much at the same distance wherever it is, inside of the picture', () => {
    const [ours = 0, theirs = 0] = dots(svg);
    const larger = {
      ...race,
      entries: race.entries.slice(0, 2).map((each) => ({ ...each, cpu: spread(each.cpu.median * 2) })),
    };
    const [ours2 = 0, theirs2 = 0] = dots(chartOf(larger));
    expect(theirs - ours).toBeGreaterThan(20);
    expect(theirs2 - ours2).toBeCloseTo(theirs - ours, 0);
    for (const x of [ours, theirs, ours2, theirs2]) expect(x > 0 && x < 760).toBe(true);
  });

  it('leaves out contenders without a figure, and is none without any', () => {
    expect(dots(svg).length).toBe(2);
    expect(chartOf({ ...race, entries: race.entries.slice(2) })).toBe('');
  });
});

describe('the page of results', () => {
  it('states medians with their spread, peers in times ours, and what they were measured on', () => {
    const { section, charts } = pageOf([saved]);
    expect(section).toContain('2026-11-30, commit abc, 500,000 records of each kind, 2 cores, beside other work.');
    expect(section).toContain('| city of <an address> & more | asof | 200 (180 to 240) ns | 210 (189 to 252) ns |');
    expect(section).toContain(
      '|  | SQLite \\| prepared | 2,000 (1,800 to 2,400) ns, 10 x | 1,050 (945 to 1,260) ns, 5 x |',
    );
    expect([...charts.keys()]).toEqual(['benchmark-lookups-1.svg']);
    expect(section).toContain('](benchmark-lookups-1.svg)');
  });

  it('replaces nothing but its section', () => {
    const text = readFileSync(`${folder}benchmarks.md`, 'utf8');
    const changed = withSection(text, 'new results');
    expect(changed).toContain('new results');
    expect(withSection(changed, pageOf(readResults(root)).section)).toBe(
      withSection(text, pageOf(readResults(root)).section),
    );
    expect(() => withSection('# a page', 'new results')).toThrow('has no section');
  });

  it('is what the saved results say, with their pictures', () => {
    const { section, charts } = pageOf(readResults(root));
    const text = readFileSync(`${folder}benchmarks.md`, 'utf8');
    expect(text).toBe(withSection(text, section));
    const pictures = readdirSync(folder).filter((name) => /^benchmark-.*\.svg$/.test(name));
    expect(pictures.sort()).toEqual([...charts.keys()].sort());
    for (const name of pictures) expect(readFileSync(folder + name, 'utf8')).toBe(charts.get(name));
  });

  it('is written from runs that were timed only', () => {
    expect(optionsOf(['report'])).toMatchObject({ reportOnly: true });
    expect(optionsOf(['all', '--save'])).toMatchObject({ save: true, reportOnly: false });
    expect(optionsOf(['--smoke', '--save'])).toBeNull();
    expect(optionsOf(['report', '--save'])).toBeNull();
  });
});
