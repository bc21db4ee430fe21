import { and, count, eq, gt, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { ColumnName, KeyRange, Match, PageRequest, Row } from '../../store.ts';
import { columnOf, columnsOf, encodeValues } from '../rows/columns.ts';
import type { RecordReader } from './record-reader.ts';

type Db = BetterSQLite3Database;

/** One parameter for any number of values, so that the statement stays the same: it is prepared once. */
export const rowsIn = <T extends SQLiteTable>(
  reader: RecordReader,
  table: T,
  column: ColumnName<T>,
  values: readonly (string | number)[],
): Row<T>[] => {
  if (values.length === 0) return [];
  return reader.read({
    table,
    columns: columnsOf(table).map(([property]) => property),
    condition: `where "${columnOf(table, column).name}" in (select value from json_each(?))`,
    parameters: [JSON.stringify(values)],
  }) as Row<T>[];
};

const isListed = <T extends SQLiteTable>(table: T, column: ColumnName<T>, values: readonly (string | number)[]): SQL =>
  sql`${columnOf(table, column)} in (select value from json_each(${JSON.stringify(values)}))`;

export const countsIn = <T extends SQLiteTable, V extends string | number>(
  db: Db,
  table: T,
  { column, values }: { readonly column: ColumnName<T>; readonly values: readonly V[] },
  range: KeyRange<T>,
): Map<V, number> => {
  if (values.length === 0) return new Map();
  const [value, key] = [columnOf(table, column), columnOf(table, range.key)];
  const counted = db
    .select({ value, n: count() })
    .from(table as SQLiteTable)
    .where(and(isListed(table, column, values), gt(key, range.after), lte(key, range.upTo)))
    .groupBy(value)
    .all();
  return new Map(counted.map((each) => [each.value as V, each.n]));
};

/** The statement of each shape of a page is prepared once: Drizzle takes longer to build it than SQLite to run it. */
export const pageOf = <T extends SQLiteTable>(
  reader: RecordReader,
  table: T,
  { match = {}, key, direction, after, before, limit }: PageRequest<T>,
): Row<T>[] => {
  const [beyond, within] = direction === 'asc' ? ['>', '<'] : ['<', '>'];
  const nameOf = (property: string): string => `"${columnOf(table, property).name}"`;
  const conditions = Object.entries(match).map(([property, value]) =>
    value === null ? `${nameOf(property)} is null` : `${nameOf(property)} = ?`,
  );
  const parameters = encodeValues(table, match).filter((value) => value !== null);
  for (const [comparison, bound] of [
    [beyond, after],
    [within, before],
  ] as const) {
    if (bound === undefined) continue;
    conditions.push(`${nameOf(key)} ${comparison} ?`);
    parameters.push(bound);
  }
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')} ` : '';
  return reader.read({
    table,
    columns: columnsOf(table).map(([property]) => property),
    condition: `${where}order by ${nameOf(key)} ${direction} limit ?`,
    parameters: [...parameters, limit],
  }) as Row<T>[];
};

export const countOf = <T extends SQLiteTable>(db: Db, table: T, match: Match<T>, range?: KeyRange<T>): number => {
  const key = range && columnOf(table, range.key);
  return (
    db
      .select({ n: count() })
      .from(table as SQLiteTable)
      .where(and(matching(table, match), key && gt(key, range.after), key && lte(key, range.upTo)))
      .get()?.n ?? 0
  );
};

const matching = <T extends SQLiteTable>(table: T, match: Match<T>): SQL | undefined =>
  and(
    ...Object.entries(match).map(([key, value]) => {
      const column = columnOf(table, key);
      return value === null ? isNull(column) : eq(column, value);
    }),
  );
