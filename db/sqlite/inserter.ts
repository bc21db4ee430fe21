import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnsOf, encoderOf } from './columns.ts';

/** The prepared inserts of one table. */
export interface Inserter {
  /** The driver values of a row, in the order of the table's columns. */
  valuesOf(row: Readonly<Record<string, unknown>>): unknown[];
  readonly insert: Database.Statement;
  /** Prepares the insert of so many rows at once; when one fails, those before it are inserted, so undo the work. */
  prepareRows(count: number): Database.Statement;
  /** Inserts nothing, and reports no change, when a unique index already holds the row's key. */
  readonly insertUnlessPresent: Database.Statement;
  /** Positions of these columns among the values; -1 in a table that is not part of the ledger. */
  readonly seqPosition: number;
  readonly recordedAtUsPosition: number;
}

const prepareInserter = (client: Database.Database, table: SQLiteTable): Inserter => {
  const columns = columnsOf(table);
  const names = columns.map(([, column]) => `"${column.name}"`).join(', ');
  const head = `insert into "${getTableName(table)}" (${names}) values `;
  const one = `(${columns.map(() => '?').join(', ')})`;
  const text = head + one;
  const keys = columns.map(([key]) => key);
  const fallbacks = columns.map(([, column]) => column.default ?? null);
  const encoders = columns.map(([, column]) => encoderOf(column));
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
    insert: client.prepare(text),
    // A statement that undid its earlier rows when one fails would have to copy each page that it changes.
    prepareRows: (count) =>
      client.prepare(head.replace('insert', 'insert or fail') + new Array(count).fill(one).join(', ')),
    insertUnlessPresent: client.prepare(`${text} on conflict do nothing`),
    seqPosition: keys.indexOf('seq'),
    recordedAtUsPosition: keys.indexOf('recordedAtUs'),
  };
};

/** The inserts of all tables, prepared at their first use. */
export class Inserters {
  readonly #client: Database.Database;
  readonly #known = new Map<SQLiteTable, Inserter>();

  constructor(client: Database.Database) {
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
