import { getTableColumns } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';

/** Beyond these the store is read as usual: memory follows long before. */
const recordsMax = 10_000;

/** The records this connection committed last, in the driver's values, so that memory need not read back what it has just written. */
export interface RecentCommits {
  /** Notes records that were committed with sequence numbers from `firstSeq` on. */
  add(firstSeq: number, records: readonly RecentRecord[]): void;
  /** These columns of a table's records with `after < seq <= upTo`; null when not all records of that span are here. */
  records(
    table: SQLiteTable,
    columns: readonly string[],
    after: number,
    upTo: number,
  ): Record<string, unknown>[] | null;
  /** Drops the records up to a sequence number. */
  forget(upTo: number): void;
}

export interface RecentRecord {
  readonly table: SQLiteTable;
  /** In the order of the table's columns. */
  readonly values: readonly unknown[];
}

export const createRecentCommits = (): RecentCommits => {
  let held: RecentRecord[] = [];
  let firstHeld = 1;

  return {
    add(firstSeq, records) {
      // Another process committed in between, or nobody reads along.
      if (firstSeq !== firstHeld + held.length || held.length + records.length > recordsMax) {
        held = [];
        firstHeld = firstSeq;
      }
      for (const record of records) held.push(record);
    },
    records(table, columns, after, upTo) {
      if (after + 1 < firstHeld || upTo >= firstHeld + held.length) return null;
      const keys = Object.keys(getTableColumns(table));
      const places = columns.map((column) => keys.indexOf(column));
      const rows: Record<string, unknown>[] = [];
      for (let seq = after + 1; seq <= upTo; seq++) {
        const record = held[seq - firstHeld] as RecentRecord;
        if (record.table !== table) continue;
        const row: Record<string, unknown> = {};
        for (let index = 0; index < columns.length; index++)
          row[columns[index] as string] = record.values[places[index] as number];
        rows.push(row);
      }
      return rows;
    },
    forget(upTo) {
      const count = Math.min(upTo + 1 - firstHeld, held.length);
      if (count <= 0) return;
      held = held.slice(count);
      firstHeld += count;
    },
  };
};
