import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnOf } from './columns.ts';
import { KeyHashes } from './key-hashes.ts';

/** Rows that are read in one transaction, which others may wait for. */
const readRows = 100_000;

/** Reading the key of a row takes about an eighth of the time of looking one up. */
const readsPerLookup = 8;

export type KeyOf = (values: readonly unknown[]) => string | undefined;

/**
 * Which keys the rows of a table may have, for transactions that append many of its records: a key that none of them has need
 * not be looked up. It reads the rows that others have stored at the start of each transaction. Rows are never changed
 * meanwhile: who erases has the store alone.
 */
export class StoredKeys {
  readonly #hashes = new KeyHashes();
  readonly #keyOf: KeyOf;
  readonly #read: Database.Statement<[number, number, number], unknown[]>;
  readonly #countAfter: Database.Statement<[number, number], number>;
  /** The keys of records up to this sequence number are known. */
  #level: number;
  /** The last record before the transaction. */
  #lastSeq = 0;
  #isLevel = false;
  #lookups = 0;

  constructor(client: Database.Database, table: SQLiteTable, columns: readonly string[], keyOf: KeyOf) {
    const name = `"${getTableName(table)}"`;
    const list = columns.map((column) => `"${columnOf(table, column).name}"`).join(', ');
    this.#keyOf = keyOf;
    this.#read = client
      .prepare<[number, number, number], unknown[]>(
        `select ${list}, seq from ${name} where seq > ? and seq <= ? order by seq limit ?`,
      )
      .raw();
    this.#countAfter = client
      .prepare<[number, number], number>(`select count(*) from (select 1 from ${name} where seq > ? limit ?)`)
      .pluck();
    const first = client.prepare<[], number>(`select seq from ${name} order by seq limit 1`).pluck().get();
    this.#level = (first ?? 1) - 1;
  }

  /** Call it when a transaction begins, with the last record before it. */
  begin(lastSeq: number): void {
    this.#lastSeq = lastSeq;
    this.#isLevel = false;
    if (this.#isWorthReading()) this.#follow();
  }

  /** False when no row has the key; true when one may have it. */
  mayHave(key: string): boolean {
    if (this.#isLevel) return this.#hashes.has(key);
    this.#lookups++;
    return true;
  }

  /** Call it with the key of each record that the transaction appends. */
  appended(key: string): void {
    if (this.#isLevel) this.#hashes.add(key);
  }

  /** Call it when the transaction has appended records whose keys `appended` did not get. */
  missed(): void {
    this.#isLevel = false;
  }

  /** Call it after COMMIT with the last record; without it the records of the transaction do not count. */
  committed(lastSeq: number): void {
    if (this.#isLevel) this.#level = lastSeq;
  }

  #isWorthReading(): boolean {
    const rowsMax = readRows + readsPerLookup * this.#lookups;
    return (this.#countAfter.get(this.#level, rowsMax) as number) < rowsMax;
  }

  #follow(): void {
    const rows = this.#read.all(this.#level, this.#lastSeq, readRows);
    for (const row of rows) {
      this.#level = row.pop() as number;
      const key = this.#keyOf(row);
      if (key !== undefined) this.#hashes.add(key);
    }
    if (rows.length === readRows) return;
    this.#level = this.#lastSeq;
    this.#isLevel = true;
  }
}
