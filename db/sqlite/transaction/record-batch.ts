import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { ArchivedRows } from '../archive/rows.ts';
import { type ColumnDecoder, columnOf, columnsOf, decodeRow, decodersOf, encoderOf } from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import { blockRows } from './block-insert.ts';
import type { Inserter } from './inserter.ts';
import { KeyHasher } from './key-hashes.ts';
import { KeyTable } from './key-table.ts';
import { StoredKeys } from './stored-keys.ts';

type Values = readonly unknown[];
type Match = Readonly<Record<string, unknown>>;
type Row = Record<string, unknown>;

interface Lookup {
  readonly hasRows: Database.Statement<[], unknown>;
  /** The rows that have one of `lookupRows` keys. */
  readonly find: Database.Statement<unknown[], Row>;
}

const lookupRows = 100;

/**
 * The records of one table that a work appends: they are looked up and inserted by few statements. It holds the newest row of
 * each key that was looked up or appended.
 */
export class RecordBatch {
  readonly #client: SqlConnection;
  readonly #archived: ArchivedRows | null;
  readonly #table: SQLiteTable;
  readonly #inserter: Inserter;
  readonly #keys: readonly string[];
  readonly #decoders: readonly ColumnDecoder[];
  #columns: readonly string[] = [];
  #positions: readonly number[] = [];
  #lookup: Lookup | undefined;
  /**
   * Reads the state before the transaction of many works, while the keys of all records of the transaction are known here; null
   * when they are not.
   */
  #reader: SqlConnection | null = null;
  #readerLookup: Lookup | undefined;
  readonly #hasher = new KeyHasher();
  /** The keys that were looked up or appended. */
  #known: KeyTable;
  /** By the number of a key: a row as it was stored, the values of an appended one, or null for none. */
  readonly #newest: (Row | Values | null)[] = [];
  /** The number of the key that was looked up last: mostly its record is appended next. */
  #lastFound = -1;
  /** A key while it is looked up, in an array that is never made anew. */
  #key: unknown[] = [];
  /** The values of rows that are not inserted yet, row after row, in an array that is never made anew. */
  readonly #rows: unknown[];
  /** How many of its elements are in use. */
  #used = 0;
  #storedKeys: StoredKeys | null = null;

  constructor(client: SqlConnection, table: SQLiteTable, inserter: Inserter, archived: ArchivedRows | null) {
    this.#client = client;
    this.#archived = archived;
    this.#table = table;
    this.#inserter = inserter;
    this.#keys = columnsOf(table).map(([key]) => key);
    this.#decoders = decodersOf(table, this.#keys);
    this.#known = new KeyTable(this.#hasher, 0);
    this.#rows = new Array(blockRows * this.#keys.length).fill(null);
  }

  /** What is known of all keys of the table; null unless many works share a transaction. */
  get storedKeys(): StoredKeys | null {
    return this.#storedKeys;
  }

  /** Call it before the transaction has a record of the table. */
  beginShared(reader: SqlConnection): void {
    this.#forget();
    this.#reader = reader;
  }

  endShared(lastSeq: number | null): void {
    this.#used = 0;
    this.#forget();
    this.#reader = null;
    if (lastSeq !== null) this.#storedKeys?.committed(lastSeq);
  }

