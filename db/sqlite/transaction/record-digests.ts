import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { RowDigest, rowDigestBytes } from '../digests/digests.ts';
import type { RecentRecord } from '../rows/recent-commits.ts';

/** The digests of the records that a transaction appends: those of a long one are computed while it goes on. */
export class RecordDigests {
  readonly #byTable = new Map<SQLiteTable, RowDigest>();
  #parts: Buffer[] = [];
  #count = 0;

  begin(): void {
    this.#parts = [];
    this.#count = 0;
  }

  /** Computes those of the records that have none yet; no record may be undone afterwards. */
  advance(records: readonly RecentRecord[]): void {
    const digests = Buffer.allocUnsafe((records.length - this.#count) * rowDigestBytes);
    for (let index = this.#count; index < records.length; index++) {
      const { table, values } = records[index] as RecentRecord;
      this.of(table).write(values, digests, (index - this.#count) * rowDigestBytes);
    }
    this.#parts.push(digests);
    this.#count = records.length;
  }

  /** Of all records. */
  finish(records: readonly RecentRecord[]): Buffer {
    this.advance(records);
    return this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
  }

  of(table: SQLiteTable): RowDigest {
    let rowDigest = this.#byTable.get(table);
    if (!rowDigest) {
      rowDigest = new RowDigest(table);
      this.#byTable.set(table, rowDigest);
    }
    return rowDigest;
  }
}
