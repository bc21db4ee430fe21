import { DomainError, type FieldProblem, type ProblemCode } from '../errors.ts';

/** One record of a file as it was written there, read into a value or refused with problems. */
export type SourceRecord = { line: number; raw: string } & (
  | { value: Readonly<Record<string, unknown>>; problems?: never }
  | { value?: never; problems: FieldProblem[] }
);

export interface SourceShape {
  /** Column sets, one of which a CSV header must hold: `[['start', 'end', 'city'], ['cidr', 'city']]`. */
  columns: readonly (readonly string[])[];
  /** Also accept `{"london": [{"start", "end"}]}` and MaxMind city databases. */
  cityRanges?: true;
}

export interface SourceLimits {
  recordBytesMax: number;
  fileBytesMax: number;
  batchRecords: number;
}

/** Records in file order, and how many bytes of the file are done with them. */
export interface SourceBatch {
  records: SourceRecord[];
  bytesRead: number;
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

/** The fault of a whole file. */
export const notATable = (message: string, cause?: unknown): DomainError =>
  new DomainError('NOT_A_TABLE', message, { cause });

/** The column set that most of the names are of, and which of it they lack. */
export const nearestColumns = (
  names: readonly string[],
  { columns }: SourceShape,
): { readonly set: readonly string[]; readonly missing: string[] } => {
  const lacking = columns.map((set) => ({ set, missing: set.filter((name) => !names.includes(name)) }));
  const [nearest] = lacking.sort((a, b) => a.missing.length - b.missing.length);
  return nearest ?? { set: [], missing: [] };
};

export const expectedColumns = ({ columns }: SourceShape): string => columns.map((set) => set.join(',')).join(' or ');
