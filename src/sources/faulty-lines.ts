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

/**
 * How quotes within a quoted cell are read that are not escaped. STRICT: the cell has no quotes then. LENIENT: as characters,
 * up to a quote before a delimiter. EARLY: likewise, and the second of two quotes before a delimiter closes the cell.
 */
type QuoteReading = 'STRICT' | 'LENIENT' | 'EARLY';

/** Where a quoted cell closes before a delimiter or the end of the line; -1 when nowhere. */
const closingQuote = (line: string, from: number, syntax: CsvSyntax, reading: QuoteReading): number => {
  const { cellDelimiter, quote } = syntax;
  for (let at = from; at < line.length; at += 1) {
    if (syntax.escape === 'BACKSLASH' && line[at] === '\\') at += 1;
    else if (line[at] === quote) {
      const isPair = line[at + 1] === quote;
      if (isPair) at += 1;
      const after = skipBlanks(line, at + 1, cellDelimiter);
      const isLast = after === line.length || line[after] === cellDelimiter;
      if (isLast && (!isPair || reading === 'EARLY')) return at;
      if (!isLast && !isPair && reading === 'STRICT') return -1;
    }
  }
  return -1;
};

/**
 * The cells of one line with a faulty quote. Quotes that do not close a cell are characters of it: by a lenient reading,
 * within a quoted cell that closes later; otherwise of a cell without quotes.
 */
const splitLine = (line: string, syntax: CsvSyntax, reading: QuoteReading): string[] => {
  const { cellDelimiter, quote } = syntax;
  const cells: string[] = [];
  for (let at = 0; ; at += 1) {
    const open = skipBlanks(line, at, cellDelimiter);
    const close = quote !== null && line[open] === quote ? closingQuote(line, open + 1, syntax, reading) : -1;
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
 * cell is at or after `from`. While the number of columns is not known, `usual` is that of the row before.
 */
export const splitFaultyLine = (
  { text, start, end }: TextSpan,
  from: number,
  rules: CsvSyntax & Pick<RowRules, 'columns'> & { readonly usual: number | null },
): string[] | RowFault => {
  const line = text.slice(start, end);
  const { columns, usual } = rules;
  if (columns === null) {
    const readings = (['LENIENT', 'EARLY'] as const).map((reading) => splitLine(line, rules, reading));
    return readings.find(({ length }) => length === usual) ?? splitLine(line, rules, 'STRICT');
  }
  if (hasLoneQuote(text.slice(from, end), rules)) return openQuote;
  for (const reading of ['LENIENT', 'EARLY', 'STRICT'] as const) {
    const cells = splitLine(line, rules, reading);
    if (cells.length === columns) return cells;
  }
  return badClosingQuote;
};

/** How many cells a row has, without empty ones beyond its last column. */
const lengthWithin = (cells: readonly string[], columns: number): number => {
  let length = cells.length;
  while (length > columns && cells[length - 1] === '') length -= 1;
  return length;
};

const typedText = /^\s*[+-]?\d[\d.,:/-]*\s*$/;

/**
 * Whether the lines of a row, held together by quoted line ends, are rows themselves: two stray quotes have swallowed the rows
 * between them. Rows of the right length are only suspected when numbers or dates in all lines say so.
 */
export const looksLikeRows = (
  { text, start, end }: TextSpan,
  syntax: CsvSyntax & Pick<RowRules, 'columns'>,
  found: readonly string[],
): boolean => {
  const { columns, cellDelimiter } = syntax;
  if (columns === null || columns < 2 || cellDelimiter === null) return false;
  const lines = text.slice(start, end).split(lineEnd);
  const rows = lines.map((line) => splitLine(line, syntax, 'STRICT'));
  const isRow = (cells: readonly string[]): boolean => lengthWithin(cells, columns) === columns;
  if (!isRow(found)) return rows.some((cells, index) => index > 0 && isRow(cells));
  if (lines.length < 3 || !rows.every(isRow)) return false;
  const [first = []] = rows;
  return first.some(
    (cell, column) => typedText.test(cell) && rows.every((cells) => typedText.test(cells[column] ?? '')),
  );
};
