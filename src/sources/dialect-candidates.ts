import { type Delimiter, delimiters } from '../lib/import-options.ts';
import { cellKind, columnKind } from './cell-kinds.ts';
import { looksLikeComment } from './comment-lines.ts';
import type { SampleRow } from './csv-row.ts';
import { judgedRows, readSample, type Sample, type SampleText, scoreOf, shapeFrom, shapeOf } from './dialect-sample.ts';
import { findTableStart, type TableStart } from './table-start.ts';

/** One way to read the first rows, and where their table is then. */
export interface Candidate {
  readonly sample: Sample;
  readonly start: TableStart;
  readonly score: number;
}

type Quoting = Pick<Sample, 'quote' | 'escape' | 'escapesCells'>;

const doubled: Quoting = { quote: '"', escape: 'DOUBLED', escapesCells: false };

interface QuotedCell {
  readonly cell: string;
  readonly isQuoted: boolean;
}

/** The cells of a column that are not empty, and which of them are in quotes. */
const cellsOf = (rows: readonly SampleRow[], column: number, mark: string): QuotedCell[] =>
  rows.flatMap(({ cells, raw }) => {
    const cell = cells[column] ?? '';
    if (cell === '') return [];
    const written = [mark + mark, `\\${mark}`].map((escaped) => mark + cell.replaceAll(mark, escaped) + mark);
    return [{ cell, isQuoted: written.some((each) => raw.includes(each)) }];
  });

/** Whether all values of some column are in quotes, all its texts, or all texts that need them: then they are no apostrophes. */
const isQuotedThroughout = ({ rows, quote, delimiter }: Sample): boolean => {
  const mark = quote ?? '';
  const { columns } = shapeOf(rows);
  const even = rows.filter(({ cells }) => cells.length === columns);
  const table = judgedRows(even, even.length);
  const body = table.length > 1 ? table.slice(1) : table;
  const needsQuotes = ({ cell }: QuotedCell): boolean =>
    (delimiter !== null && cell.includes(delimiter)) || cell.includes(mark);
  let hasQuoted = false;
  for (let column = 0; column < columns; column += 1) {
    hasQuoted ||= cellsOf(table.slice(0, 1), column, mark).some((name) => name.isQuoted && needsQuotes(name));
    const values = cellsOf(body, column, mark);
    const quoted = values.filter(({ isQuoted }) => isQuoted);
    if (quoted.length === 0) continue;
    hasQuoted = true;
    const hasOther = values.some(({ cell, isQuoted }) => !isQuoted && cellKind(cell) === 'TEXT');
    if (hasOther && !quoted.every(needsQuotes)) return false;
  }
  return hasQuoted;
};

/** Rows that have another number of cells than most. */
const unevenRows = ({ rows }: Sample): number => {
  const { columns } = shapeOf(rows);
  return rows.filter(({ cells }) => cells.length !== columns).length;
};

/** The reading in which backslashes escape delimiters and line ends outside of quotes, when it alone makes all rows alike. */
const escapedSample = (text: SampleText, delimiter: Delimiter | null, usual: Sample): Sample | null => {
  const isEscaped = delimiter !== null && (text.text.includes(`\\${delimiter}`) || /\\[\r\n]/.test(text.text));
  if (!isEscaped || unevenRows(usual) === 0) return null;
  const escaped = readSample(text, { delimiter, quote: '"', escape: 'BACKSLASH', escapesCells: true });
  const isEven = escaped.rows.length > 1 && unevenRows(escaped) === 0 && (escaped.rows[0]?.cells.length ?? 0) > 1;
  return isEven ? escaped : null;
};

/** The quoting under which the sample has no faulty quotes; double quotes unless the file says otherwise. */
export const bestQuoting = (text: SampleText, delimiter: Delimiter | null): Sample => {
  const usual = readSample(text, { delimiter, ...doubled });
  const escapedCells = escapedSample(text, delimiter, usual);
  if (escapedCells !== null) return escapedCells;
  if (usual.improper > 0 && text.text.includes('\\"')) {
    const escaped = readSample(text, { ...doubled, delimiter, escape: 'BACKSLASH' });
    if (escaped.improper < usual.improper && escaped.quoted > 0) return escaped;
  }
  if (usual.quoted > 0) return usual;
  if (text.text.includes("'")) {
    for (const style of ['DOUBLED', 'BACKSLASH'] as const) {
      const single = readSample(text, { ...doubled, delimiter, quote: "'", escape: style });
      if (single.quoted > 0 && single.improper === 0 && isQuotedThroughout(single)) return single;
    }
  }
  return usual.literal > 0 ? readSample(text, { ...doubled, delimiter, quote: null }) : usual;
};

