import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { ArchivedRows } from '../archive/rows.ts';
import { type ColumnDecoder, columnOf, columnsOf, decodeRow, decodersOf, encoderOf } from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import { blockRows } from './block-insert.ts';
import type { Inserter } from './inserter.ts';
import { KeyHasher } from './key-hashes.ts';
import { KeyLookup } from './key-lookup.ts';
import { KeyTable } from './key-table.ts';
import { StoredKeys } from './stored-keys.ts';

type Values = readonly unknown[];
type Match = Readonly<Record<string, unknown>>;
type Row = Record<string, unknown>;

export interface RecordBatchOptions {
  readonly client: SqlConnection;
  /** Reads the state before a transaction of many works; null when the client has to. */
  readonly reader: SqlConnection | null;
  readonly archived: ArchivedRows | null;
  readonly table: SQLiteTable;
  readonly inserter: Inserter;
}

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
  /** By the connection that looks up. */
  readonly #lookups = new Map<SqlConnection, KeyLookup>();
  readonly #reader: SqlConnection | null;
  /** Whether the keys of all records of the transaction are known here, so that the reader knows all others. */
  #knowsAll = false;
  readonly #hasher = new KeyHasher();
  /** The keys that were looked up or appended. */
  #known: KeyTable;
  /** By the number of a key: a row as it was stored, the values of an appended one, or null for none. */
  readonly #newest: (Row | Values | null)[] = [];
  /** The number of the key that was looked up last: mostly its record is appended next. */
  #lastFound = -1;
  /** A key while it is looked up, in an array that is never made anew. */
  #key: unknown[] = [];
  /** The rows that are not inserted yet, fewer than a block. */
  #rows: Values[] = [];
  #storedKeys: StoredKeys | null = null;

  constructor({ client, reader, archived, table, inserter }: RecordBatchOptions) {
    this.#client = client;
    this.#reader = reader;
    this.#archived = archived;
    this.#table = table;
    this.#inserter = inserter;
    this.#keys = columnsOf(table).map(([key]) => key);
    this.#decoders = decodersOf(table, this.#keys);
    this.#known = new KeyTable(this.#hasher, 0);
  }

  /** What is known of all keys of the table; null unless many works share a transaction. */
  get storedKeys(): StoredKeys | null {
    return this.#storedKeys;
  }

  /** Call it before the transaction has a record of the table. */
  beginShared(): void {
    this.#forget();
    this.#knowsAll = this.#reader !== null;
  }

  endShared(lastSeq: number | null): void {
    this.#rows = [];
    this.#forget();
    this.#knowsAll = false;
    if (lastSeq !== null) this.#storedKeys?.committed(lastSeq);
  }

  /** Call it when the transaction has a record whose key is not known here. */
  passed(): void {
    if (this.#knowsAll) this.#forget();
    this.#knowsAll = false;
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
    this.#find(unknown);
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
    if (this.#columns.length === 0 || countKeys(match) !== this.#columns.length) return undefined;
    if (!this.#readKey(match)) return undefined;
    this.#lastFound = this.#numberOfKey();
    if (this.#lastFound < 0) return undefined;
    const found = this.#newest[this.#lastFound];
    return Array.isArray(found) ? this.#rowOf(found) : (found as Row | null);
  }

  /** Appends a record; it is inserted with others. */
  add(values: Values): void {
    this.#rows.push(values);
    if (this.#rows.length === blockRows) this.#inserter.insertBlock(this.#takeRows());
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
    for (const values of this.#takeRows()) this.#inserter.insert.run(values);
  }

  #takeRows(): Values[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  end(isUndone: boolean): void {
    if (isUndone) this.#rows = [];
    this.flush();
    // Records of an undone work may be forgotten: nothing is known then.
    if (isUndone) this.#knowsAll = false;
    if (!this.#knowsAll) this.#forget();
  }

  #forget(): void {
    this.#known.clear();
    this.#newest.length = 0;
    this.#lastFound = -1;
  }

  #useColumns(columns: readonly string[]): void {
    // What is known so far has keys of other columns.
    this.flush();
    if (this.#known.size > 0) this.#knowsAll = false;
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
    this.#lookups.clear();
  }

  /** How keys are looked up at this point of the transaction. */
  get #lookup(): KeyLookup {
    const client = (this.#knowsAll ? this.#reader : null) ?? this.#client;
    let lookup = this.#lookups.get(client);
    if (!lookup) {
      lookup = new KeyLookup(client, this.#table, this.#columns);
      this.#lookups.set(client, lookup);
    }
    return lookup;
  }

  #find(numbers: readonly number[]): void {
    if (numbers.length === 0) return;
    for (const row of this.#lookup.rowsOf(this.#known.valuesOf(numbers))) {
      decodeRow(row, this.#decoders);
      this.#readKey(row);
      const number = this.#known.find(this.#key);
      if (number < 0) throw new Error(`a row of ${getTableName(this.#table)} has another key than was looked up`);
      const known = this.#newest[number] as Row | null;
      if (known === null || (known.seq as number) < (row.seq as number)) this.#newest[number] = row;
    }
  }

  /** The number of the current key: records mostly come in the order in which their keys were looked up. */
  #numberOfKey(): number {
    const next = this.#lastFound + 1;
    return next < this.#known.size && this.#known.isOf(next, this.#key) ? next : this.#known.find(this.#key);
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

/** Without an array of them, which there would be for each record. */
const countKeys = (match: Match): number => {
  let count = 0;
  for (const _ in match) count++;
  return count;
};
