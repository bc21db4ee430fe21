import { cellKind, columnKind } from './cell-kinds.ts';
import { looksLikeComment } from './comment-lines.ts';
import type { SampleRow } from './csv-row.ts';
import { judgedRows, shapeOf } from './dialect-sample.ts';

/** Where the table of a sample is. */
export interface TableStart {
  /** The index of the header, or of the first row when there is no header. */
  readonly first: number;
  readonly hasHeader: boolean;
  readonly columns: number;
  /** How many cells most of its rows have; a header may have more. */
  readonly usualColumns: number;
  /** False when lines before the table may as well be part of it. */
  readonly isConvincing: boolean;
}

type HeaderEvidence = 'HEADER' | 'NONE' | 'UNKNOWN';

const bodyRowsMax = 200;

const isYear = (cell: string): boolean => /^(?:1[89]|20|21)\d{2}$/.test(cell.trim());

/** Whether a cell is a value rather than a name; years and empty cells may be either. */
const isValue = (cell: string): boolean => {
  const kind = cellKind(cell);
  return kind !== 'TEXT' && kind !== 'EMPTY' && !isYear(cell);
};

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

/** The pattern of the first word of a cell: that of all lines of a log is the pattern of a date. */
const startPatternOf = (cell: string): string => /^\S*/.exec(patternOf(cell))?.[0] ?? '';

/** How a pattern is found that all cells of a column have and that has digits; null when there is none. */
const commonPattern = (cells: readonly string[]): ((cell: string) => string) | null => {
  if (cells.length < 2) return null;
  const [first = ''] = cells;
  const found = [patternOf, startPatternOf].find((pattern) => {
    const expected = pattern(first);
    return expected.includes('0') && cells.every((cell) => pattern(cell) === expected);
  });
  return found ?? null;
};

