import { getTableColumns } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { LedgerTable } from '../../db/store.ts';

/** A value that a column may hold; `unique` distinguishes texts, `pick` chooses the value. */
const columnValue = ({ dataType, notNull }: SQLiteColumn, pick: number, unique: string): unknown => {
  if (!notNull && pick % 3 === 0) return null;
  if (dataType === 'number') return [0, -1, 2 ** 40, pick, -8_993_635_200_000_000][pick % 5];
  if (dataType === 'boolean') return pick % 2 === 0;
  if (dataType === 'json') return [{ variant: unique, weight: pick / 7, isControl: false }];
  return `${unique} ${['', '1', '1e3', 'ß 日', '0001'][pick % 5]}`;
};

/** A record of any ledger table with a value for every column that the store does not set itself. */
export const recordOf = (table: LedgerTable, pick: number, unique: string): never =>
  Object.fromEntries(
    Object.entries(getTableColumns(table))
      .filter(([key]) => key !== 'seq' && key !== 'recordedAtUs')
      .map(([key, column], index) => [key, columnValue(column as SQLiteColumn, pick + index, unique)]),
  ) as never;

/** The names of all columns of a table. */
export const columnNames = (table: LedgerTable) => Object.keys(getTableColumns(table)) as never[];
