import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { serverIsClosing } from '../../src/errors.ts';
import { type ColumnDecoder, columnOf, decodeRow, decodersOf } from './columns.ts';

export interface RecordQuery {
  readonly table: SQLiteTable;
  /** The properties of the rows. */
  readonly columns: readonly string[];
  /** The text after the table's name, with `?` for each parameter. */
  readonly condition: string;
  readonly parameters: readonly unknown[];
}

interface PreparedQuery {
  readonly statement: Database.Statement;
  readonly decoders: readonly ColumnDecoder[];
}

/** Reads millions of records, as at the start: the SQLite driver builds the objects, at half of Drizzle's cost. */
export class RecordReader {
  readonly #client: Database.Database;
  readonly #prepared = new Map<string, PreparedQuery>();

  constructor(client: Database.Database) {
    this.#client = client;
  }

  /** Throws NOT_READY once the store is closed: requests that are cut off go on for a moment. */
  read({ table, columns, condition, parameters }: RecordQuery): Record<string, unknown>[] {
    if (!this.#client.open) throw serverIsClosing();
    const { statement, decoders } = this.#prepare(table, columns, condition);
    const rows = statement.all(parameters) as Record<string, unknown>[];
    if (decoders.length > 0) for (const row of rows) decodeRow(row, decoders);
    return rows;
  }

  #prepare(table: SQLiteTable, columns: readonly string[], condition: string): PreparedQuery {
    const key = `${getTableName(table)} ${columns} ${condition}`;
    let prepared = this.#prepared.get(key);
    if (!prepared) {
      const list = columns.map((name) => `"${columnOf(table, name).name}" as "${name}"`).join(', ');
      const statement = this.#client.prepare(`select ${list} from "${getTableName(table)}" ${condition}`);
      prepared = { statement, decoders: decodersOf(table, columns) };
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }
}
