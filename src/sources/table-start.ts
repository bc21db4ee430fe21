import { cellKind, columnKind } from './cell-kinds.ts';
import { looksLikeComment } from './comment-lines.ts';
import type { SampleRow } from './csv-row.ts';
import { shapeOf } from './dialect-sample.ts';

/** Where the table of a sample is. */
export interface TableStart {
  /** The index of the header, or of the first row when there is no header. */
  readonly first: number;
  readonly hasHeader: boolean;
  readonly columns: number;
  /** False when lines before the table may as well be part of it. */
  readonly isConvincing: boolean;
}

type HeaderEvidence = 'HEADER' | 'NONE' | 'UNKNOWN';

const bodyRowsMax = 200;

const isYear = (cell: string): boolean => /^(?:1[89]|20|21)\d{2}$/.test(cell.trim());

/** Numbers that name columns: years, or 0, 1, 2, …, and the row below does not go on with such numbers. */
const isNumberedHeader = (cells: readonly string[], below: readonly string[]): boolean => {
  const numbers = cells.filter((cell) => cellKind(cell) === 'NUMBER');
  if (numbers.length < 2 || new Set(numbers).size < numbers.length) return false;
  const numbersBelow = below.filter((cell) => cellKind(cell) === 'NUMBER');
  if (numbers.every(isYear))
    return !numbersBelow.every(isYear) && (numbers.length > 2 || numbers.length < cells.length);
  return numbers.length > 2 && isCounting(numbers) && !isCounting(numbersBelow);
};

const isCounting = (numbers: readonly string[]): boolean =>
  numbers.every((cell, index) => Number(cell) === Number(numbers[0]) + index);

/** A cell with its digits replaced: `SKU-12` and `SKU-7` have one pattern. */
const patternOf = (cell: string): string => cell.trim().replace(/\d+/g, '0');

/** The pattern of all cells of a column, when it has digits; null otherwise. */
const commonPattern = (cells: readonly string[]): string | null => {
  const patterns = new Set(cells.map(patternOf));
  const [pattern = ''] = patterns;
  return cells.length > 1 && patterns.size === 1 && pattern.includes('0') ? pattern : null;
};

/** Whether the first row names the columns: it does when numbers, dates or codes stand under its texts. */
const headerEvidence = (rows: readonly SampleRow[], columns: number): HeaderEvidence => {
  const [first, ...rest] = rows;
  if (!first) return 'UNKNOWN';
  const body = rest.slice(0, bodyRowsMax).filter(({ cells }) => cells.length >= columns - 1);
  if (body.length === 0) {
    const kinds = first.cells.map(cellKind);
    const hasText = kinds.includes('TEXT');
    return hasText ? 'UNKNOWN' : 'NONE';
  }
  let votes = 0;
  let typedColumns = 0;
  for (const [column, cell] of first.cells.entries()) {
    const below = body.map(({ cells }) => cells[column] ?? '');
    const kind = columnKind(below);
    const own = cellKind(cell);
    if (kind === 'EMPTY' || own === 'EMPTY') continue;
    const pattern = kind === 'TEXT' ? commonPattern(below) : null;
    if (kind === 'TEXT' && pattern === null) continue;
    typedColumns += 1;
    votes += (pattern === null ? own === kind : patternOf(cell) === pattern) ? -1 : 1;
  }
  if (typedColumns === 0) return 'UNKNOWN';
  if (votes > 0 || (votes < 0 && isNumberedHeader(first.cells, rest[0]?.cells ?? []))) return 'HEADER';
  return votes < 0 ? 'NONE' : 'UNKNOWN';
};

const filled = ({ cells }: SampleRow): number => cells.filter((cell) => cell.trim() !== '').length;

/** Titles that a spreadsheet has padded with empty cells to the width of the table. */
const paddedTitles = (rows: readonly SampleRow[], columns: number): number => {
  let count = 0;
  while (count < Math.min(rows.length, 20) && filled(rows[count] as SampleRow) <= 1) count += 1;
  if (count === 0 || columns < 2 || count >= rows.length) return 0;
  const table = rows.slice(count);
  const header = table[0] as SampleRow;
  if (filled(header) < Math.max(2, columns / 2)) return 0;
  const evidence = headerEvidence(table, columns);
  const hasBlankRow = rows.slice(0, count).some((row) => filled(row) === 0);
  return evidence === 'HEADER' || (evidence === 'UNKNOWN' && (columns > 2 || hasBlankRow)) ? count : 0;
};

/** Titles that a delimiter in their text makes as long as a row: a shorter line follows them, and below it a header. */
const splitTitles = (rows: readonly SampleRow[], columns: number): number => {
  const last = rows.slice(0, 10).findLastIndex(({ cells }) => cells.length < columns);
  const table = rows.slice(last + 1);
  if (last < 1 || columns < 2 || table.length < 2 || table.some(({ cells }) => cells.length !== columns)) return 0;
  return headerEvidence(table, columns) === 'HEADER' && headerEvidence(rows, columns) !== 'HEADER' ? last + 1 : 0;
};

/** Whether the rows from `start` on are a table below titles, rather than the titles its header. */
const isBelowTitles = (rows: readonly SampleRow[], start: number, columns: number): boolean => {
  const table = rows.slice(start);
  const { consistency } = shapeOf(table);
  const evidence = headerEvidence(table, columns);
  if (evidence === 'HEADER' && consistency > 0.5) return true;
  if (consistency < 0.8 || table.length < 2) return false;
  const last = rows[start - 1] as SampleRow;
  const hasGap = (table[0] as SampleRow).line > last.line + 1 + (last.raw.match(/\n/g)?.length ?? 0);
  if (hasGap) return true;
  if (columns < 3) return false;
  return evidence === 'UNKNOWN' || rows.slice(0, start).every(({ cells }) => /\s/.test(cells[0]?.trim() ?? ''));
};

/** The last comment line names the columns when the first row after it is like the others, or when text follows its mark at once. */
const isCommentedHeader = (comment: SampleRow, rows: readonly SampleRow[], columns: number): boolean => {
  const evidence = headerEvidence(rows, columns);
  return evidence === 'NONE' || (evidence === 'UNKNOWN' && /^\s*(?:#|\/\/)[^\s#/]/.test(comment.raw));
};

/** The length of a header; a delimiter at its end that no row has ends it. */
const widthOf = (header: SampleRow | undefined, columns: number): number => {
  let width = header?.cells.length ?? columns;
  while (width > columns && header?.cells[width - 1]?.trim() === '') width -= 1;
  return width;
};

/** Finds the header below titles and comment lines. */
export const findTableStart = (all: readonly SampleRow[]): TableStart => {
  const firstRow = all.findIndex((row) => !looksLikeComment(row));
  const comments = firstRow < 0 ? 0 : firstRow;
  const rows = all.slice(comments);
  const { start, columns } = shapeOf(rows);
  const comment = all[comments - 1];
  if (comment?.cells.length === columns && columns > 1 && start === 0 && isCommentedHeader(comment, rows, columns))
    return { first: comments - 1, hasHeader: true, columns, isConvincing: true };
  const isConvincing = start === 0 || isBelowTitles(rows, start, columns);
  const titles = isConvincing ? start || splitTitles(rows, columns) : 0;
  const padded = titles + paddedTitles(rows.slice(titles), columns);
  const hasHeader = headerEvidence(rows.slice(padded), columns) !== 'NONE';
  const width = hasHeader ? widthOf(rows[padded], columns) : columns;
  return { first: comments + padded, hasHeader, columns: width, isConvincing };
};