  /** Call it when the transaction has a record whose key is not known here. */
  passed(): void {
    if (this.#reader) this.#forget();
    this.#reader = null;
    this.#storedKeys?.missed();
  }

  /** Looks up by these columns from now on. `shared` is of the transaction, null to know no more than is looked up. */
  use(columns: readonly string[], shared: { readonly committedSeq: number; readonly lastSeq: number } | null): void {
    if (columns.join() !== this.#columns.join()) this.#useColumns(columns);
    if (columns.length === 0 || shared === null || this.#storedKeys !== null) return;
    const hashOf = (key: Values) => (key[0] === null ? undefined : this.#hasher.hashOf(key));
    const keys = { table: this.#table, columns, hashOf };
    this.#storedKeys = new StoredKeys(this.#client, keys, shared.committedSeq, shared.lastSeq);
  }

  /** Looks up the newest row of each match; one whose first value is null has no key. */
  expect(matches: readonly Match[]): void {
    if (this.#columns.length === 0) return;
    const known = this.#known;
    const unknown: number[] = [];
    const firstNew = known.size;
    for (const match of matches) {
      if (!this.#readKey(match)) continue;
      const before = known.size;
      const number = known.add(this.#key);
      if (number < before) continue;
      this.#newest.push(null);
      if (this.#storedKeys?.mayHave(known.hashOf(number)) !== false) unknown.push(number);
    }
    if (unknown.length > 0 && this.#lookupNow.hasRows.get() !== undefined)
      for (let from = 0; from < unknown.length; from += lookupRows) this.#find(unknown.slice(from, from + lookupRows));
    this.#findArchived(firstNew);
  }

  /** Looks up keys from a number on that no row of the table has. */
  #findArchived(firstNew: number): void {
    const archived = this.#archived;
    const lastSeq = archived?.lastSeqOf(this.#table) ?? 0;
    if (archived === null || lastSeq === 0) return;
    for (let number = firstNew; number < this.#known.size; number++) {
      if (this.#newest[number] !== null) continue;
      const key = this.#known.keyOf(number);
      const match = Object.fromEntries(this.#columns.map((column, index) => [column, key[index]]));
      this.#newest[number] = archived.newest(this.#table, match, lastSeq) ?? null;
    }
  }

  /** The newest row of a match; null when there is none, undefined when that is not known here. */
  newest(match: Match): Row | null | undefined {
    if (this.#columns.length === 0 || Object.keys(match).length !== this.#columns.length) return undefined;
    if (!this.#readKey(match)) return undefined;
    this.#lastFound = this.#known.find(this.#key);
    if (this.#lastFound < 0) return undefined;
    const found = this.#newest[this.#lastFound];
    return Array.isArray(found) ? this.#rowOf(found) : (found as Row | null);
  }

  /** Appends a record; it is inserted with others. */
  add(values: Values): void {
    for (let index = 0; index < values.length; index++) this.#rows[this.#used++] = values[index];
    if (this.#used === this.#rows.length) {
      this.#used = 0;
      this.#inserter.insertBlock(this.#rows);
    }
    const positions = this.#positions;
    if (positions.length === 0) this.passed();
    if (positions.length === 0 || values[positions[0] as number] === null) return;
    const key = this.#key;
    for (let index = 0; index < positions.length; index++) key[index] = values[positions[index] as number];
    const isLast = this.#lastFound >= 0 && this.#known.isOf(this.#lastFound, key);
    const number = isLast ? this.#lastFound : this.#known.add(key);
    this.#newest[number] = values;
    this.#storedKeys?.appended(this.#known.hashOf(number));
  }

  /** Inserts what was appended. */
  flush(): void {
    const used = this.#used;
    const width = this.#keys.length;
    this.#used = 0;
    for (let from = 0; from < used; from += width) this.#inserter.insert.run(this.#rows.slice(from, from + width));
  }

  end(isUndone: boolean): void {
    if (isUndone) this.#used = 0;
    this.flush();
    // Records of an undone work may be forgotten: nothing is known then.
    if (isUndone) this.#reader = null;
    if (this.#reader === null) this.#forget();
  }

  #forget(): void {
    this.#known.clear();
    this.#newest.length = 0;
    this.#lastFound = -1;
  }

  #useColumns(columns: readonly string[]): void {
    // What is known so far has keys of other columns.
    this.flush();
    if (this.#known.size > 0) this.#reader = null;
    this.#forget();
    this.#storedKeys = null;
    this.#columns = columns;
    this.#known = new KeyTable(this.#hasher, columns.length);
    this.#key = new Array(columns.length).fill(null);
    this.#positions = columns.map((column) => this.#keys.indexOf(column));
    for (const column of columns) {
      if (encoderOf(columnOf(this.#table, column)) === null) continue;
      throw new Error(`${column} of ${getTableName(this.#table)} has no plain values to look up`);
    }
    this.#lookup = undefined;
    this.#readerLookup = undefined;
  }

  /** How keys are looked up at this point of the transaction. */
  get #lookupNow(): Lookup {
    if (this.#reader) {
      this.#readerLookup ??= this.#prepareLookup(this.#reader);
      return this.#readerLookup;
    }
    this.#lookup ??= this.#prepareLookup(this.#client);
    return this.#lookup;
  }

  #prepareLookup(client: SqlConnection): Lookup {
    const columns = this.#columns;
    const list = columnsOf(this.#table).map(([key, column]) => `t."${column.name}" as "${key}"`);
    const one = `(${columns.map(() => '?').join(', ')})`;
    const conditions = columns.map((key, index) => {
      const { name, notNull } = columnOf(this.#table, key);
      // The first one is never null, and only `=` uses a partial index of the rows that are not null.
      return `t."${name}" ${index === 0 || notNull ? '=' : 'is'} v.column${index + 1}`;
    });
    const keys = new Array(lookupRows).fill(one).join(', ');
    // A cross join is done in this order.
    const table = `"${getTableName(this.#table)}"`;
    return {
      hasRows: client.prepare<[], unknown>(`select 1 from ${table} limit 1`).pluck(),
      find: client.prepare<unknown[], Row>(
        `select ${list.join(', ')} from (values ${keys}) v cross join ${table} t on ${conditions.join(' and ')}`,
      ),
    };
  }

  #find(numbers: readonly number[]): void {
    const parameters = numbers.flatMap((number) => this.#known.keyOf(number));
    // A key of nulls matches nothing.
    while (parameters.length < lookupRows * this.#columns.length) parameters.push(null);
    for (const row of this.#lookupNow.find.all(parameters)) {
      decodeRow(row, this.#decoders);
      this.#readKey(row);
      const number = this.#known.find(this.#key);
      if (number < 0) throw new Error(`a row of ${getTableName(this.#table)} has another key than was looked up`);
      const known = this.#newest[number] as Row | null;
      if (known === null || (known.seq as number) < (row.seq as number)) this.#newest[number] = row;
    }
  }

  /** Makes the key of a match the current one; false when it has none. */
  #readKey(match: Match): boolean {
    const columns = this.#columns;
    for (let index = 0; index < columns.length; index++) this.#key[index] = match[columns[index] as string] ?? null;
    return this.#key[0] !== null;
  }

  #rowOf(values: Values): Row {
    const row: Row = {};
    for (const [index, key] of this.#keys.entries()) row[key] = values[index];
    decodeRow(row, this.#decoders);
    return row;
  }
}
