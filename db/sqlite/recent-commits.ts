import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnsOf, decodeRow, decodersOf } from './columns.ts';

/** Beyond this many records the store is read as usual: projections catch up long before. */
const recordsMax = 10_000;

export interface RecentRecord {
  readonly table: SQLiteTable;
  /** What the driver was given, in the order of the table's columns. */
  readonly values: readonly unknown[];
}

/** The records that this connection committed last, so that projections need not read back what was just written. */
export class RecentCommits {
  #records: RecentRecord[] = [];
  #firstSeq = 1;

  /** Adds records that were committed with sequence numbers from `firstSeq` on. */
  add(firstSeq: number, records: readonly RecentRecord[]): void {
    const nextSeq = this.#firstSeq + this.#records.length;
    // Another process committed in between, or nobody reads along.
    if (firstSeq !== nextSeq || this.#records.length + records.length > recordsMax) {
      this.#records = [];
      this.#firstSeq = firstSeq;
    }
    for (const record of records) this.#records.push(record);
  }

  /** These columns of a table's records with `after < seq <= upTo`; null when not all records of that span are here. */
  records(
    table: SQLiteTable,
    columns: readonly string[],
    after: number,
    upTo: number,
  ): Record<string, unknown>[] | null {
    if (after + 1 < this.#firstSeq || upTo >= this.#firstSeq + this.#records.length) return null;
    const keys = columnsOf(table).map(([key]) => key);
    const positions = columns.map((column) => keys.indexOf(column));
    const decoders = decodersOf(table, columns);
    const rows: Record<string, unknown>[] = [];
    for (let seq = after + 1; seq <= upTo; seq++) {
      const record = this.#records[seq - this.#firstSeq] as RecentRecord;
      if (record.table !== table) continue;
      const row: Record<string, unknown> = {};
      for (let index = 0; index < columns.length; index++)
        row[columns[index] as string] = record.values[positions[index] as number];
      decodeRow(row, decoders);
      rows.push(row);
    }
    return rows;
  }

  /** Drops the records up to a sequence number. */
  forget(upTo: number): void {
    const count = Math.min(upTo + 1 - this.#firstSeq, this.#records.length);
    if (count <= 0) return;
    this.#records = this.#records.slice(count);
    this.#firstSeq += count;
  }
}
