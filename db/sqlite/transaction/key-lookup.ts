import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnOf, columnsOf } from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';

/** Keys of one statement. */
const lookupKeys = 100;

/** Looks up the rows of a table by the values of some columns, for many keys by few statements. */
export class KeyLookup {
  readonly #width: number;
  readonly #first: Database.Statement<[], unknown>;
  readonly #find: Database.Statement<unknown[], Record<string, unknown>>;

  constructor(client: SqlConnection, table: SQLiteTable, columns: readonly string[]) {
    this.#width = columns.length;
    const list = columnsOf(table).map(([key, column]) => `t."${column.name}" as "${key}"`);
    const one = `(${columns.map(() => '?').join(', ')})`;
    const conditions = columns.map((key, index) => {
      const { name, notNull } = columnOf(table, key);
      // The first one is never null, and only `=` uses a partial index of the rows that are not null.
      return `t."${name}" ${index === 0 || notNull ? '=' : 'is'} v.column${index + 1}`;
    });
    const keys = new Array(lookupKeys).fill(one).join(', ');
    // A cross join is done in this order.
    const name = `"${getTableName(table)}"`;
    this.#first = client.prepare<[], unknown>(`select 1 from ${name} limit 1`).pluck();
    this.#find = client.prepare<unknown[], Record<string, unknown>>(
      `select ${list.join(', ')} from (values ${keys}) v cross join ${name} t on ${conditions.join(' and ')}`,
    );
  }

  /** The rows that have one of the keys, as they are stored; `keys` are the values of one after the other. */
  *rowsOf(keys: readonly unknown[]): Iterable<Record<string, unknown>> {
    if (keys.length === 0 || this.#first.get() === undefined) return;
    const width = lookupKeys * this.#width;
    for (let from = 0; from < keys.length; from += width) {
      const parameters = keys.slice(from, from + width);
      // A key of nulls matches nothing.
      while (parameters.length < width) parameters.push(null);
      for (const row of this.#find.all(parameters)) yield row;
    }
  }
}
