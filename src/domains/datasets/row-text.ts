import type { Cell } from '../../lib/cell-text.ts';
import { formatCell } from '../../lib/cell-text.ts';
import { csvLine, formulaSafe } from '../../lib/csv-line.ts';
import type { DatasetVersion } from './columns.ts';
import type { DatasetGroup } from './groups.ts';
import type { groupsOf } from './query-text.ts';
import type { DatasetRow } from './rows.ts';

/** A cell as JSON. Decimals and long whole numbers are texts internally; JSON has them as exact numbers. */
export const cellJson = (cell: Cell, type: string | undefined): string =>
  typeof cell === 'string' && (type === 'DECIMAL' || type === 'INTEGER') ? cell : JSON.stringify(cell);

/** An object as JSON text: a JavaScript object would lose `__proto__` and reorder names such as `7`. */
const objectWriter = (
  names: readonly string[],
  types: readonly (string | undefined)[],
): ((cells: readonly Cell[]) => string) => {
  const keys = names.map((name) => `${JSON.stringify(name)}:`);
  return (cells) => `{${cells.map((cell, index) => `${keys[index]}${cellJson(cell, types[index])}`).join(',')}}`;
};

/** Writes rows as text. */
export interface RowWriter {
  /** What precedes the first row. */
  readonly head: string;
  /** A row without the end of its line. */
  line(row: DatasetRow): string;
}

/** Writes the columns with these indexes as JSON objects. */
export const jsonRows = ({ columns }: DatasetVersion, indexes: readonly number[]): RowWriter => {
  const write = objectWriter(
    indexes.map((index) => columns[index]?.name ?? ''),
    indexes.map((index) => columns[index]?.type),
  );
  return { head: '', line: ({ cells }) => write(indexes.map((index) => cells[index] ?? null)) };
};

/**
 * Writes the columns with these indexes as CSV (RFC 4180) that is imported to the same rows again. Cells that do not fit
 * the type of their column are written with their original text. `isSafe` protects spreadsheets against formulas.
 */
export const csvRows = ({ columns }: DatasetVersion, indexes: readonly number[], isSafe: boolean): RowWriter => {
  const isText = indexes.map((index) => {
    const type = columns[index]?.type;
    return type === 'STRING' || type === 'STRING_LIST';
  });
  const escapeText = (text: string, isOpen: boolean): string => (isSafe && isOpen ? formulaSafe(text) : text);
  const textsOf = textRows({ columns }, indexes);
  const lineOf = (texts: readonly string[]): string => {
    // A line without any character would be read as an empty line, not as a row of one empty cell.
    const [only] = texts;
    return texts.length === 1 && only === '' ? '""' : csvLine(texts);
  };
  return {
    head: lineOf(indexes.map((index) => escapeText(columns[index]?.header ?? '', true))),
    line(row) {
      const texts = textsOf(row);
      if (!isSafe) return lineOf(texts);
      const isMisfit = (index: number): boolean => row.misfits.some(({ column }) => column === index);
      return lineOf(texts.map((text, at) => escapeText(text, isText[at] === true || isMisfit(indexes[at] ?? -1))));
    },
  };
};

/**
 * The cells of the columns with these indexes as text, which is read to the same cells again: decimals with all digits of
 * their column, and cells that do not fit the type of their column as they were written.
 */
export const textRows = (
  { columns }: Pick<DatasetVersion, 'columns'>,
  indexes: readonly number[],
): ((row: Pick<DatasetRow, 'cells' | 'misfits'>) => string[]) => {
  const scales = indexes.map((index) => (columns[index]?.type === 'DECIMAL' ? columns[index].scale : 0));
  return ({ cells, misfits }) => {
    const misfitTexts = misfits.length === 0 ? null : new Map(misfits.map(({ column, text }) => [column, text]));
    return indexes.map((index, at) => {
      const cell = cells[index] ?? null;
      if (cell === null) return misfitTexts?.get(index) ?? '';
      const text = formatCell(cell);
      const scale = scales[at] ?? 0;
      return scale === 0 ? text : withScale(text, scale);
    });
  };
};

/** A plain decimal with `scale` digits after the point: without them, a column of whole amounts would become INTEGER. */
const withScale = (text: string, scale: number): string => {
  const point = text.indexOf('.');
  return point < 0 ? `${text}.${'0'.repeat(scale)}` : text.padEnd(point + 1 + scale, '0');
};

/** Writes groups as JSON objects of their key columns and measures. */
export const groupWriter = (
  { columns }: DatasetVersion,
  { names, groupBy, measures }: Pick<ReturnType<typeof groupsOf>, 'names' | 'groupBy' | 'measures'>,
): ((group: Pick<DatasetGroup, 'key' | 'measures'>) => string) => {
  const typeOf = (name: string | null | undefined) => columns.find((column) => column.name === name)?.type;
  const write = objectWriter(names, [
    ...(groupBy ?? []).map(({ column }) => typeOf(column)),
    ...measures.map(({ column }) => typeOf(column)),
  ]);
  return ({ key, measures: values }) => write([...key, ...values]);
};
