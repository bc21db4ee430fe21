import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getTableName } from 'drizzle-orm';
import { expect, it, onTestFinished } from 'vitest';
import { readAhead } from '../../../db/sqlite/reading/read-ahead.ts';
import { ledgerTables } from '../../../db/sqlite/rows/ledger-tables.ts';
import type { RecordStep, Store } from '../../../db/store.ts';
import { columnNames, recordOf } from '../../support/arbitrary-records.ts';
import { dataFolder, testStore } from '../../support/store.ts';

const queries = ledgerTables.map((table) => ({ table, columns: columnNames(table) as readonly string[] }));

/** Commits of 1 to 400 records of all tables, and one of 5001. */
const filledStore = async (data: string): Promise<Store> => {
  const store = testStore({ data, nowUs: () => 7 });
  for (let commit = 0; commit < 40; commit++)
    await store.write((tx) => {
      for (let index = 0; index <= (commit === 30 ? 5000 : (commit * 37) % 400); index++) {
        const table = queries[(commit + (index >> 4)) % queries.length]?.table ?? expect.fail('no table');
        tx.append(table, recordOf(table, commit + index, `r${commit}-${index}-${'é💙"\\'.slice(index % 5)}`) as never);
      }
    });
  // What the store keeps of its last commits is not what is in the file.
  store.close();
  return testStore({ data });
};

const plain = ({ commits, records }: RecordStep) => ({
  commits,
  records: Array.from(records, ([{ table }, found]) => [getTableName(table), found.rows()]),
});

const stepsOfStore = (store: Store, after: number, dividesCommits: boolean) => {
  const reader = store.stepReader(queries);
  const steps = [];
  for (let seq = after, found = -1; found !== steps.length; ) {
    found = steps.length;
    for (const step of reader.read(seq, dividesCommits)) {
      steps.push(plain(step));
      seq = step.commits.at(-1)?.lastSeq ?? seq;
    }
  }
  return steps;
};

it('a thread reads the same steps as the store itself, from any commit on', async () => {
  const data = dataFolder();
  const store = await filledStore(data);
  onTestFinished(() => store.close());
  const commits = store.commitsAfter(0, 100).map(({ lastSeq }) => lastSeq);
  for (const after of [0, commits[17] as number, commits.at(-1) as number]) {
    const ahead = readAhead(join(data, 'asof.sqlite'), queries, after);
    const steps = [];
    for (let step = await ahead.next(); step; step = await ahead.next()) steps.push(plain(step));
    ahead.close();
    expect(ahead.fault).toBeUndefined();
    expect(steps).toEqual(stepsOfStore(store, after, true));
    if (after === 0) expect(steps.length).toBeGreaterThan(5);
  }
});

it('the records of a large commit come in parts where commits are divided, and otherwise at once', async () => {
  const store = await filledStore(dataFolder());
  onTestFinished(() => store.close());
  const recordsOf = (dividesCommits: boolean) =>
    stepsOfStore(store, 0, dividesCommits).map(({ commits, records }) => ({
      commits: commits.map(({ lastSeq }) => lastSeq),
      seqs: records.flatMap(([, rows]) => (rows as { seq: number }[]).map(({ seq }) => seq)).sort((a, b) => a - b),
    }));
  const [parts, whole] = [recordsOf(true), recordsOf(false)];
  const all = parts.flatMap(({ seqs }) => seqs);
  expect(all).toEqual(all.map((_, index) => index + 1));
  expect(whole.flatMap(({ seqs }) => seqs)).toEqual(all);
  expect(parts.flatMap(({ commits }) => commits)).toEqual(whole.flatMap(({ commits }) => commits));
  expect(Math.max(...parts.map(({ seqs }) => seqs.length))).toBeLessThanOrEqual(2000);
  expect(Math.max(...whole.map(({ seqs }) => seqs.length))).toBeGreaterThan(5000);
  // A commit is there once its last record is.
  for (const { commits, seqs } of [...parts, ...whole])
    if (commits.length > 0) expect(seqs.at(-1)).toBe(commits.at(-1));
});

it('a thread that cannot read ends, and one that is not needed any more is closed', async () => {
  const folder = dataFolder();
  writeFileSync(join(folder, 'asof.sqlite'), 'no database');
  const failing = readAhead(join(folder, 'asof.sqlite'), queries, 0);
  expect(await failing.next()).toBeNull();
  expect(String(failing.fault)).toContain('not a database');
  failing.close();

  const data = dataFolder();
  const store = await filledStore(data);
  const ahead = readAhead(join(data, 'asof.sqlite'), queries, 0);
  expect((await ahead.next())?.commits[0]?.lastSeq).toBe(1);
  ahead.close();
  for (let step = await ahead.next(); step; step = await ahead.next());
  store.close();
});
