import type { ProblemCode } from '../errors.ts';
import type { FileDialect } from '../lib/import-options.ts';

export interface RowFault {
  readonly code: ProblemCode;
  readonly message: string;
}

/** A row as written with its cells, or with the reason why it cannot be read. */
export type CsvRow = {
  /** Its first line in the file, from 1. */
  readonly line: number;
  /** Its text without the line end. */
  readonly raw: string;
} & (
  | { readonly cells: string[]; readonly fault?: undefined }
  | { readonly cells?: undefined; readonly fault: RowFault }
);

/** What begins a line that is no row. */
export type CommentMark = '#' | '//';

/** A row of the beginning of a file, read to judge how the file is read. */
export interface SampleRow {
  readonly line: number;
  readonly raw: string;
  readonly cells: readonly string[];
}

/** A part of a text. */
export interface TextSpan {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Cuts the text of a row out of its chunk only when someone needs it. */
class ReadableRow {
  readonly line: number;
  readonly cells: string[];
  readonly #text: string;
  readonly #start: number;
  readonly #end: number;

  constructor(line: number, cells: string[], { text, start, end }: TextSpan) {
    this.line = line;
    this.cells = cells;
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  get raw(): string {
    return this.#text.slice(this.#start, this.#end);
  }
}

export const readableRow = (line: number, cells: string[], span: TextSpan): CsvRow =>
  new ReadableRow(line, cells, span);

/** Lone surrogates stand for bytes that could not be decoded; they and NULs, which few programs can show, are replaced. */
export const faultyRow = (line: number, raw: string, fault: RowFault): CsvRow => ({
  line,
  raw: raw.toWellFormed().replaceAll('\0', '\ufffd'),
  fault,
});

/** How the text of a file is rows and cells. */
export interface CsvSyntax extends Pick<FileDialect, 'quote' | 'escape' | 'encoding'> {
  /** One character; null for lines that are one cell each. */
  readonly cellDelimiter: string | null;
  /** Whether a backslash makes the delimiter or line end after it a part of a cell without quotes. */
  readonly escapesCells: boolean;
  /** Null when no lines are comments. */
  readonly comment: CommentMark | null;
}
