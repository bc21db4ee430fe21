import { DomainError } from '../errors.ts';
import { type Delimiter, delimiters, type FileDialect, type TextOptions } from '../lib/import-options.ts';
import type { CsvSyntax, SampleRow } from './csv-row.ts';
import { bestCandidate, bestQuoting, type Candidate, readCandidate } from './dialect-candidates.ts';
import { type SampleText, shapeOf } from './dialect-sample.ts';
import { createDecoding, type DetectedEncoding, decodeText, detectEncoding, encodingOf } from './encoding.ts';
import { countBreaks, lineEnd } from './faulty-lines.ts';
import { fileBytesAt } from './file-chunks.ts';
import { nonTabularKind } from './format.ts';
import { notATable, type SourceShape } from './source.ts';
import type { TableStart } from './table-start.ts';

/** How a file is read as a table, with what the reader of its rows needs besides. */
export interface TableDialect extends FileDialect, CsvSyntax {
  /** The names of the header without blanks around them, not always unique; `column1`, `column2`, … without a header. */
  readonly names: readonly string[];
  /** The cells of the header, or of the first row of a file without one. */
  readonly firstCells: readonly string[];
  /** How many cells a row has. */
  readonly columns: number;
  /** Bytes of byte order marks before the text. */
  readonly textStart: number;
  /** The line of the first row after the header, and how many UTF-16 units of the text precede it. */
  readonly firstLine: number;
  readonly firstOffset: number;
}

/** What is known of the columns of a table before it is read. */
type KnownColumns = Pick<SourceShape, 'columns' | 'columnsOfRow'>;

const headBytesMax = 1 << 20;

/** Fewer bytes are judged when they hold enough lines. */
const usualSampleChars = 128 * 1024;
const sampleLinesMin = 20;

/** Lines among which the header of known columns is looked for. */
const headerLinesMax = 100;

/**
 * Detects how a file is read from its first rows; what the options say is not detected. Throws NOT_A_TABLE for an empty file
 * and for a file that is clearly no table, BAD_REQUEST for a header line that does not exist.
 */
export const detectDialect = async (
  path: string,
  bytes: number,
  options: TextOptions = {},
  known: KnownColumns = { columns: [] },
): Promise<TableDialect> => {
  const head = await fileBytesAt(path, 0, Math.min(bytes, headBytesMax));
  const encoding = await detectEncoding(path, head, options.encoding);
  return dialectOfHead({ head, isWhole: head.length === bytes, encoding }, options, known);
};

/** How a text in memory is read as a table; detected and refused like that of a file. */
export const dialectOf = (bytes: Buffer, known: KnownColumns): TableDialect =>
  dialectOfHead({ head: bytes, isWhole: true, encoding: encodingOf(bytes) }, {}, known);

/** The first bytes of a file. */
interface FileHead {
  readonly head: Buffer;
  /** Whether they are all bytes of the file. */
  readonly isWhole: boolean;
  readonly encoding: DetectedEncoding;
}

const dialectOfHead = (
  { head, isWhole, encoding: { encoding, textStart, warning } }: FileHead,
  options: TextOptions,
  known: KnownColumns,
): TableDialect => {
  const headText = decodeHead(head.subarray(textStart), encoding, isWhole);
  checkTabular(head, headText, isWhole, encoding);
  const { delimiter: separator, lines: instructionLines } = separatorLine(headText);
  const delimiter = options.delimiter;
  const { headerLine } = options;
  const startLine = typeof headerLine === 'number' ? headerLine : 1 + instructionLines;
  const startOffset = lineStart(headText, startLine);
  if (startOffset === undefined || startOffset >= headText.length) throw noSuchLine(startLine, headText, isWhole);
  const text = sampleText(headText, startOffset, startLine, isWhole);
  const candidate = chooseCandidate(text, { delimiter, separator, headerLine }, known);
  const { sample, start } = candidate;
  const first = sample.rows[start.first];
  if (!first && !isWhole && !/[\r\n]/.test(headText.slice(startOffset)))
    throw notATable(`line ${startLine} is longer than the ${head.length} bytes that are searched for the first row`);
  if (!first) throw noSuchLine(startLine, headText, isWhole);
  if (typeof headerLine === 'number' && first.line !== headerLine) throw blankHeader(headerLine);
  const { hasHeader } = start;
  if (hasHeader && sample.quote !== null && first.cells.some((cell) => cell.trimStart().startsWith(`${sample.quote}`)))
    throw notATable(`the header, line ${first.line}, cannot be read: a quote opens in it and is never closed`);
  const firstLine = hasHeader ? first.line + 1 + (first.raw.match(lineEnd)?.length ?? 0) : first.line;
  const isOneColumn = start.columns === 1;
  return {
    encoding,
    delimiter: delimiter ?? sample.delimiter ?? separator ?? ',',
    quote: sample.quote,
    escape: sample.escape,
    escapesCells: sample.escapesCells,
    headerLine: hasHeader ? first.line : null,
    skippedLines: first.line - 1,
    warnings: warningsOf(candidate, warning, first),
    comment: sample.comment,
    cellDelimiter: isOneColumn && options.delimiter === undefined ? sample.delimiter : (delimiter ?? sample.delimiter),
    names: hasHeader ? namesOf(first.cells.slice(0, start.columns)) : numberedNames(start.columns),
    firstCells: first.cells,
    columns: start.columns,
    textStart,
    firstLine,
    firstOffset: lineStart(headText, firstLine) ?? headText.length,
  };
};