/** Whether the first row names the columns: it does when numbers, dates or codes stand under its texts. */
const headerEvidence = (rows: readonly SampleRow[], columns: number): HeaderEvidence => {
  const [first, ...rest] = rows;
  if (!first) return 'UNKNOWN';
  const body = judgedRows(rest, bodyRowsMax).filter(({ cells }) => cells.length >= columns - 1);
  if (body.length === 0) return first.cells.some(isValue) ? 'NONE' : 'UNKNOWN';
  let votes = 0;
  let typedColumns = 0;
  for (const [column, cell] of first.cells.entries()) {
    const below = body.flatMap(({ cells }) => (cellKind(cells[column] ?? '') === 'EMPTY' ? [] : [cells[column] ?? '']));
    const kind = columnKind(below);
    const own = cellKind(cell);
    if (kind === 'EMPTY' || own === 'EMPTY') continue;
    const pattern = kind === 'TEXT' ? commonPattern(below) : null;
    if (kind === 'TEXT' && pattern === null) continue;
    typedColumns += 1;
    votes += (pattern === null ? own === kind : pattern(cell) === pattern(below[0] ?? '')) ? -1 : 1;
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

/** Whether blank lines separate a row from the one before. */
const hasGapBefore = (rows: readonly SampleRow[], index: number): boolean => {
  const [last, row] = [rows[index - 1], rows[index]];
  return last !== undefined && row !== undefined && row.line > last.line + 1 + (last.raw.match(/\n/g)?.length ?? 0);
};

/** Whether rows are a table of their own, not titles or pairs of a name and a value: values stand in their first column. */
const isTable = (rows: readonly SampleRow[]): boolean => {
  const [header, ...body] = rows;
  const columns = header?.cells.length ?? 0;
  if (!header || body.length === 0 || columns < 2 || rows.some(({ cells }) => cells.length !== columns)) return false;
  const kind = columnKind(body.map(({ cells }) => cells[0] ?? ''));
  return kind !== 'TEXT' && kind !== 'EMPTY' && headerEvidence(rows, columns) === 'HEADER';
};

/** Whether the rows from `start` on are a table below titles, rather than the titles its header. */
const isBelowTitles = (rows: readonly SampleRow[], start: number, columns: number): boolean => {
  const table = rows.slice(start);
  const { consistency } = shapeOf(table);
  const evidence = headerEvidence(table, columns);
  if (evidence === 'HEADER' && consistency > 0.5) return true;
  if (consistency < 0.8 || table.length < 2) return false;
  if (hasGapBefore(rows, start)) return true;
  if (columns < 3) return false;
  return evidence === 'UNKNOWN' || rows.slice(0, start).every(({ cells }) => /\s/.test(cells[0]?.trim() ?? ''));
};

/** Titles are at most so many lines. */
const titlesMax = 100;

/** Where the last rows are a small table below many titles, or titles of the usual length; null when they are none. */
const tableAtEnd = (rows: readonly SampleRow[]): Pick<TableStart, 'first' | 'columns'> | null => {
  const columns = rows[rows.length - 1]?.cells.length ?? 0;
  let first = rows.length;
  while (first > 0 && rows[first - 1]?.cells.length === columns) first -= 1;
  const table = rows.slice(first);
  if (columns < 2 || table.length < 2 || first === 0 || first > titlesMax || isTable(rows.slice(0, first))) return null;
  const usual = shapeOf(rows);
  const hasGap = hasGapBefore(rows, first);
  if (usual.columns > 1 && usual.start === 0 && !hasGap) return null;
  const isLarge = columns > 2 || table.length > 2;
  const evidence = headerEvidence(table, columns);
  const isFound = evidence === 'HEADER' ? hasGap || isLarge : evidence === 'UNKNOWN' && hasGap && table.length > 2;
  return isFound ? { first, columns } : null;
};

/** The last comment line names the columns when the first row after it is like the others, or when text follows its mark at once. */
const isCommentedHeader = (comment: SampleRow, rows: readonly SampleRow[], columns: number): boolean => {
  if (comment.raw.includes(': ') || comment.raw.includes('://')) return false;
  const evidence = headerEvidence(rows, columns);
  return evidence === 'NONE' || (evidence === 'UNKNOWN' && /^\s*(?:#|\/\/)[^\s#/]/.test(comment.raw));
};

/** The length of a header; a delimiter at its end that no row has ends it. */
const widthOf = (header: SampleRow | undefined, columns: number): number => {
  let width = header?.cells.length ?? columns;
  while (width > columns && header?.cells[width - 1]?.trim() === '') width -= 1;
  return width;
};

/** Where the table is among rows that are no comments. */
const tableAmong = (rows: readonly SampleRow[]): Pick<TableStart, 'first' | 'columns' | 'isConvincing'> => {
  const { start, columns } = shapeOf(rows);
  const above = rows.slice(0, start);
  if (isTable(above)) return { first: 0, columns: above[0]?.cells.length ?? columns, isConvincing: true };
  const last = tableAtEnd(rows);
  if (last !== null) return { ...last, isConvincing: true };
  const isConvincing = start === 0 || isBelowTitles(rows, start, columns);
  const titles = isConvincing ? start || splitTitles(rows, columns) : 0;
  return { first: titles + paddedTitles(rows.slice(titles), columns), columns, isConvincing };
};

/** How many comments come before the table; rows like the others, which begin with a mark, are none. */
const commentsBefore = (all: readonly SampleRow[]): number => {
  let comments = Math.max(
    all.findIndex((row) => !looksLikeComment(row)),
    0,
  );
  const { start, columns } = shapeOf(all.slice(comments));
  const isRow = (index: number): boolean =>
    all[index]?.cells.length === columns && headerEvidence(all.slice(index), columns) === 'NONE';
  while (start === 0 && columns > 1 && isRow(comments - 1)) comments -= 1;
  return comments;
};

/** Finds the header below titles and comment lines. */
export const findTableStart = (all: readonly SampleRow[]): TableStart => {
  const comments = commentsBefore(all);
  const rows = all.slice(comments);
  const { start, columns: usual } = shapeOf(rows);
  const comment = all[comments - 1];
  if (comment?.cells.length === usual && usual > 1 && start === 0 && isCommentedHeader(comment, rows, usual))
    return { first: comments - 1, hasHeader: true, columns: usual, usualColumns: usual, isConvincing: true };
  const { first, columns, isConvincing } = tableAmong(rows);
  const hasHeader = headerEvidence(rows.slice(first), columns) !== 'NONE';
  const width = hasHeader ? widthOf(rows[first], columns) : columns;
  return { first: comments + first, hasHeader, columns: width, usualColumns: columns, isConvincing };
};
