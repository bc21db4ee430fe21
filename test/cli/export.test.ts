import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { asof, startAsof } from './asof-process.ts';

const uuidOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const at = '2024-01-02T03:04:05.000006Z';
let data = '';

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asof-test-'));
  const { app, close } = await openApp({ data, settings: { now: at } });
  const { conversations } = app.domains;
  await conversations.followUp(uuidOf(1));
  await conversations.start(uuidOf(1), 'E');
  await conversations.start(uuidOf(2), 'x');
  await conversations.followUp(uuidOf(2));
  await conversations.followUp(uuidOf(3));
  await conversations.followUp(uuidOf(1));
  await close();
});
afterAll(() => rm(data, { recursive: true, force: true }));

describe('asof export conversations', () => {
  it('writes every event as CSV in the order of recording', async () => {
    const { code, stdout, stderr } = await asof(['export', 'conversations', '--data', data]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\r\n')).toEqual([
      'seq,recorded_at,event,uuid,symbol,is_vowel_guess',
      `1,${at},followup,${uuidOf(1)},,`,
      `2,${at},initial,${uuidOf(1)},e,true`,
      `3,${at},initial,${uuidOf(2)},x,false`,
      `4,${at},followup,${uuidOf(2)},,`,
      `5,${at},followup,${uuidOf(3)},,`,
      `6,${at},followup,${uuidOf(1)},,`,
      '',
    ]);
  });

  it('writes the events of one symbol to a file, including follow-ups that were recorded before their start', async () => {
    const out = join(data, 'e.ndjson');
    const args = ['export', 'conversations', '--format', 'ndjson', '--symbol', 'E', '--out', out, '--data', data];
    expect(await asof(args)).toEqual({ code: 0, stdout: '', stderr: '' });
    const lines = (await readFile(out, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { seq: 1, recorded_at: at, event: 'followup', uuid: uuidOf(1), symbol: null, is_vowel_guess: null },
      { seq: 2, recorded_at: at, event: 'initial', uuid: uuidOf(1), symbol: 'e', is_vowel_guess: true },
      { seq: 6, recorded_at: at, event: 'followup', uuid: uuidOf(1), symbol: null, is_vowel_guess: null },
    ]);
    expect((await readdir(data)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it.each([
    [['--symbol', 'é'], 2],
    [['--format', 'xml'], 2],
    [['--out', join('/nowhere', 'out.csv')], 3],
  ])('refuses %j with the right exit code', async (args, exitCode) => {
    const { code, stdout, stderr } = await asof(['export', 'conversations', '--data', data, ...args]);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toMatch(/^(asof|error): /);
  });

  it('writes long tables in batches and exits silently when the reader closes the pipe', async () => {
    const many = await mkdtemp(join(tmpdir(), 'asof-test-'));
    const { app, close } = await openApp({ data: many });
    const count = 12_000;
    for (let from = 0; from < count; from += 4000)
      await Promise.all(
        Array.from({ length: 4000 }, (_, index) => app.domains.conversations.start(uuidOf(from + index), 'q')),
      );
    await close();
    const { stdout } = await asof(['export', 'conversations', '--format', 'ndjson', '--data', many]);
    const seqs = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toEqual(Array.from({ length: count }, (_, index) => index + 1));

    const { child, output, closed } = startAsof(['export', 'conversations', '--data', many]);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await closed).toBe(0);
    expect(output.stderr).toBe('');
    await rm(many, { recursive: true });
  });
});
