import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CommittedRecords } from '../../../db/sqlite/digests/store-state.ts';
import { stateOf } from '../../../db/sqlite/file/preflight.ts';
import { UnknownOutcome, wasCommitted } from '../../../db/sqlite/writing/commit-outcome.ts';
import type { Tx } from '../../../db/store.ts';
import { rejectedRecords } from '../../../db/tables/index.ts';
import { appendChange, dataFolder, rawConnection, testStore } from '../../support/store.ts';

const record = (userId: string) => appendChange(userId);
const sideRow = (raw: string) => (tx: Tx) =>
  tx.insert(rejectedRecords, {
    ...{ receivedAtUs: 1, importId: null, target: 'T', source: 's', raw },
    problems: [{ path: 'a', code: 'MISSING', message: 'a is missing' }],
  });

/** A store, and what the transactions that `works` make say they have written. */
const storeWith = async (works: readonly ((tx: Tx) => number)[]) => {
  const data = dataFolder();
  const store = testStore({ data });
  const client = rawConnection(data);
  const committed: CommittedRecords[] = [];
  for (const work of works) {
    const before = stateOf(client).lastSeq;
    await store.write(work);
    const state = stateOf(client);
    const records = state.lastSeq > before ? ([{}] as never) : [];
    committed.push({ firstSeq: before + 1, records, tables: new Set(), state });
  }
  return { store, path: join(data, 'asof.sqlite'), committed };
};

it.each([
  ['a record', [record('a')]],
  ['a row beside the ledger', [sideRow('a')]],
  ['a row and then a record', [sideRow('a'), record('a')]],
  ['a record and then a row', [record('a'), sideRow('a')]],
])('a transaction of %s is found in the store that has it, and in no other', async (_, works) => {
  const { path, committed } = await storeWith(works);
  expect(wasCommitted(path, committed)).toBe(true);
  const empty = await storeWith([]);
  expect(wasCommitted(empty.path, committed)).toBe(false);
  const other = await storeWith([record('b'), sideRow('b')]);
  expect(wasCommitted(other.path, committed)).toBe(false);
});

it('a transaction with a record is found when others have written since; of one without, that is not known', async () => {
  const { store, path, committed } = await storeWith([sideRow('a'), record('a')]);
  await store.write(record('b'));
  await store.write(sideRow('b'));
  expect(wasCommitted(path, committed)).toBe(true);
  expect(() => wasCommitted(path, committed.slice(0, 1))).toThrow(UnknownOutcome);
  expect(() => wasCommitted(`${path} of nobody`, committed)).toThrow(UnknownOutcome);
});
