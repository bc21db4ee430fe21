import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import {
  type ColumnDecoder,
  columnOf,
  columnsOf,
  decodeRow,
  decodersOf,
  encoderOf,
  encodeValues,
} from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';

type MatchValues = Readonly<Record<string, unknown>>;

interface Lookup {
  readonly statement: Database.Statement;
  /** Whether a column of the match is of a type that the driver does not accept. */
  readonly encodes: boolean;
  readonly decoders: readonly ColumnDecoder[];
}

/** Finds the newest row that matches. An import looks up every record, so a statement is prepared once per shape. */
export class LatestRowFinder {
  readonly #client: SqlConnection;
  readonly #lookups = new Map<SQLiteTable, Map<string, Lookup>>();

  constructor(client: SqlConnection) {
    this.#client = client;
  }

  find(table: SQLiteTable, match: MatchValues): Record<string, unknown> | undefined {
    const { statement, encodes, decoders } = this.#lookup(table, match);
    const parameters = encodes ? encodeValues(table, match) : Object.values(match);
    const row = statement.get(parameters) as Record<string, unknown> | undefined;
    if (row) decodeRow(row, decoders);
    return row;
  }

  #lookup(table: SQLiteTable, match: MatchValues): Lookup {
    let ofTable = this.#lookups.get(table);
    if (!ofTable) {
      ofTable = new Map();
      this.#lookups.set(table, ofTable);
    }
    const shape = Object.keys(match)
      .map((key) => `${key} ${comparison(match[key])}`)
      .join();
    let lookup = ofTable.get(shape);
    if (!lookup) {
      lookup = prepareLookup(this.#client, table, match);
      ofTable.set(shape, lookup);
    }
    return lookup;
  }
}

/** `=` where possible: with `is` SQLite does not use a partial index of the rows that are not null. */
const comparison = (value: unknown): string => (value === null ? 'is' : '=');

const prepareLookup = (client: SqlConnection, table: SQLiteTable, match: MatchValues): Lookup => {
  const columns = columnsOf(table);
  const list = columns.map(([key, column]) => `"${column.name}" as "${key}"`).join(', ');
  const keys = Object.keys(match);
  const where = keys.map((key) => `"${columnOf(table, key).name}" ${comparison(match[key])} ?`).join(' and ');
  const text = `select ${list} from "${getTableName(table)}" where ${where || '1'} order by rowid desc limit 1`;
  return {
    statement: client.prepare(text),
    encodes: keys.some((key) => encoderOf(columnOf(table, key)) !== null),
    decoders: decodersOf(
      table,
      columns.map(([key]) => key),
    ),
  };
};
