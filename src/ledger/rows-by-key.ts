import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Row, Store } from '../../db/store.ts';

/** The row of each key in the order of the keys, null for a missing one: one statement, for loaders. */
export const rowsByKey = <T extends SQLiteTable, K extends Extract<keyof Row<T>, string>>(
  store: Store,
  table: T,
  column: K,
  keys: readonly (string | number)[],
): (Row<T> | null)[] => {
  const found = new Map(store.rowsIn(table, column, keys).map((row) => [row[column] as string | number, row]));
  return keys.map((key) => found.get(key) ?? null);
};
