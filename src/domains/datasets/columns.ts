import type { Row } from '../../../db/store.ts';
import type { datasetVersions } from '../../../db/tables/datasets.ts';
import { DomainError } from '../../errors.ts';
import type { DatasetColumn } from '../../lib/cells.ts';
import { preview } from '../../lib/problems.ts';

export type DatasetVersion = Row<typeof datasetVersions>;

/** A column with its place in its version. */
export interface IndexedColumn {
  readonly version: DatasetVersion;
  readonly index: number;
  readonly column: DatasetColumn;
  /** Its name in the letters that GraphQL takes, unique in its version. */
  readonly fieldName: string;
}

export const indexedColumns = (version: DatasetVersion): IndexedColumn[] => {
  const fieldNames = uniqueFieldNames(version);
  return version.columns.map((column, index) => ({ version, index, column, fieldName: fieldNames[index] ?? '' }));
};

/** The place of a column by its name. Throws BAD_REQUEST for one that is not there. */
export const indexOfColumn = (version: DatasetVersion, name: string): number => {
  const place = version.columns.findIndex((column) => column.name === name);
  if (place >= 0) return place;
  const names = version.columns
    .slice(0, 50)
    .map((column) => JSON.stringify(column.name))
    .join(', ');
  const message = `there is no column ${preview(name)}; there are ${names}`;
  throw new DomainError('BAD_REQUEST', message, {
    problems: [{ path: name.slice(0, 80).toWellFormed(), code: 'NOT_ALLOWED', message }],
  });
};

/** A name for each column that GraphQL takes: its own with `_` for what may not stand there, and a number where two are alike. */
const uniqueFieldNames = (version: DatasetVersion): string[] => {
  const taken = new Set<string>();
  return version.columns.map(({ name }, place) => {
    const plain = name
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9_]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .slice(0, 60);
    const base = plain === '' ? `column_${place + 1}` : /^\d/.test(plain) ? `column_${plain}` : plain;
    let field = base;
    for (let number = 2; taken.has(field); number += 1) field = `${base}_${number}`;
    taken.add(field);
    return field;
  });
};
