import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnsOf, encoderOf } from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';

/** Rows of one statement: more save little, and each statement is compiled for its number of rows. */
export const insertRows = 32;

/** The prepared inserts of one table. */
export interface Inserter {
  /** The driver values of a row, in the order of the table's columns. */
  valuesOf(row: Readonly<Record<string, unknown>>): unknown[];
  readonly insert: Database.Statement;
  /** Inserts rows to which SQLite gives their keys, by few statements; returns the keys. */
  insertAll(rows: readonly Readonly<Record<string, unknown>>[]): number[];
  /**
   * Inserts `insertRows` rows at once, whose keys follow each other when SQLite gives them; when one fails, those before it are
   * inserted, so undo the work. Prepared at its first use.
   */
  insertMany(): Database.Statement;
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
  let many: Database.Statement | undefined;
  const insert = client.prepare(text);
  return {
    valuesOf(row) {
      const values: unknown[] = [];
      for (let index = 0; index < keys.length; index++) {
        const value = row[keys[index] as string] ?? fallbacks[index];
        const encode = encoders[index];
        values.push(encode && value !== null ? encode(value) : value);
      }
      return values;
    },
    insert,
    insertAll(rows) {
      const ids: number[] = [];
      for (let from = 0; from < rows.length; from += insertRows) {
        const some = rows.slice(from, from + insertRows);
        if (some.length < insertRows) for (const row of some) ids.push(keyOf(insert.run(this.valuesOf(row))));
        else {
          const last = keyOf(this.insertMany().run(some.flatMap(this.valuesOf)));
          for (let id = last - insertRows + 1; id <= last; id++) ids.push(id);
        }
      }
      return ids;
    },
    // A statement that undid its earlier rows when one fails would have to copy each page that it changes.
    insertMany() {
      many ??= client.prepare(head.replace('insert', 'insert or fail') + new Array(insertRows).fill(one).join(', '));
      return many;
    },
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
