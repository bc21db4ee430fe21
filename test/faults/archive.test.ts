import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { asof, folder } from '../cli/asof-process.ts';
import { openApp } from '../support/app.ts';
import { archiveRecords } from '../support/archive.ts';
import { isLong } from './form.ts';

const script = fileURLToPath(new URL('../support/archive-killed.ts', import.meta.url));

/** Three segments: each is written, checked, added, and its records are removed, until none is left; each step has two moments. */
const stepsMax = 38;
/** After writing the first file, checking it, adding its keys and it, removing its records, and while the second one is checked. */
const short = [4, 6, 8, 10, 12, 18];

const text = [
  'user_id,created_at,status',
  ...Array.from(
    { length: 70 },
    (_, row) => `u${row % 9},2020-06-0${1 + (row % 9)},${['paying', 'cancelled'][row % 2]}`,
  ),
];
const question = `{
  enrichedAggregate(groupBy: [USER_STATUS]) { total { count } snapshot { sequence } }
  ${[0, 1, 2, 3].map((user) => `u${user}: user(userId: "u${user}") { statusChanges(first: 20) { totalCount nodes { effectiveAt status provenance { sequence line } } } }`).join('\n')}
}`;

const answersOf = async (data: string): Promise<string> => {
  const opened = await openApp({ data, settings: { indexFileRecords: '0', indexFileStopRecords: '0' } });
  try {
    expect(opened.app.store.verify().problems).toEqual([]);
    return JSON.stringify(await opened.query(question));
  } finally {
    await opened.close();
  }
};

const runKilled = async (data: string, before: number, step: number): Promise<boolean> => {
  const child = spawn(process.execPath, ['--import', 'tsx', script, data, String(before), String(step)]);
  let output = '';
  child.stdout.on('data', (part) => {
    output += part;
  });
  await once(child, 'close');
  return output === 'done\n';
};

it('an archive that is killed at any step changes no answer, and goes on when it is run again', async () => {
  const root = await folder();
  const sound = join(root, 'sound');
  const opened = await openApp({ data: sound });
  expect(await opened.importFile('user-status', { name: 'status.csv', text: text.join('\n') })).toMatchObject({
    accepted: 70,
  });
  await opened.close();
  const before = await answersOf(sound);
  expect(await runKilled(sound, 1, 0)).toBe(true);
  for (const step of isLong ? Array.from({ length: stepsMax }, (_, index) => index + 1) : short) {
    const data = join(root, `killed-${step}`, 'data');
    await cp(sound, data, { recursive: true });
    expect(await runKilled(data, 1000, step)).toBe(false);
    expect(await answersOf(data)).toBe(before);
    await archiveRecords({ data, before: 1000, segmentRecords: 30 });
    expect(await answersOf(data)).toBe(before);
    const { stdout } = await asof(['ledger', 'segments', '--data', data, '--json']);
    const { segments } = JSON.parse(stdout) as { segments: { name: string }[] };
    const files = await readdir(join(data, '../archive'));
    expect(files.filter((name) => name.endsWith('.parquet')).sort()).toEqual(segments.map(({ name }) => name));
  }
}, 600_000);

it('of two archives at once one is refused, and nothing is doubled', async () => {
  const data = join(await folder(), 'data');
  const opened = await openApp({ data });
  await opened.importFile('user-status', { name: 'status.csv', text: text.join('\n') });
  await opened.close();
  const before = await answersOf(data);
  const other = spawn(process.execPath, ['--import', 'tsx', script, data, '1000', '0']);
  const results = await Promise.allSettled([
    once(other, 'close'),
    ...[1, 2].map(() => archiveRecords({ data, before: 1000, segmentRecords: 5 })),
  ]);
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  for (const reason of refused)
    expect(reason).toMatch(/another process archives records|were archived by another process/);
  await archiveRecords({ data, before: 1000 });
  expect(await answersOf(data)).toBe(before);
});