/** Without a header, a last column that is empty in the whole file is a delimiter at the end of rows. */
const withoutEmptyEnd = (start: TableStart, { rows, isWhole }: Sample): TableStart => {
  const { first, columns } = start;
  const table = rows.slice(first);
  const isEmpty = table.every(({ cells }) => cells.length < columns || cells[columns - 1]?.trim() === '');
  if (start.hasHeader || columns < 3 || !isWhole || table.length < 2 || !isEmpty) return start;
  return { ...start, columns: columns - 1, usualColumns: columns - 1 };
};

export const readCandidate = (text: SampleText, delimiter: Delimiter | null): Candidate => {
  const sample = bestQuoting(text, delimiter);
  const start = withoutEmptyEnd(findTableStart(sample.rows), sample);
  const shape = start.isConvincing ? shapeFrom(sample.rows, start.first, start.usualColumns) : shapeOf(sample.rows);
  return { sample, start, score: scoreOf(sample, shape) };
};

const timeOfDay = /(?<![\d:])\d{1,2}:\d{2}:\d{2}(?![\d:])/;

/** Colons and spaces stand in many texts, dates and times: they separate cells only when every row agrees and values show it. */
const isConvincingRareDelimiter = ({ sample, start }: Candidate): boolean => {
  const rows = sample.rows.slice(start.first);
  const { columns } = start;
  if (sample.rows.slice(0, start.first).some((row) => !looksLikeComment(row))) return false;
  if (columns < 2 || rows.length < 2) return false;
  if (sample.delimiter === ':' && rows.some(({ raw }) => timeOfDay.test(raw))) return false;
  if (rows.some(({ cells }) => cells.length !== columns)) return false;
  if (rows.some(({ raw }) => ['DATE', 'TIME', 'NUMBER'].includes(cellKind(raw)))) return false;
  const hasOddCells = rows.some(({ cells }) =>
    cells.some((cell, index) => cell.startsWith('//') || (index > 0 && cell.startsWith(' '))),
  );
  if (hasOddCells) return false;
  const body = rows.slice(start.hasHeader ? 1 : 0);
  const kinds = Array.from({ length: columns }, (_, column) =>
    columnKind(body.map(({ cells }) => cells[column] ?? '')),
  );
  return kinds.some((kind) => kind !== 'TEXT' && kind !== 'EMPTY') && body.every(({ cells }) => !cells.includes(''));
};

const scoreMin = 0.2;

const oftenInTexts: readonly Delimiter[] = [':', ' '];
const seldomUsed: readonly Delimiter[] = ['~', '^', '\x1f', '\x01'];

/** A delimiter that few files have must be in every row, from the first one on, comments and a few titles aside. */
const isUsed = ({ sample, start }: Candidate): boolean => {
  if (sample.delimiter === null || !seldomUsed.includes(sample.delimiter)) return true;
  const table = sample.rows.slice(start.first);
  const titles = sample.rows.slice(0, start.first).filter((row) => !looksLikeComment(row));
  const hasPlainTitles = titles.length < table.length && titles.every(({ cells }) => cells.length === 1);
  const isEven = shapeFrom(table, 0, start.usualColumns).consistency === 1;
  return table.length > 1 && isEven && (titles.length === 0 || (hasPlainTitles && start.usualColumns > 2));
};

/** The best way to read the first rows. */
export const bestCandidate = (text: SampleText): Candidate => {
  const present = delimiters.filter((delimiter) => text.text.includes(delimiter));
  const candidates = present
    .filter((delimiter) => !oftenInTexts.includes(delimiter))
    .map((delimiter) => readCandidate(text, delimiter))
    .filter((candidate) => candidate.score > scoreMin && isUsed(candidate))
    .sort((a, b) => b.score - a.score);
  const best = candidates.find(({ start }) => start.isConvincing);
  if (best) return best;
  const rare = present
    .filter((delimiter) => oftenInTexts.includes(delimiter))
    .map((delimiter) => readCandidate(text, delimiter))
    .find(isConvincingRareDelimiter);
  if (rare) return rare;
  // Rows that all have another length than their header are still rows of cells.
  const uneven = candidates.find(({ sample }) => sample.rows.every(({ cells }) => cells.length > 1));
  return uneven ?? readCandidate(text, null);
};
