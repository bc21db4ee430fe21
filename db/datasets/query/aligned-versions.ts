import { isNumeric } from '../../../src/lib/column.ts';
import { identifier } from '../duckdb.ts';
import { misfitField } from '../parquet-layout.ts';
import { rowNumber, type Source, type SourceColumn } from './source.ts';

/** Two versions over the columns that both have, in SQL, with cells that are equal if they are written alike. */
export interface AlignedVersions {
  /** Names of the columns that both versions have, in the order of the later one. */
  readonly names: readonly string[];
  /** The names of their comparable cells in `every`. */
  readonly columns: readonly string[];
  /** Those of the key columns; empty unless both versions have all of them. */
  readonly keys: readonly string[];
  /** Selects the comparable cells of the rows of both versions, `r` (the row number) and `sign`: -1 for the earlier, 1 for the later one. */
  readonly every: string;
  /** Selects the comparable cells and `r` of the rows of one version with these numbers, at least one. */
  only(side: 'earlier' | 'later', rows: readonly number[]): string;
}

export const alignedVersions = (
  [earlier, later]: readonly [Source, Source],
  keyColumns: readonly string[],
): AlignedVersions => {
  const names = later.columns.map(({ name }) => name).filter((name) => indexIn(earlier, name) >= 0);
  const keys = keyColumns.map((name) => names.indexOf(name));
  const cells = (source: Source, other: Source): string[] => [
    ...names.map((name, at) => `${comparableCell(source, other, name)} as c${at}`),
    `${rowNumber} as r`,
  ];
  const [ofEarlier, ofLater] = [cells(earlier, later).join(', '), cells(later, earlier).join(', ')];
  return {
    names,
    columns: names.map((_name, at) => `c${at}`),
    keys: keys.includes(-1) ? [] : keys.map((at) => `c${at}`),
    every: `select ${ofEarlier}, -1 as sign from ${earlier.from} union all select ${ofLater}, 1 as sign from ${later.from}`,
    only: (side, rows) =>
      side === 'earlier'
        ? `select ${ofEarlier} from ${earlier.only(rows)}`
        : `select ${ofLater} from ${later.only(rows)}`,
  };
};

export const grouping = (columns: readonly string[]): string =>
  columns.length === 0 ? '' : `group by ${columns.join(', ')}`;

const indexIn = (source: Source, name: string): number => source.columns.findIndex((column) => column.name === name);
/** A cell so that it is equal in both versions if it is written alike; values of the same type are compared as they are. */
const comparableCell = (source: Source, other: Source, name: string): string => {
  const index = indexIn(source, name);
  const [column, counterpart] = [source.column(index), other.column(indexIn(other, name))];
  const isAlike = column.type === counterpart.type && column.scale === counterpart.scale;
  if (isAlike && column.misfits === 0 && counterpart.misfits === 0) return identifier(column.field);
  const text = cellText(column, isNumeric(counterpart) && counterpart.type === 'FLOAT');
  return column.misfits === 0 ? text : `coalesce(${text}, ${identifier(misfitField(index))})`;
};

/** The text of a cell in the shortest notation, with numbers like those of a FLOAT where the other version has one. */
const cellText = ({ field, type, scale }: SourceColumn, isBesideFloat: boolean): string => {
  const sql = identifier(field);
  switch (type) {
    case 'STRING':
      return sql;
    case 'STRING_LIST':
      return `to_json(${sql})::VARCHAR`;
    case 'DATE_TIME':
      return `strftime(${sql}, '%Y-%m-%dT%H:%M:%S.%fZ')`;
    case 'INTEGER':
    case 'DECIMAL':
      if (isBesideFloat) return `${sql}::DOUBLE::VARCHAR`;
      return scale > 0 ? `rtrim(rtrim(${sql}::VARCHAR, '0'), '.')` : `${sql}::VARCHAR`;
    default:
      return `${sql}::VARCHAR`;
  }
};
