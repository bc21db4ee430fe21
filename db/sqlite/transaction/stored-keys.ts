import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnOf } from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import { KeyHashes } from './key-hashes.ts';

/** Rows that are read in one transaction, which others may wait for. */
const readRows = 100_000;

/** Reading the key of a row takes about an eighth of the time of looking one up. */
const readsPerLookup = 8;

export interface KeysOfTable {
  readonly table: SQLiteTable;
  readonly columns: readonly string[];
  /** The hash of a row's key by the values of the columns; undefined for one without a key. */
  hashOf(values: readonly unknown[]): number | undefined;
}

/**
 * Which keys the rows of a table may have, for transactions that append many of its records: a key that none of them has need
 * not be looked up. It reads the rows that others have stored at the start of each transaction. Rows are never changed
 * meanwhile: who erases has the store alone.
 */
export class StoredKeys {
  readonly #hashes = new KeyHashes();
  readonly #hashOf: KeysOfTable['hashOf'];
  readonly #read: Database.Statement<[number, number, number], unknown[]>;
  readonly #countAfter: Database.Statement<[number, number], number>;
  /** The keys of records up to this sequence number are known, and none of them can be undone. */
  #level: number;
  #isLevel = false;
  #lookups = 0;

  /** The last arguments are those of `begin`. */
  constructor(
    client: SqlConnection,
    { table, columns, hashOf }: KeysOfTable,
    committedSeq: number,
    lastSeq = committedSeq,
  ) {
    const name = `"${getTableName(table)}"`;
    const list = columns.map((column) => `"${columnOf(table, column).name}"`).join(', ');
    this.#hashOf = hashOf;
    this.#read = client
      .prepare<[number, number, number], unknown[]>(
        `select ${list}, seq from ${name} where seq > ? and seq <= ? order by seq limit ?`,
      )
      .raw();
    this.#countAfter = client
      .prepare<[number, number], number>(`select count(*) from (select 1 from ${name} where seq > ? limit ?)`)
      .pluck();
    const first = client.prepare<[], number>(`select seq from ${name} order by seq limit 1`).pluck().get();
    this.#level = Math.min((first ?? 1) - 1, committedSeq);
    this.begin(committedSeq, lastSeq);
  }

  /**
   * Call it when a transaction begins, with the last record before it. In a transaction that has records already, `lastSeq` is
   * the last of them: they are known, but when they are undone others get their sequence numbers.
   */
  begin(committedSeq: number, lastSeq = committedSeq): void {
    this.#isLevel = false;
    if (this.#isWorthReading()) this.#follow(committedSeq, lastSeq);
  }

  /** False when no row has a key with the hash; true when one may have it. */
  mayHave(hash: number): boolean {
    if (this.#isLevel) return this.#hashes.has(hash);
    this.#lookups++;
    return true;
  }

  /** Call it with the hash of the key of each record that the transaction appends. */
  appended(hash: number): void {
    if (this.#isLevel) this.#hashes.add(hash);
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

  #follow(committedSeq: number, lastSeq: number): void {
    const rows = this.#read.all(this.#level, lastSeq, readRows);
    let readSeq = lastSeq;
    for (const row of rows) {
      readSeq = row.pop() as number;
      const hash = this.#hashOf(row);
      if (hash !== undefined) this.#hashes.add(hash);
    }
    this.#isLevel = rows.length < readRows;
    this.#level = Math.min(this.#isLevel ? lastSeq : readSeq, committedSeq);
  }
}
