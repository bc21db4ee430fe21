import { isWrongGuess } from '../../src/domains/conversations/guess.ts';
import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import { dayUs } from '../../src/lib/time.ts';
import { unknownLabel } from '../../src/lib/unknown-label.ts';
import type { ColumnName, LedgerTable, Row, Store } from '../store.ts';
import { conversations } from '../tables/conversations.ts';
import { transactions } from '../tables/transactions.ts';
import { userFileSyncs, userFiles } from '../tables/user-files.ts';
import { statusChanges } from '../tables/user-status.ts';
import { userProfiles } from '../tables/users.ts';
import { type EventArrivals, readEvents } from './event-rows.ts';
import { readFollowupCounts } from './followup-counts.ts';
import type { DatedSource } from './periods.ts';
import { amountOf, recordPages } from './record-pages.ts';
import type { RecordRange, Rows } from './rows.ts';
import type { TableName } from './tables.ts';

/** The rows of a range of the ledger, in the order of the columns of each table. */
export type Block = ReadonlyMap<TableName, Rows>;

export interface BlockSources {
  readonly store: Store;
  readonly knowledge: FactKnowledge;
}

/**
 * Reads the records after one sequence number and up to another, whole transactions, in short steps. `arrivals` is of the
 * events up to the first, and then of those up to the second.
 */
export const readBlock = async (
  sources: BlockSources,
  { after, upTo }: RecordRange,
  arrivals: EventArrivals,
): Promise<Block> => {
  const block = new Map<TableName, Rows>();
  for (const copy of copies) {
    const rows = await readRows(sources.store, copy, { after, upTo });
    if (rows.length > 0) block.set(copy.target, rows);
  }
  const { events, batches } = await readEvents(sources, { after, upTo }, arrivals);
  if (events.length > 0) block.set('experiment_events', events);
  if (batches.length > 0) block.set('event_batches', batches);
  const counts = await readFollowupCounts(sources.store, { after, upTo });
  if (counts.length > 0) block.set('followup_counts', counts);
  const days = datedTables.flatMap(([source, target, timeIndex]) =>
    firstOfDays(source, block.get(target) ?? [], timeIndex),
  );
  if (days.length > 0) block.set('fact_days', days);
  if (!hasFileRecords(sources.store, { after, upTo })) return block;
  const { births, images } = sources.knowledge.fileChangesBetween(after, upTo);
  block.set(
    'user_births',
    births.map(({ userId, seq, bandDays }) => [userId, seq, bandDays]),
  );
  block.set(
    'user_images',
    images.map(({ userId, seq, hasImage }) => [userId, seq, Number(hasImage)]),
  );
  return block;
};

/** The tables whose days are noted, and the position of the time in a row. */
const datedTables = [
  ['TRANSACTIONS', 'transactions', 2],
  ['EXPERIMENT_EVENTS', 'experiment_events', 2],
  ['CONVERSATIONS', 'conversations', 1],
] as const satisfies readonly (readonly [DatedSource, TableName, number])[];

/** The days of UTC of facts, whose `seq` ascends, with the first `seq` of each. */
const firstOfDays = (source: DatedSource, facts: Rows, timeIndex: number): Rows => {
  const first = new Map<number, number>();
  for (const row of facts) {
    const seq = row[0] as number;
    const day = Math.floor((row[timeIndex] as number) / dayUs);
    if (!first.has(day)) first.set(day, seq);
  }
  return Array.from(first, ([day, seq]) => [source, day, seq]);
};

/** How the records of a table of the ledger become rows. */
interface Copy<T extends LedgerTable> {
  readonly source: T;
  readonly columns: readonly (ColumnName<T> | 'seq')[];
  readonly target: TableName;
  readonly rowOf: (record: Row<T>) => Rows[number];
}

const copyOf = <T extends LedgerTable>(copy: Copy<T>): Copy<LedgerTable> => copy as unknown as Copy<LedgerTable>;

const copies: readonly Copy<LedgerTable>[] = [
  copyOf({
    source: transactions,
    columns: ['seq', 'userId', 'occurredAtUs', 'recordedAtUs', 'amount', 'productId', 'ip'],
    target: 'transactions',
    rowOf: ({ seq, userId, occurredAtUs, recordedAtUs, amount, productId, ip }) => {
      return [seq, userId, occurredAtUs, recordedAtUs, amountOf(amount, seq), productId, ip ?? ''];
    },
  }),
  copyOf({
    source: conversations,
    columns: ['seq', 'recordedAtUs', 'symbol', 'isVowelGuess'],
    target: 'conversations',
    rowOf({ seq, recordedAtUs, symbol, isVowelGuess }) {
      return [seq, recordedAtUs, symbol, Number(isWrongGuess(symbol, isVowelGuess))];
    },
  }),
  copyOf({
    source: statusChanges,
    columns: ['userId', 'effectiveAtUs', 'seq', 'status'],
    target: 'status_changes',
    rowOf: ({ userId, effectiveAtUs, seq, status }) => [userId, effectiveAtUs, seq, status],
  }),
  copyOf({
    source: userProfiles,
    columns: ['userId', 'seq', 'country', 'gender'],
    target: 'user_attributes',
    rowOf: ({ userId, seq, country, gender }) => [userId, seq, country ?? unknownLabel, gender ?? unknownLabel],
  }),
];

const readRows = async (
  store: Store,
  { source, columns, rowOf }: Copy<LedgerTable>,
  range: RecordRange,
): Promise<Rows> => {
  const rows: Rows = [];
  for await (const page of recordPages(store, source, { columns: columns as ColumnName<LedgerTable>[], range }))
    for (const record of page) rows.push(rowOf(record));
  return rows;
};

/** Whether files may have been published by these records: a synchronization, or a corrected reject of an earlier one. */
const hasFileRecords = (store: Store, { after, upTo }: RecordRange): boolean =>
  [userFileSyncs, userFiles].some((table) => store.recordPage(table, ['seq'], { after, upTo, limit: 1 }).length > 0);
