import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnsOf, encoderOf } from './columns.ts';

/** The prepared inserts of one table. */
export interface Inserter {
  /** The driver values of a row, in the order of the table's columns. */
  valuesOf(row: Readonly<Record<string, unknown>>): unknown[];
  readonly insert: Database.Statement;
  /** Inserts nothing, and reports no change, when a unique index already holds the row's key. */
  readonly insertUnlessPresent: Database.Statement;
  /** Positions of these columns among the values; -1 in a table that is not part of the ledger. */
  readonly seqPosition: number;
  readonly recordedAtUsPosition: number;
}

export const prepareInserter = (client: Database.Database, table: SQLiteTable): Inserter => {
  const columns = columnsOf(table);
  const names = columns.map(([, column]) => `"${column.name}"`).join(', ');
  const text = `insert into "${getTableName(table)}" (${names}) values (${columns.map(() => '?').join(', ')})`;
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
    insertUnlessPresent: client.prepare(`${text} on conflict do nothing`),
    seqPosition: keys.indexOf('seq'),
    recordedAtUsPosition: keys.indexOf('recordedAtUs'),
  };
};
