import type { DuckDBValue } from '@duckdb/node-api';
import type { ColumnType } from '../../../src/lib/column.ts';
import { identifier } from '../duckdb.ts';
import type { GroupOfTable, StoredTable, TableFilter } from '../engine.ts';
import { misfitField, rowField, tableOf } from '../parquet-layout.ts';
import { copiedTable } from './copied-table.ts';

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

/** A table that holds a version. */
export interface CopiedVersion {
  readonly name: string;
  /** The bytes of its largest row, as `rowBytesSql` counts them. */
  readonly rowBytesMax: number;
}

/** The file of a version, or a copy of it, in SQL. */
export class Source {
  readonly table: StoredTable;
  /** The table expression. */
  readonly from: string;
  /** Ranges that hold the values of the columns that are grouped by periods of a time zone. */
  readonly ranges: ReadonlyMap<number, readonly TimeRange[]>;

  readonly #copy: CopiedVersion | null;

  /** `file` of the table is a path; `copy` is read in its place. */
  constructor(
    table: StoredTable,
    { ranges = new Map(), copy = null }: { ranges?: Source['ranges']; copy?: CopiedVersion | null } = {},
  ) {
    this.table = table;
    this.from = copy === null ? tableOf(table.file) : copiedTable(copy.name, table.columns);
    this.ranges = ranges;
    this.#copy = copy;
  }

  /** The table expression of the rows with these numbers, at least one; whole numbers that a query has returned, or that were checked. */
  only(numbers: readonly number[]): string {
    const [least, greatest] = [Math.min(...numbers), Math.max(...numbers)];
    const isRange = greatest - least + 1 === numbers.length;
    const range = `between ${least} and ${greatest}`;
    const list = numbers.join(', ');
    if (this.#copy === null)
      return `(select * from ${this.from} where ${rowNumber} ${isRange ? range : `in (${list})`})`;
    // Only a join makes DuckDB skip the parts of a table that hold none of the rows.
    const rows = isRange ? `where rowid ${range}` : `semi join (select unnest([${list}]::BIGINT[]) as n) on rowid = n`;
    return copiedTable(this.#copy.name, this.columns, rows);
  }

  /** The bytes of the largest row; null when they are not known. */
  get rowBytesMax(): number | null {
    return this.#copy?.rowBytesMax ?? null;
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
