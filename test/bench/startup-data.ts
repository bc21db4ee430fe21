import { join } from 'node:path';
import { openStore } from '../../db/open.ts';
import type { Store, Tx } from '../../db/store.ts';
import { conversations, followups } from '../../db/tables/conversations.ts';
import { experimentEvents } from '../../db/tables/experiments.ts';
import { ipRanges, ipTables } from '../../db/tables/ip-city.ts';
import { transactions } from '../../db/tables/transactions.ts';
import { statusChanges } from '../../db/tables/user-status.ts';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import { createClock } from '../../src/lib/clock.ts';
import { ipKey } from '../../src/lib/ip.ts';
import { letters } from '../../src/lib/letter.ts';
import { type BenchmarkData, cityName, createBenchmarkData, userId } from './fixtures.ts';
import { centsText, configOf, ipText, isLoaded, markLoaded } from './load-data.ts';

type Append = (tx: Tx, row: number) => void;

const perCommit = 10_000;
const apiColumns = { importId: null, line: null, sentBy: null } as const;

/** A record of each kind in the order of the ledger; an IP table comes into force behind its ranges. */
const appends = ({ changes, ranges, facts }: BenchmarkData): readonly Append[] => [
  (tx, row) => {
    const [user, status] = [changes.user[row] as number, statusCodes[changes.status[row] as number]];
    tx.append(statusChanges, {
      ...apiColumns,
      userId: userId(user),
      effectiveAtUs: changes.atUs[row] as number,
      status: status as (typeof statusCodes)[number],
    });
  },
  (tx, row) => {
    const range = { firstKey: keyOf(ranges.first[row]), lastKey: keyOf(ranges.last[row]) };
    tx.append(ipRanges, { ...apiColumns, tableId: 1, ...range, city: cityName(ranges.city[row] as number) });
    const rangeCount = ranges.first.length;
    if (row + 1 === rangeCount) tx.append(ipTables, { ...apiColumns, tableId: 1, rangeCount, digest: '' });
  },
  (tx, row) =>
    void tx.append(transactions, {
      ...apiColumns,
      transactionId: `t${row}`,
      userId: userId(facts.user[row] as number),
      occurredAtUs: facts.atUs[row] as number,
      productId: String(facts.product[row]),
      amount: centsText(facts.cents[row] as number),
      ip: ipText(facts.ip[row] as number),
    }),
  (tx, row) =>
    void tx.append(experimentEvents, {
      ...apiColumns,
      eventId: `e${row}`,
      experiment: 'checkout',
      userId: userId(facts.user[row] as number),
      variant: row % 2 === 0 ? 'A' : 'B',
      accountType: 'free',
      eventType: 'view',
      occurredAtUs: facts.atUs[row] as number,
      orderValue: null,
      requestId: null,
    }),
  (tx, row) => {
    const uuid = `${(row * 2_654_435_761).toString(16).padStart(16, '0').slice(-8)}-0000-4000-8000-${row.toString(16).padStart(12, '0')}`;
    tx.append(conversations, {
      ...apiColumns,
      uuid,
      symbol: letters[row % letters.length] as string,
      isVowelGuess: false,
    });
    if (row % 5 === 0) tx.append(followups, { ...apiColumns, uuid });
  },
];

const keyOf = (value = 0): string => ipKey({ family: 4, value });

/** Fills a data folder with records of each kind, unless an earlier benchmark did: faster than imports, which are measured elsewhere. */
export const fillStore = async (records: number, folder: string): Promise<void> => {
  if (isLoaded(folder)) return;
  const store = openStore({ ...configOf(folder), nowUs: createClock(null) });
  for (const append of appends(createBenchmarkData(records))) await fill(store, records, append);
  store.close();
  markLoaded(folder);
};

const fill = async (store: Store, records: number, append: Append): Promise<void> => {
  for (let from = 0; from < records; from += perCommit) {
    const end = Math.min(from + perCommit, records);
    await store.write((tx) => {
      for (let row = from; row < end; row++) append(tx, row);
    });
    // Nobody reads them here: the store keeps the records of its last commits for those who follow.
    store.commitsAfter(Number.MAX_SAFE_INTEGER, 1);
  }
};

export const storePath = (folder: string): string => join(configOf(folder).data, 'asof.sqlite');
