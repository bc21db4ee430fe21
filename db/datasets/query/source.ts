import type { DuckDBValue } from '@duckdb/node-api';
import type { ColumnType } from '../../../src/lib/column.ts';
import { identifier } from '../duckdb.ts';
import type { GroupOfTable, StoredTable, TableFilter } from '../engine.ts';
import { misfitField, rowField, tableOf } from '../parquet-layout.ts';

/** The values of a statement in the order of their parameters. */
export class Parameters {
  readonly values: DuckDBValue[] = [];

  /** Adds a value and returns the expression that stands for it in the statement, as the type if there is one. */
  add(value: DuckDBValue, type?: string): string {
    this.values.push(value);
    return type === undefined ? `$${this.values.length}` : `$${this.values.length}::${type}`;
  }
}

/** A range of instants, both bounds inclusive, in microseconds since 1970 UTC. */
export interface TimeRange {
  readonly leastUs: number;
  readonly greatestUs: number;
}

/** What a filter can test: a column, or a key or measure of a group. */
export interface Expression {
  readonly name: string;
  readonly type: ColumnType;
  readonly precision: number;
  readonly scale: number;
  /** Its value in SQL. */
  readonly sql: string;
  /** The text of cells that do not fit its type; null when there are none. */
  readonly misfit: string | null;
  /** What `contains` searches where it is no text: the texts of misfits, or the value as text. */
  readonly searchable: string | null;
  readonly isAscii: boolean;
}

/** A column of a version. */
export type SourceColumn = StoredTable['columns'][number];

/** The file of a version in SQL. */
export class Source {
  readonly table: StoredTable;
  /** The table expression. */
  readonly from: string;
  /** Ranges that hold the values of the columns that are grouped by periods of a time zone. */
  readonly ranges: ReadonlyMap<number, readonly TimeRange[]>;

  /** `file` of the table is a path. */
  constructor(table: StoredTable, ranges: ReadonlyMap<number, readonly TimeRange[]> = new Map()) {
    this.table = table;
    this.from = tableOf(table.file);
    this.ranges = ranges;
  }

  get columns(): readonly SourceColumn[] {
    return this.table.columns;
  }

  get rowCount(): number {
    return this.table.rowCount;
  }

  column(index: number): SourceColumn {
    const found = this.columns[index];
    if (!found) throw new Error(`the version has no column ${index}`);
    return found;
  }

  expression(index: number): Expression {
    const { name, type, precision, scale, field, misfits, isAscii } = this.column(index);
    const misfit = misfits > 0 ? identifier(misfitField(index)) : null;
    return { name, type, precision, scale, sql: identifier(field), misfit, searchable: misfit, isAscii };
  }
}

export const rowNumber = identifier(rowField);

/** The groupings that a request contains, in its filter as well. */
export const groupsOfRequest = (request: {
  readonly group?: GroupOfTable;
  readonly filter?: TableFilter | null;
}): GroupOfTable[] => {
  const own = request.group === undefined ? [] : [request.group];
  return [...own, ...(request.filter ? groupsOfFilter(request.filter) : [])];
};

const groupsOfFilter = (filter: TableFilter): GroupOfTable[] => {
  if ('and' in filter) return filter.and.flatMap(groupsOfFilter);
  if ('or' in filter) return filter.or.flatMap(groupsOfFilter);
  if ('not' in filter) return groupsOfFilter(filter.not);
  return 'group' in filter ? [filter.group] : [];
};
