import { Column, getTableColumns, getTableName } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { unreadable } from './damage-errors.ts';

type Convert = (value: unknown) => unknown;

/** A property of a row whose driver value is not of the type that the table declares. */
export interface ColumnDecoder {
  readonly key: string;
  readonly decode: Convert;
}

/** The columns of a table by their property names, in the table's order. */
export const columnsOf = (table: SQLiteTable): [key: string, column: SQLiteColumn][] =>
  Object.entries(getTableColumns(table));

export const columnOf = (table: SQLiteTable, key: string): SQLiteColumn => {
  const column = (getTableColumns(table) as Record<string, SQLiteColumn>)[key];
  if (!column) throw new Error(`${getTableName(table)} has no column ${key}`);
  return column;
};

/** The encoder for values of the declared type; null where the driver accepts them unchanged. */
export const encoderOf = (column: SQLiteColumn): Convert | null =>
  column.mapToDriverValue === Column.prototype.mapToDriverValue ? null : (value) => column.mapToDriverValue(value);

/** The parameters of a statement for these properties: their values as the driver stores them. */
export const encodeValues = (table: SQLiteTable, values: Readonly<Record<string, unknown>>): unknown[] =>
  Object.entries(values).map(([key, value]) => (value === null ? null : columnOf(table, key).mapToDriverValue(value)));

/** The comparisons, or assignments, of these properties with the parameters of a statement. */
export const equalities = (table: SQLiteTable, values: object, separator = ' and '): string =>
  Object.keys(values)
    .map((key) => `"${columnOf(table, key).name}" = ?`)
    .join(separator);

/** The decoders that rows with these properties need: none for most tables, because numbers and texts need none. */
export const decodersOf = (table: SQLiteTable, keys: readonly string[]): readonly ColumnDecoder[] =>
  keys.flatMap((key) => {
    const column = columnOf(table, key);
    if (column.mapFromDriverValue === Column.prototype.mapFromDriverValue) return [];
    return [{ key, decode: (value: unknown) => column.mapFromDriverValue(value) }];
  });

/** Replaces the driver values of a row by values of the declared types. Throws DATA_DAMAGED for one that cannot be read. */
export const decodeRow = (row: Record<string, unknown>, decoders: readonly ColumnDecoder[]): void => {
  for (const { key, decode } of decoders) {
    if (row[key] === null) continue;
    try {
      row[key] = decode(row[key]);
    } catch (error) {
      throw unreadable(error);
    }
  }
};
