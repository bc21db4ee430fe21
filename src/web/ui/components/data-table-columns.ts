import type { ReactNode } from 'react';
import { csvText } from '../format/csv.ts';

export interface DataColumn<Row> {
  readonly id: string;
  /** What the header says; of a node, `name` says it in menus and exports. */
  readonly header: ReactNode;
  /** The header as text. Default: `header` when it is text, else `id`. */
  readonly name?: string;
  cell(row: Row): ReactNode;
  /** The cell as text for copies and exports, exact. */
  text?(row: Row): string;
  /** Aligned right, digits below each other. */
  readonly numeric?: boolean;
  readonly sortable?: boolean;
  /**
   * What the column is sorted by when the table has all its rows (`hasMore` is not set). Without it, `onSort` is expected
   * to bring other rows.
   */
  sortValue?(row: Row): string | number | null;
  /** Pixels. A table narrower than its container gives the rest to all columns. */
  readonly width?: number;
  /** Under the header, such as a histogram. */
  readonly below?: ReactNode;
  className?(row: Row): string | undefined;
  /** Of the cell, such as the colour of heat. */
  background?(row: Row): string | undefined;
}

export interface Sort {
  readonly id: string;
  readonly direction: 'asc' | 'desc';
}

export const nameOf = <Row>({ id, header, name }: DataColumn<Row>): string =>
  name ?? (typeof header === 'string' ? header : id);

const defaultWidth = { numeric: 112, text: 160 } as const;

export const widthOf = <Row>({ width, numeric }: DataColumn<Row>): number =>
  width ?? (numeric ? defaultWidth.numeric : defaultWidth.text);

/** What a click on a header sorts by: figures start with the largest, text with the first, the third click ends it. */
export const nextSort = (sort: Sort | null | undefined, id: string, isNumeric: boolean): Sort | null => {
  const [first, second] = isNumeric ? (['desc', 'asc'] as const) : (['asc', 'desc'] as const);
  if (sort?.id !== id) return { id, direction: first };
  return sort.direction === first ? { id, direction: second } : null;
};

const collator = new Intl.Collator(undefined, { numeric: true });

const compareValues = (one: string | number, two: string | number): number =>
  typeof one === 'number' && typeof two === 'number' ? one - two : collator.compare(String(one), String(two));

/** The rows in the order of a column's `sortValue`; what is missing comes last in both directions. Equal ones stay as they are. */
export const sortedRows = <Row>(
  rows: readonly Row[],
  columns: readonly DataColumn<Row>[],
  sort: Sort | null | undefined,
): readonly Row[] => {
  const sortValue = sort && columns.find(({ id }) => id === sort.id)?.sortValue;
  if (!sortValue) return rows;
  const sign = sort.direction === 'asc' ? 1 : -1;
  return rows
    .map((row) => ({ row, value: sortValue(row) }))
    .sort((one, two) => {
      if (one.value === null || two.value === null) return Number(one.value === null) - Number(two.value === null);
      return sign * compareValues(one.value, two.value);
    })
    .map(({ row }) => row);
};

/** The loaded rows as CSV: columns that have a text. */
export const csvOf = <Row>(rows: readonly Row[], columns: readonly DataColumn<Row>[]): string => {
  const exported = columns.filter(({ text }) => text !== undefined);
  return csvText(
    exported.map(nameOf),
    rows.map((row) => exported.map(({ text }) => text?.(row) ?? '')),
  );
};
