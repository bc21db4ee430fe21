import { openStore } from '../../db/open.ts';
import type { Store, Tx } from '../../db/store.ts';
import { experimentEvents } from '../../db/tables/experiments.ts';
import { ipRanges, ipTables } from '../../db/tables/ip-city.ts';
import { transactions } from '../../db/tables/transactions.ts';
import { statusChanges } from '../../db/tables/user-status.ts';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import { createClock } from '../../src/lib/clock.ts';
import { ipKey } from '../../src/lib/ip.ts';
import { cityName, createBenchmarkData, userId } from './fixtures.ts';
import { centsText, configOf, ipText, isLoaded, markLoaded } from './load-data.ts';

type Append = (tx: Tx, row: number) => void;

interface Records {
  readonly count: number;
  readonly append: Append;
}

export const eventsPerTransaction = 4;
const addresses = 50_000;
const perCommit = 10_000;
const apiColumns = { importId: null, line: null, sentBy: null } as const;
const keyOf = (value = 0): string => ipKey({ family: 4, value });

/** Status changes and transactions, four times as many events in about the order of their times, and 50,000 addresses. */
const recordsOf = (records: number): readonly Records[] => {
  const { changes, facts } = createBenchmarkData(records);
  const { ranges, facts: located } = createBenchmarkData(addresses);
  const events = records * eventsPerTransaction;
  const [startMs, stepMs] = [Date.UTC(2024, 0, 1), (2 * 365 * 86_400_000) / events];
  return [
    {
      count: records,
      append: (tx, row) =>
        tx.append(statusChanges, {
          ...apiColumns,
          userId: userId(changes.user[row] as number),
          effectiveAtUs: changes.atUs[row] as number,
          status: statusCodes[changes.status[row] as number] as (typeof statusCodes)[number],
        }),
    },
    {
      count: addresses,
      append: (tx, row) => {
        const range = { firstKey: keyOf(ranges.first[row]), lastKey: keyOf(ranges.last[row]) };
        tx.append(ipRanges, { ...apiColumns, tableId: 1, ...range, city: cityName(ranges.city[row] as number) });
        if (row + 1 === addresses)
          tx.append(ipTables, { ...apiColumns, tableId: 1, rangeCount: addresses, digest: '' });
      },
    },
    {
      count: records,
      append: (tx, row) =>
        tx.append(transactions, {
          ...apiColumns,
          transactionId: `t${row}`,
          userId: userId(facts.user[row] as number),
          occurredAtUs: facts.atUs[row] as number,
          productId: String(facts.product[row]),
          amount: centsText(facts.cents[row] as number),
          ip: ipText(located.ip[row % addresses] as number),
        }),
    },
    {
      count: events,
      append: (tx, row) => {
        const user = facts.user[row % records] as number;
        tx.append(experimentEvents, {
          ...apiColumns,
          eventId: `e${row}`,
          experiment: 'checkout',
          userId: userId(user),
          variant: user % 2 === 0 ? 'A' : 'B',
          accountType: user % 5 === 0 ? 'paid' : 'free',
          eventType: row % 10 === 0 ? 'order' : 'view',
          occurredAtUs: Math.floor(startMs + row * stepMs + (row % 7) * 100) * 1000,
          orderValue: row % 10 === 0 ? centsText(facts.cents[row % records] as number) : null,
          requestId: null,
        });
      },
    },
  ];
};

/** Fills a data folder, unless an earlier benchmark did. */
export const fillForClickHouse = async (records: number, folder: string): Promise<void> => {
  if (isLoaded(folder)) return;
  const store = openStore({ ...configOf(folder), nowUs: createClock(null) });
  for (const each of recordsOf(records)) await fill(store, each);
  store.close();
  markLoaded(folder);
};

const fill = async (store: Store, { count, append }: Records): Promise<void> => {
  for (let from = 0; from < count; from += perCommit) {
    const end = Math.min(from + perCommit, count);
    await store.write((tx) => {
      for (let row = from; row < end; row++) append(tx, row);
    });
    // Nobody reads them here: the store keeps the records of its last commits for those who follow.
    store.commitsAfter(Number.MAX_SAFE_INTEGER, 1);
  }
};
