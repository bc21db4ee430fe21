import { expect, it, onTestFinished } from 'vitest';
import { statusChanges, transactions } from '../../db/tables/index.ts';
import { createLedger } from '../../src/ledger/ledger.ts';
import { appendChange, dataFolder, testStore } from '../support/store.ts';

/** So many that a thread reads them. */
const [commits, perCommit] = [13, 5000];

it('a start applies what a thread has read, and then what was committed meanwhile', async () => {
  const data = dataFolder();
  const filling = testStore({ data });
  for (let commit = 0; commit < commits; commit++)
    await filling.write((tx) => {
      for (let index = 0; index < perCommit; index++) appendChange(`u${index}`, commit)(tx);
    });
  filling.close();
  const store = testStore({ data });
  onTestFinished(() => store.close());
  const ledger = createLedger(store);
  const applied: { seq: number; userId: string | null; atUs: number }[] = [];
  ledger.subscribe(statusChanges, ['seq', 'userId', 'effectiveAtUs'], {
    name: 'changes',
    apply(records) {
      const [users, times] = [records.texts('userId'), records.numbers('effectiveAtUs')];
      for (const [row, seq] of records.numbers('seq').entries())
        applied.push({ seq, userId: users.at(row), atUs: times[row] as number });
    },
    exchange: () => undefined,
  });
  ledger.subscribe(transactions, ['seq'], { name: 'sales', apply: () => undefined, exchange: () => undefined });
  let written: Promise<unknown> | undefined;
  ledger.onAdvance(() => {
    written ??= store.write((tx) => [0, 1, 2].map((index) => appendChange(`late${index}`, 99)(tx)));
  });
  await ledger.catchUp();
  await written;
  await ledger.catchUp();
  const count = commits * perCommit;
  expect(ledger.rebuild?.threadFault).toBeNull();
  expect(ledger.rebuild?.readAhead).toBeGreaterThanOrEqual(count);
  const expected = Array.from({ length: count }, (_, index) => ({
    ...{ seq: index + 1, userId: `u${index % perCommit}`, atUs: Math.floor(index / perCommit) },
  }));
  expect(applied).toEqual([
    ...expected,
    ...[0, 1, 2].map((index) => ({ seq: count + index + 1, userId: `late${index}`, atUs: 99 })),
  ]);
}, 120_000);
