import type { Delimiter } from '../lib/import-options.ts';
import { cellKind } from './cell-kinds.ts';
import { commentMark, looksLikeComment, withoutComments } from './comment-lines.ts';
import type { CommentMark, CsvSyntax, SampleRow } from './csv-row.ts';
import { RowScanner } from './row-scanner.ts';

/** The first rows of a file, read in one way; blank lines left out. */
export interface Sample extends Pick<CsvSyntax, 'quote' | 'escape' | 'escapesCells'> {
  readonly delimiter: Delimiter | null;
  readonly comment: CommentMark | null;
  readonly rows: readonly SampleRow[];
  /** Whether they are all rows of the file. */
  readonly isWhole: boolean;
  /** Cells in quotes, cells with a quote that is not closed properly, and how many of these look like text with quotes. */
  readonly quoted: number;
  readonly improper: number;
  readonly literal: number;
}

export interface SampleText {
  readonly text: string;
  /** False when the text is only the beginning of the file. */
  readonly isWhole: boolean;
  readonly line: number;
}

const sampleRowsMax = 1000;
const sampleRecordBytesMax = 64 * 1024;

export const readSample = (
  { text, isWhole, line }: SampleText,
  syntax: Pick<Sample, 'delimiter' | 'quote' | 'escape' | 'escapesCells'>,
): Sample => {
  const counts = { quoted: 0, improper: 0, literal: 0 };
  const scanner = new RowScanner({
    ...syntax,
    cellDelimiter: syntax.delimiter,
    encoding: 'UTF-8',
    comment: null,
    columns: null,
    recordBytesMax: sampleRecordBytesMax,
    line,
    observer: {
      quoted: () => {
        counts.quoted += 1;
      },
      improper: (cell) => {
        counts.improper += 1;
        // Such as "Best" tool: the cell has both quotes on its line, followed by text.
        if (syntax.quote !== null && cell.indexOf(syntax.quote, 1) > 0) counts.literal += 1;
      },
    },
  });
  const found = scanner.push(text);
  if (isWhole || found.length === 0) found.push(...scanner.finish());
  const all = found
    .slice(0, sampleRowsMax)
    .flatMap(({ line: rowLine, raw, cells }) => (cells && raw.trim() !== '' ? [{ line: rowLine, raw, cells }] : []));
  const columns = usualLength(all.filter((row) => !looksLikeComment(row)));
  const comment = commentMark(all, columns);
  const isAll = isWhole && found.length <= sampleRowsMax;
  return { ...syntax, ...counts, comment, isWhole: isAll, rows: withoutComments(all, comment) };
};

/** Where the table of a sample begins, and how many cells its rows have. */
export interface SampleShape {
  /** The first row that is as long as most rows. */
  readonly start: number;
  /** The usual number of cells. */
  readonly columns: number;
  /** The share of rows from the start on that have that many cells, from 0 to 1. */
  readonly consistency: number;
}

const endsEmpty = ({ cells }: SampleRow): boolean => cells[cells.length - 1]?.trim() === '';

/** The most frequent number of cells, the larger when two are equally frequent. */
const usualLength = (rows: readonly SampleRow[]): number => {
  const counts = new Map<number, number>();
  for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  const [first = [0, 0]] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0]);
  return first[0];
};

/** The shape of a table whose rows from `start` on have so many cells, or one more that is empty. */
export const shapeFrom = (rows: readonly SampleRow[], start: number, columns: number): SampleShape => {
  const table = rows.slice(start);
  const fitting = table.filter(
    (row) => row.cells.length === columns || (row.cells.length === columns + 1 && endsEmpty(row)),
  );
  return { start, columns, consistency: fitting.length / Math.max(table.length, 1) };
};

export const shapeOf = (rows: readonly SampleRow[]): SampleShape => {
  const usual = usualLength(rows);
  const hasSurplus =
    rows[0]?.cells.length === usual - 1 && rows.every((row) => row.cells.length !== usual || endsEmpty(row));
  const columns = hasSurplus ? usual - 1 : usual;
  const start = rows.findIndex(({ cells }) => cells.length >= columns);
  return shapeFrom(rows, Math.max(start, 0), columns);
};

const isInQuotes = (cellStart: string, raw: string, quote: string): boolean =>
  [quote, quote + quote, `\\${quote}`].some((written) => raw.includes(quote + cellStart.replaceAll(quote, written)));

const coordinates = /^-?\d{1,3}\.\d+, ?-?\d{1,3}\.\d+$/;

/**
 * How much a cell looks like one cell, from 0 to 1: a value does most, and text that other delimiters would split
 * was probably not split enough.
 */
const cellScore = (cell: string, raw: string, quote: string | null): number => {
  if (cellKind(cell) !== 'TEXT') return 1;
  if (!/[,;\t|~^"']/.test(cell)) return 0.95;
  if (quote !== null && isInQuotes(cell.slice(0, 20), raw, quote)) return 0.95;
  if (coordinates.test(cell)) return 0.9;
  if (cell.includes('\t')) return 0;
  if (cell.includes('"')) return 0.2;
  if (/([|;~^])[\s\S]*\1/.test(cell)) return 0.3;
  if (/[,;|](?! )/.test(cell)) return 0.3;
  return 0.7;
};

const scoredRowsMax = 100;

/** Fewer rows are judged of a wide table. */
const judgedCellsMax = 10_000;

/** The first rows, as many as are worth judging. */
export const judgedRows = (rows: readonly SampleRow[], rowsMax: number): readonly SampleRow[] => {
  const columns = rows[0]?.cells.length ?? 1;
  return rows.slice(0, Math.min(rowsMax, Math.max(3, Math.floor(judgedCellsMax / columns))));
};

/** Whether all commas stand between digits, as they do in numbers. */
const hasSignsOnly = (rows: readonly SampleRow[]): boolean => rows.every(({ raw }) => !/(?<!\d),|,(?!\d)/.test(raw));

/** How well a sample is read: 0 for one column, 1 for rows of the same length whose cells are values or plain text. */
export const scoreOf = (sample: Sample, { start, columns, consistency }: SampleShape): number => {
  if (columns < 2) return 0;
  const { rows, quote, improper } = sample;
  let score = 0;
  let cellCount = 0;
  const judged = judgedRows(rows.slice(start), scoredRowsMax);
  for (const { cells, raw } of judged) {
    for (const cell of cells) score += cellScore(cell, raw, quote);
    cellCount += cells.length;
  }
  const signs = sample.delimiter === ',' && hasSignsOnly(judged) ? 0.9 : 1;
  const skippedShare = start / rows.length;
  const improperShare = Math.min(improper / rows.length, 0.9);
  return signs * consistency * (score / cellCount) * (1 - skippedShare / 2) * (1 - improperShare / 2);
};
