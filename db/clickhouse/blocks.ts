import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import { microsOf, parseDecimal } from '../../src/lib/decimal.ts';
import { dayUs } from '../../src/lib/time.ts';
import { unknownLabel } from '../../src/lib/unknown-label.ts';
import type { ColumnName, LedgerTable, Row, Store } from '../store.ts';
import { experimentEvents } from '../tables/experiments.ts';
import { transactions } from '../tables/transactions.ts';
import { userFileSyncs, userFiles } from '../tables/user-files.ts';
import { statusChanges } from '../tables/user-status.ts';
import { userProfiles } from '../tables/users.ts';
import type { TableName } from './tables.ts';

type Rows = (readonly (string | number | null | readonly number[])[])[];

/** The rows of a range of the ledger, in the order of the columns of each table. */
export type Block = ReadonlyMap<TableName, Rows>;

export interface BlockSources {
  readonly store: Store;
  readonly knowledge: FactKnowledge;
}

/** Records that are read at once: few enough to hold the thread for a few milliseconds only. */
const pageRecords = 2000;

/** Reads the records after one sequence number and up to another, in short steps. */
export const readBlock = async (sources: BlockSources, after: number, upTo: number): Promise<Block> => {
  const block = new Map<TableName, Rows>();
  for (const copy of copies) {
    const rows = await readRows(sources.store, copy, { after, upTo });
    if (rows.length > 0) block.set(copy.target, rows);
  }
  const days = factDays.flatMap(([source, target]) => firstOfDays(source, block.get(target) ?? []));
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

const factDays = [
  ['TRANSACTIONS', 'transactions'],
  ['EXPERIMENT_EVENTS', 'experiment_events'],
] as const satisfies readonly (readonly [FactSource, TableName])[];

/** The days of UTC of facts, whose `seq` ascends, with the first `seq` of each. */
const firstOfDays = (source: FactSource, facts: Rows): Rows => {
  const first = new Map<number, number>();
  for (const [seq, , occurredAtUs] of facts) {
    const day = Math.floor((occurredAtUs as number) / dayUs);
    if (!first.has(day)) first.set(day, seq as number);
  }
  return Array.from(first, ([day, seq]) => [source, day, seq]);
};

interface Range {
  readonly after: number;
  readonly upTo: number;
}

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
    source: experimentEvents,
    columns: ['seq', 'userId', 'occurredAtUs', 'recordedAtUs', 'orderValue', 'experiment'].concat([
      ...['variant', 'accountType', 'eventType'],
    ]) as ColumnName<typeof experimentEvents>[],
    target: 'experiment_events',
    rowOf: ({ seq, userId, occurredAtUs, recordedAtUs, orderValue, ...record }) => {
      const { experiment, variant, accountType, eventType } = record;
      const amount = orderValue === null ? null : amountOf(orderValue, seq);
      const own = [seq, userId, occurredAtUs, recordedAtUs, amount];
      // No key of an experiment is empty.
      return [...own, experiment ?? '', variant, accountType, eventType ?? unknownLabel];
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

const readRows = async (store: Store, { source, columns, rowOf }: Copy<LedgerTable>, range: Range): Promise<Rows> => {
  const rows: Rows = [];
  for (let { after } = range; ; ) {
    const page = store.recordPage(source, columns, { after, upTo: range.upTo, limit: pageRecords });
    for (const record of page) rows.push(rowOf(record));
    if (page.length < pageRecords) return rows;
    after = (page.at(-1) as { seq: number }).seq;
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** Whether files may have been published by these records: a synchronization, or a corrected reject of an earlier one. */
const hasFileRecords = (store: Store, { after, upTo }: Range): boolean =>
  [userFileSyncs, userFiles].some((table) => store.recordPage(table, ['seq'], { after, upTo, limit: 1 }).length > 0);

/** In millionths. */
const amountOf = (text: string, seq: number): string => {
  const amount = parseDecimal(text);
  if (!amount) throw new Error(`record ${seq} holds the malformed amount ${text}`);
  return microsOf(amount).toString();
};
