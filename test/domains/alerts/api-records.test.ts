import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rejectedRecords, transactions } from '../../../db/tables/index.ts';
import { ApiRecords } from '../../../src/domains/alerts/api-records.ts';
import { createLedger } from '../../../src/ledger/ledger.ts';
import { testStore } from '../../support/store.ts';

const windowMs = 60;
const windowUs = windowMs * 1000;
/** What leaves the window leaves in parts of this size at most. */
const stepUs = windowUs / 60;

interface Arrival {
  readonly atUs: number;
  readonly isStored: boolean;
  readonly isImported: boolean;
}

/** What happens next, after some time: a record arrives, or the window is counted, by the same counter or a new one. */
const steps = fc.array(
  fc.record({
    waitUs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 2 * windowUs })),
    event: fc.oneof(
      fc.record({ isStored: fc.boolean(), isImported: fc.boolean() }),
      fc.constantFrom('count' as const, 'restart' as const),
    ),
  }),
  { maxLength: 40 },
);

/** Arrivals in the window, except that those in its first step may be counted or not. */
const boundsOf = (arrivals: readonly Arrival[], nowUs: number, isStored: boolean): [number, number] => {
  const count = (fromUs: number) =>
    arrivals.filter((each) => each.isStored === isStored && !each.isImported && each.atUs > fromUs).length;
  return [count(nowUs - windowUs), count(nowUs - windowUs - stepUs - 1)];
};

it('records of the API in a moving window are counted like a list of all arrivals does, also after restarts', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      let nowUs = 1_000_000_000;
      const store = testStore({ data: ':memory:', nowUs: () => nowUs });
      const ledger = createLedger(store);
      ledger.subscribe(transactions, ['seq'], {
        name: 'transactions',
        apply: () => undefined,
        exchange: () => undefined,
      });
      await ledger.catchUp();
      const newCounter = () => new ApiRecords({ store, ledger, targets: ['TRANSACTIONS', 'USERS'] }, windowMs);
      let counter = newCounter();
      const arrivals: Arrival[] = [];
      for (const [number, { waitUs, event }] of list.entries()) {
        nowUs += waitUs;
        if (event === 'restart') counter = newCounter();
        else if (event !== 'count') {
          const importId = event.isImported ? 1 : null;
          await ledger.write((tx) => {
            const origin = { importId, line: null, sentBy: null };
            const sale = { userId: 'u', occurredAtUs: 0, productId: 'p', amount: '1', ip: null };
            if (event.isStored) tx.append(transactions, { ...origin, ...sale, transactionId: String(number) });
            else {
              const reject = { target: 'TRANSACTIONS', source: 'api', line: null, raw: '', problems: [] };
              tx.insert(rejectedRecords, { ...reject, importId, receivedAtUs: tx.nowUs });
            }
          });
          arrivals.push({ ...event, atUs: nowUs });
        } else {
          const counts = await counter.countsAt(nowUs, () => undefined);
          const { stored = 0, rejected = 0 } = counts.get('TRANSACTIONS') ?? {};
          for (const [found, isStored] of [
            [stored, true],
            [rejected, false],
          ] as const) {
            const [least, most] = boundsOf(arrivals, nowUs, isStored);
            expect(found).toBeGreaterThanOrEqual(least);
            expect(found).toBeLessThanOrEqual(most);
          }
          expect(counts.get('USERS') ?? { stored: 0, rejected: 0 }).toEqual({ stored: 0, rejected: 0 });
        }
      }
      store.close();
    }),
    { numRuns: 150 },
  );
});