const decodeHead = (head: Buffer, encoding: FileDialect['encoding'], isWhole: boolean): string =>
  isWhole ? decodeText(head, encoding) : createDecoding(encoding).decode(head);

const checkTabular = (head: Buffer, text: string, isWhole: boolean, encoding: FileDialect['encoding']): void => {
  const isUtf16 = encoding.startsWith('UTF-16');
  const nuls = isUtf16 ? 0 : countNuls(head);
  // A few NULs make their rows faulty; many NULs mean another encoding or no text.
  const isText = nuls * 10 <= head.length && (isUtf16 || !hasControls(head));
  const kind = nonTabularKind(isUtf16 ? Buffer.from(text.slice(0, 1024)) : isText ? withoutNuls(head) : head);
  if (kind !== null || !isText) throw notATable(`the file looks like ${kind ?? 'binary data'}; expected CSV`);
  if (text.trim() === '' && isWhole) throw notATable('the file is empty');
  if (/^\s*(?:\{\s*(?:"|\})|\[\s*[[{])/.test(text)) throw notATable('the file looks like JSON; expected CSV');
};

/** Control characters that tables contain: tabs, line ends, separators of cells and the end of a file of DOS. */
const textControls: ReadonlySet<number> = new Set([0, 1, 9, 10, 11, 12, 13, 26, 27, 28, 29, 30, 31]);
const strayControlsMax = 16;

/** Whether more than one byte in 50 is a control character that text does not have. */
const hasControls = (bytes: Buffer): boolean => {
  let count = 0;
  for (const byte of bytes) if ((byte < 32 && !textControls.has(byte)) || byte === 127) count += 1;
  return count > strayControlsMax && count * 50 > bytes.length;
};

const countNuls = (bytes: Buffer): number => {
  let count = 0;
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at + 1)) count += 1;
  return count;
};

const withoutNuls = (head: Buffer): Buffer => Buffer.from(head.subarray(0, 4096).filter((byte) => byte !== 0));

/** Where a line of a text begins, its number from 1; undefined for a line that the text does not have. */
const lineStart = (text: string, line: number): number | undefined => {
  if (line === 1) return 0;
  let number = 1;
  for (const { index, 0: end } of text.matchAll(lineEnd)) {
    number += 1;
    if (number === line) return index + end.length;
  }
  return undefined;
};

/** The first line that tells spreadsheets the delimiter, `sep=;`. */
const separatorLine = (text: string): { readonly delimiter: Delimiter | undefined; readonly lines: number } => {
  const [, character] = /^"?sep=(.)"?[,;\t|]*[\r\n]/i.exec(text) ?? [];
  const delimiter = delimiters.find((each) => each === character);
  return { delimiter, lines: delimiter === undefined ? 0 : 1 };
};

const sampleText = (text: string, offset: number, line: number, isWholeFile: boolean): SampleText => {
  const part = text.slice(offset, offset + usualSampleChars);
  const isEnough = (part.match(/\n|\r(?!\n)/g)?.length ?? 0) >= sampleLinesMin;
  const chosen = isEnough ? part : text.slice(offset);
  return { text: chosen, isWhole: isWholeFile && offset + chosen.length === text.length, line };
};

/** The start of a table that is known rather than found. */
const chosenStart = (first: number, columns: number, hasHeader: boolean): TableStart => ({
  first,
  columns,
  usualColumns: columns,
  hasHeader,
  isConvincing: true,
});

/** The reading of the first rows that holds known column names in one of them, or whose first row is known to be a record. */
const knownCandidate = (
  text: SampleText,
  separators: readonly Delimiter[],
  { columns: expected, columnsOfRow }: KnownColumns,
): Candidate | undefined => {
  for (const delimiter of separators) {
    const sample = bestQuoting(text, delimiter);
    const first = sample.rows.slice(0, headerLinesMax).findIndex(({ cells }) => {
      const names = namesOf(cells);
      return expected.some((set) => set.every((name) => names.includes(name)));
    });
    const columns = sample.rows[first]?.cells.length;
    if (columns !== undefined) return { sample, start: chosenStart(first, columns, true), score: 1 };
  }
  if (columnsOfRow === undefined) return undefined;
  for (const delimiter of separators) {
    const candidate = readCandidate(text, delimiter);
    const { first } = candidate.start;
    const row = candidate.sample.rows[first];
    if (row && columnsOfRow(row.cells) !== null)
      return { ...candidate, start: chosenStart(first, row.cells.length, false) };
  }
  return undefined;
};

/** The candidate of the delimiter that the file names, unless it does not split the first row. */
const separatedBy = (text: SampleText, separator: Delimiter | undefined): Candidate | undefined => {
  if (separator === undefined) return undefined;
  const candidate = readCandidate(text, separator);
  return candidate.start.columns > 1 ? candidate : undefined;
};

/** The delimiters that the known columns of a file may have between them; any will do for a file with one column. */
const separatorsOf = ({ text }: SampleText, separated: Candidate | undefined): readonly Delimiter[] => {
  const chosen = separated?.sample.delimiter;
  if (chosen) return [chosen];
  const present = delimiters.filter((each) => text.includes(each));
  return present.length > 0 ? present : [','];
};

const chooseCandidate = (
  text: SampleText,
  {
    delimiter,
    separator,
    headerLine,
  }: Pick<TextOptions, 'delimiter' | 'headerLine'> & { separator?: Delimiter | undefined },
  known: KnownColumns,
): Candidate => {
  const separated = delimiter === undefined ? separatedBy(text, separator) : readCandidate(text, delimiter);
  if (headerLine === undefined && known.columns.length > 0) {
    const found = knownCandidate(text, separatorsOf(text, separated), known);
    if (found) return found;
  }
  const candidate = separated ?? bestCandidate(text);
  const { rows } = candidate.sample;
  if (typeof headerLine === 'number') return { ...candidate, start: chosenStart(0, rows[0]?.cells.length ?? 1, true) };
  if (headerLine !== 'none') return candidate;
  const { start } = candidate;
  const columns = start.hasHeader ? shapeOf(rows.slice(start.first)).columns : start.columns;
  return { ...candidate, start: { ...start, columns, hasHeader: false } };
};

const numberedNames = (columns: number): string[] =>
  Array.from({ length: columns }, (_, index) => `column${index + 1}`);

/** Names without blanks and byte order marks around them. */
const namesOf = (cells: readonly string[]): string[] => cells.map((cell) => cell.replaceAll('\ufeff', '').trim());

const warningsOf = ({ start, sample }: Candidate, encodingWarning: string | null, first: SampleRow): string[] => {
  const warnings = encodingWarning === null ? [] : [encodingWarning];
  if (start.columns === 1 && sample.rows.length > 1)
    warnings.push('only one column was found; state delimiter if there are more');
  if (first.line > 1) {
    const skipped = first.line - 1;
    const lines = skipped === 1 ? 'line 1 is' : `lines 1 to ${skipped} are`;
    warnings.push(`${lines} not part of the table and skipped; state headerLine if the header is among them`);
  }
  if (sample.comment !== null) warnings.push(`lines that begin with ${sample.comment} are comments and skipped`);
  if (!start.hasHeader)
    warnings.push('the first row looks like the others, so the file has no header; state headerLine if it has one');
  return warnings;
};

const noSuchLine = (line: number, text: string, isWhole: boolean): DomainError => {
  const lines = 1 + countBreaks(text);
  const length = isWhole ? `the file has ${lines} lines` : `only the first ${lines} lines are searched for the header`;
  return new DomainError('BAD_REQUEST', `headerLine is ${line}, but ${length}`);
};

const blankHeader = (line: number): DomainError =>
  new DomainError('BAD_REQUEST', `headerLine is ${line}, but line ${line} is blank`);

/** What others may see of a dialect. */
export const fileDialect = (dialect: TableDialect): FileDialect => {
  const { encoding, delimiter, quote, escape: escapeStyle, headerLine, skippedLines, warnings } = dialect;
  return { encoding, delimiter, quote, escape: escapeStyle, headerLine, skippedLines, warnings };
};
