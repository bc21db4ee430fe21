import type { TableOrder } from '../../../db/datasets/engine.ts';
import type { Row } from '../../../db/store.ts';
import type { datasetVersions } from '../../../db/tables/datasets.ts';
import { DomainError } from '../../errors.ts';
import type { DatasetColumn } from '../../lib/dataset-column.ts';
import { preview } from '../../lib/problems.ts';

export type DatasetVersion = Row<typeof datasetVersions>;

export interface ColumnOrder {
  readonly column: string;
  readonly direction: 'ASC' | 'DESC';
}

/** A column with its index in its version. */
export interface IndexedColumn {
  readonly version: DatasetVersion;
  readonly index: number;
  readonly column: DatasetColumn;
  /** Its name as a valid GraphQL name, unique in its version. */
  readonly fieldName: string;
  /** Its name in SQL, unique in its version without regard to case. */
  readonly sqlName: string;
}

export const indexedColumns = (version: DatasetVersion): IndexedColumn[] => {
  const fieldNames = uniqueFieldNames(version);
  const sqlNames = sqlNamesOf(version);
  return version.columns.map((column, index) => ({
    ...{ version, index, column },
    fieldName: fieldNames[index] ?? '',
    sqlName: sqlNames[index] ?? '',
  }));
};

/**
 * Names of columns in SQL, unique without regard to case: empty names, those that differ in case only, and those that a
 * field of another column has, are the names of the file's fields.
 */
export const sqlNamesOf = ({ columns }: Pick<DatasetVersion, 'columns'>): string[] => {
  const uses = new Map<string, Set<number>>();
  for (const [index, { name, field }] of columns.entries())
    for (const key of [name.toLowerCase(), field.toLowerCase()]) uses.set(key, (uses.get(key) ?? new Set()).add(index));
  return columns.map(({ name, field }) =>
    name.trim() !== '' && uses.get(name.toLowerCase())?.size === 1 ? name : field,
  );
};

/** The index of a column by its name. Throws BAD_REQUEST for an unknown name. */
export const indexOfColumn = (version: DatasetVersion, name: string): number => {
  const index = version.columns.findIndex((column) => column.name === name);
  if (index >= 0) return index;
  const names = version.columns
    .slice(0, 50)
    .map((column) => JSON.stringify(column.name))
    .join(', ');
  const message = `there is no column ${preview(name)}; the columns are ${names}`;
  throw new DomainError('BAD_REQUEST', message, {
    problems: [{ path: name.slice(0, 80).toWellFormed(), code: 'NOT_ALLOWED', message }],
  });
};

/** The setting of the same name. */
export interface StatisticsLimits {
  readonly datasetStatisticsColumnsMax: number;
}

/** The indexes of columns whose statistics are requested. Throws LIMIT_EXCEEDED for too many columns. */
export const indexesOfStatistics = (
  version: DatasetVersion,
  names: readonly string[],
  { datasetStatisticsColumnsMax: columnsMax }: StatisticsLimits,
): number[] => {
  if (names.length > columnsMax)
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `facets can be those of at most ${columnsMax} columns (setting datasetStatisticsColumnsMax)`,
    );
  return names.map((name) => indexOfColumn(version, name));
};

/** Throws BAD_REQUEST for an unknown name. */
export const ordersOf = (version: DatasetVersion, orderBy: readonly ColumnOrder[] | null | undefined): TableOrder[] =>
  (orderBy ?? []).map(({ column, direction }) => ({
    column: indexOfColumn(version, column),
    descending: direction === 'DESC',
  }));

/** A valid GraphQL name for each column: its name with `_` for other characters, and a number where two are the same. */
const uniqueFieldNames = (version: DatasetVersion): string[] => {
  const used = new Set<string>();
  return version.columns.map(({ name }, index) => {
    const letters = name
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9_]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .slice(0, 60);
    const base = letters === '' ? `column_${index + 1}` : /^\d/.test(letters) ? `column_${letters}` : letters;
    let field = base;
    for (let number = 2; used.has(field); number += 1) field = `${base}_${number}`;
    used.add(field);
    return field;
  });
};
