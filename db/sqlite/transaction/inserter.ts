import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnsOf, encoderOf } from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import { BlockInsert, blockRows } from './block-insert.ts';

/** The prepared inserts of one table. */
export interface Inserter {
  /** The driver values of a row, in the order of the table's columns. */
  valuesOf(row: Readonly<Record<string, unknown>>): unknown[];
  readonly insert: Database.Statement;
  /** Inserts rows to which SQLite gives their keys, by few statements; returns the keys. */
  insertAll(rows: readonly Readonly<Record<string, unknown>>[]): number[];
  /**
   * Inserts `blockRows` rows at once, whose keys follow each other when SQLite gives them; when one fails, those before it are
   * inserted, so undo the work.
   */
  insertBlock(rows: readonly (readonly unknown[])[]): Database.RunResult;
  /** Inserts nothing, and reports no change, when a unique index already holds the row's key. */
  readonly insertUnlessPresent: Database.Statement;
  /** Positions of these columns among the values; -1 in a table that is not part of the ledger. */
  readonly seqPosition: number;
  readonly recordedAtUsPosition: number;
}

const keyOf = ({ lastInsertRowid }: Database.RunResult): number => Number(lastInsertRowid);

const prepareInserter = (client: SqlConnection, table: SQLiteTable): Inserter => {
  const columns = columnsOf(table);
  const names = columns.map(([, column]) => `"${column.name}"`).join(', ');
  const head = `insert into "${getTableName(table)}" (${names}) values `;
  const one = `(${columns.map(() => '?').join(', ')})`;
  const text = head + one;
  const keys = columns.map(([key]) => key);
  const fallbacks = columns.map(([, column]) => column.default ?? null);
  const encoders = columns.map(([, column]) => encoderOf(column));
  // A statement that undid its earlier rows when one fails would have to copy each page that it changes.
  const block = new BlockInsert(client, head.replace('insert', 'insert or fail'), columns.length);
  const insert = client.prepare(text);
  return {
    valuesOf(row) {
      // Of its final length, because an import makes one for each record.
      const values = new Array<unknown>(keys.length);
      for (let index = 0; index < keys.length; index++) {
        const value = row[keys[index] as string] ?? fallbacks[index];
        const encode = encoders[index];
        values[index] = encode && value !== null ? encode(value) : value;
      }
      return values;
    },
    insert,
    insertAll(rows) {
      const ids: number[] = [];
      for (let from = 0; from < rows.length; from += blockRows) {
        const some = rows.slice(from, from + blockRows);
        if (some.length < blockRows) for (const row of some) ids.push(keyOf(insert.run(this.valuesOf(row))));
        else {
          const last = keyOf(block.run(some.map(this.valuesOf)));
          for (let id = last - blockRows + 1; id <= last; id++) ids.push(id);
        }
      }
      return ids;
    },
    insertBlock: (rows) => block.run(rows),
    insertUnlessPresent: client.prepare(`${text} on conflict do nothing`),
    seqPosition: keys.indexOf('seq'),
    recordedAtUsPosition: keys.indexOf('recordedAtUs'),
  };
};

/** The inserts of all tables, prepared at their first use. */
export class Inserters {
  readonly #client: SqlConnection;
  readonly #known = new Map<SQLiteTable, Inserter>();

  constructor(client: SqlConnection) {
    this.#client = client;
  }

  of(table: SQLiteTable): Inserter {
    let inserter = this.#known.get(table);
    if (!inserter) {
      inserter = prepareInserter(this.#client, table);
      this.#known.set(table, inserter);
    }
    return inserter;
  }
}
