import type { CsvSyntax, RowFault, TextSpan } from './csv-row.ts';
import type { RowRules } from './row-rules.ts';

const openQuote: RowFault = { code: 'MALFORMED', message: 'a quote opens in this row and is never closed' };

const badClosingQuote: RowFault = {
  code: 'MALFORMED',
  message: 'the row is not valid CSV: a quoted cell goes on after its closing quote',
};

/** A text that was converted to CRLF twice has two CRs. */
export const lineEnd = /\r{0,2}\n|\r/g;

export const countBreaks = (text: string): number => text.match(lineEnd)?.length ?? 0;

/** The text of a quoted cell without the doubling or the backslashes of its quotes. */
export const unescapeCell = (text: string, syntax: Pick<CsvSyntax, 'quote' | 'escape'>): string => {
  const mark = syntax.quote as string;
  const single = text.replaceAll(mark + mark, mark);
  return syntax.escape === 'BACKSLASH' ? single.replace(/\\(["'\\])/g, '$1') : single;
};

const isBlankAt = (text: string, at: number, delimiter: string | null): boolean =>
  (text[at] === ' ' || text[at] === '\t') && text[at] !== delimiter;

const skipBlanks = (text: string, from: number, delimiter: string | null): number => {
  let at = from;
  while (isBlankAt(text, at, delimiter)) at += 1;
  return at;
};

/** Where a quoted cell closes before a delimiter or the end of the line; -1 when nowhere. */
const closingQuote = (line: string, from: number, syntax: CsvSyntax, isLenient: boolean): number => {
  const { cellDelimiter, quote } = syntax;
  for (let at = from; at < line.length; at += 1) {
    if (syntax.escape === 'BACKSLASH' && line[at] === '\\') at += 1;
    else if (line[at] === quote) {
      const after = skipBlanks(line, at + 1, cellDelimiter);
      if (line[at + 1] === quote) at += 1;
      else if (after === line.length || line[after] === cellDelimiter) return at;
      else if (!isLenient) return -1;
    }
  }
  return -1;
};

/**
 * The cells of one line with a faulty quote. Quotes that do not close a cell are characters of it: when lenient, within a
 * quoted cell that closes later; otherwise of a cell without quotes.
 */
const splitLine = (line: string, syntax: CsvSyntax, isLenient: boolean): string[] => {
  const { cellDelimiter, quote } = syntax;
  const cells: string[] = [];
  for (let at = 0; ; at += 1) {
    const open = skipBlanks(line, at, cellDelimiter);
    const close = quote !== null && line[open] === quote ? closingQuote(line, open + 1, syntax, isLenient) : -1;
    if (close >= 0) {
      cells.push(unescapeCell(line.slice(open + 1, close), syntax));
      at = skipBlanks(line, close + 1, cellDelimiter);
    } else {
      const next = cellDelimiter === null ? -1 : line.indexOf(cellDelimiter, at);
      const end = next < 0 ? line.length : next;
      cells.push(line.slice(at, end));
      at = end;
    }
    if (at >= line.length) return cells;
  }
};

/** Whether the quote that opens a cell is the only one on the rest of its line. */
const hasLoneQuote = (line: string, { quote }: CsvSyntax): boolean =>
  quote !== null && line.indexOf(quote) === line.lastIndexOf(quote);

/**
 * The cells of a row with a faulty quote, when its line has as many cells as the others have; otherwise why not. The faulty
 * cell is at or after `from`.
 */
export const splitFaultyLine = (
  { text, start, end }: TextSpan,
  from: number,
  rules: CsvSyntax & Pick<RowRules, 'columns'>,
): string[] | RowFault => {
  const line = text.slice(start, end);
  const { columns } = rules;
  if (columns === null) return splitLine(line, rules, false);
  if (hasLoneQuote(text.slice(from, end), rules)) return openQuote;
  for (const isLenient of [true, false]) {
    const cells = splitLine(line, rules, isLenient);
    if (cells.length === columns) return cells;
  }
  return badClosingQuote;
};

const typedText = /^\s*[+-]?\d[\d.,:/-]*\s*$/;

/**
 * Whether the lines of a row, held together by quoted line ends, are rows themselves: two stray quotes have swallowed the rows
 * between them. Rows of the right length are only suspected when numbers or dates in all lines say so.
 */
export const looksLikeRows = (
  { text, start, end }: TextSpan,
  syntax: CsvSyntax & Pick<RowRules, 'columns'>,
  found: number,
): boolean => {
  const { columns, cellDelimiter } = syntax;
  if (columns === null || columns < 2 || cellDelimiter === null) return false;
  const lines = text.slice(start, end).split(lineEnd);
  const rows = lines.map((line) => splitLine(line, syntax, false));
  if (found !== columns) return rows.some((cells, index) => index > 0 && cells.length === columns);
  if (lines.length < 3 || rows.some((cells) => cells.length !== columns)) return false;
  const [first = []] = rows;
  return first.some(
    (cell, column) => typedText.test(cell) && rows.every((cells) => typedText.test(cells[column] ?? '')),
  );
};
