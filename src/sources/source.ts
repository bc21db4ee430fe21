import { DomainError, type FieldProblem, type ProblemCode } from '../errors.ts';

/** One record of a file with its original text: a value, or the problems for which it is refused. */
export type SourceRecord = { line: number; raw: string } & (
  | { value: Readonly<Record<string, unknown>>; problems?: never }
  | { value?: never; problems: FieldProblem[] }
);

/** The first and the last bytes of a file, by which its format is recognized. */
export interface FileEnds {
  /** The start of the text, without byte order mark and leading white space. */
  readonly start: string;
  readonly end: Buffer;
}

/** A format that an importer reads besides JSON arrays, JSON Lines and CSV. */
export interface CustomFormat {
  /** Binary formats are recognized before the file is refused for not being text. */
  readonly isBinary: boolean;
  matches(ends: FileEnds): boolean;
  read(file: SourceFile, recordBytesMax: number): AsyncGenerator<SourceBatch>;
}

/** An object in which records are sent: `{"batch": [record, …], "sent_at": …}`. */
export interface EnvelopeShape {
  /** Names of the lists of records. */
  readonly lists: readonly string[];
  /** Fields of the envelope that each record has, unless it has its own. */
  readonly shared: readonly string[];
  /** Fields of records: an object in which one of them precedes the list is a record. */
  readonly recordFields: readonly string[];
}

export interface SourceShape {
  /** Column sets, one of which a CSV header must hold: `[['start', 'end', 'city'], ['cidr', 'city']]`. */
  columns: readonly (readonly string[])[];
  /** The names of the columns of a CSV file without a header, by its first row; null when that row is not a record. */
  columnsOfRow?: (cells: readonly string[]) => readonly string[] | null;
  /** How records may be wrapped by programs that send them. */
  envelope?: EnvelopeShape;
  /** Formats that only this importer reads, tried before JSON and CSV. */
  formats?: readonly CustomFormat[];
}

export interface SourceLimits {
  recordBytesMax: number;
  fileBytesMax: number;
  batchRecords: number;
}

/** Records in file order, and how many bytes of the file are read with them. */
export interface SourceBatch {
  records: SourceRecord[];
  bytesRead: number;
  /** What a custom format says of all its records, in the first batch of a file; its importer knows the type. */
  fileHeader?: unknown;
}

/** A file whose text begins after its byte order mark, if it has one. */
export interface SourceFile {
  path: string;
  bytes: number;
  textStart: number;
  chunkBytes: number;
}

export const refusedRecord = (line: number, raw: string, code: ProblemCode, message: string): SourceRecord => ({
  line,
  raw,
  problems: [{ path: '', code, message }],
});

/** The error of a whole file. */
export const notATable = (message: string, cause?: unknown): DomainError =>
  new DomainError('NOT_A_TABLE', message, { cause });

/** The column set that best matches the names, and its columns that are missing. */
export const nearestColumns = (
  names: readonly string[],
  { columns }: SourceShape,
): { readonly set: readonly string[]; readonly missing: string[] } => {
  const lacking = columns.map((set) => ({ set, missing: set.filter((name) => !names.includes(name)) }));
  const [nearest] = lacking.sort((a, b) => a.missing.length - b.missing.length);
  return nearest ?? { set: [], missing: [] };
};

export const expectedColumns = ({ columns }: SourceShape): string => columns.map((set) => set.join(',')).join(' or ');
