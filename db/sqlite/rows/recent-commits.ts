import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { RecordColumns } from '../../../src/lib/record-columns.ts';
import { columnsOfValues } from './columns.ts';

/** Maximum number of records; beyond it projections read from the store, but they usually catch up long before. */
export const recentRecordsMax = 10_000;

export interface RecentRecord {
  readonly table: SQLiteTable;
  /** The driver values of a record, in the order of the table's columns. */
  readonly values: readonly unknown[];
}

/** The records of the last commits of this connection, so that projections need not read them back from the store. */
export class RecentCommits {
  #records: RecentRecord[] = [];
  #firstSeq = 1;

  /** Adds records that were committed with sequence numbers from `firstSeq` on. */
  add(firstSeq: number, records: readonly RecentRecord[]): void {
    const nextSeq = this.#firstSeq + this.#records.length;
    // Another process has committed in between, or no projection reads the records.
    if (firstSeq !== nextSeq || this.#records.length + records.length > recentRecordsMax) {
      this.#records = [];
      this.#firstSeq = firstSeq;
    }
    for (const record of records) this.#records.push(record);
  }

  /** These columns of a table's records with `after < seq <= upTo`; null when some records of this range are missing. */
  records(table: SQLiteTable, columns: readonly string[], after: number, upTo: number): RecordColumns | null {
    if (after + 1 < this.#firstSeq || upTo >= this.#firstSeq + this.#records.length) return null;
    const values: (readonly unknown[])[] = [];
    for (let seq = after + 1; seq <= upTo; seq++) {
      const record = this.#records[seq - this.#firstSeq] as RecentRecord;
      if (record.table === table) values.push(record.values);
    }
    return columnsOfValues(table, columns, values);
  }

  /** Drops the records up to a sequence number. */
  discardUpTo(upTo: number): void {
    const count = Math.min(upTo + 1 - this.#firstSeq, this.#records.length);
    if (count <= 0) return;
    this.#records = this.#records.slice(count);
    this.#firstSeq += count;
  }
}
