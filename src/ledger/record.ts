import type { LedgerTable, Tx } from '../../db/store.ts';
import type { FieldProblem } from '../errors.ts';
import type { ValueOptions } from '../lib/import-options.ts';
import type { ImportTarget } from '../lib/import-target.ts';
import type { ReadResult, RecordFace } from '../lib/problems.ts';
import type { RecordCells, WrittenFields } from '../lib/record-cells.ts';
import { isTextId, textIdLengthMax } from '../lib/text-id.ts';
import type { SourceShape } from '../sources/source.ts';

/**
 * The outcome of one received record. Received = CREATED + DUPLICATE + CONFLICT + REJECTED, always. `storedSeq` is the record
 * that was stored before; absent for a record of a file that is imported again, which is not looked up.
 */
export type RecordOutcome =
  | { readonly kind: 'CREATED'; readonly seq: number }
  | { readonly kind: 'DUPLICATE'; readonly storedSeq?: number | undefined }
  | { readonly kind: 'CONFLICT'; readonly storedSeq: number; readonly problems: FieldProblem[] }
  | { readonly kind: 'REJECTED'; readonly problems: FieldProblem[] };

/** The origin of a record. */
export interface RecordOrigin {
  /** Null, like the line, for records sent through the API. */
  readonly importId: number | null;
  readonly line: number | null;
  /** Name of the API key that sent it; null for imports, and when no keys are in use. */
  readonly sentBy: string | null;
  /** Number of the request with many records that it was sent in; absent for others (see `OpenRequests`). */
  readonly requestId?: number | null | undefined;
}

export const sentByApi = (sentBy: string | null, requestId?: number): RecordOrigin => ({
  importId: null,
  line: null,
  sentBy,
  requestId,
});

/** Problems of malformed ids; null stands for no id. */
export const idProblems = (ids: Readonly<Record<string, string | null>>): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  for (const path in ids) {
    const id = ids[path] as string | null;
    if (id === null || isTextId(id)) continue;
    const message = `${path} must be 1 to ${textIdLengthMax} characters of well-formed text without NUL`;
    problems.push({ path, code: 'MALFORMED', message });
  }
  return problems;
};

/** What a table stores of a record's origin. */
export interface StoredOrigin extends RecordOrigin {
  readonly seq: number;
  readonly recordedAtUs: number;
}

export interface ReadOptions extends ValueOptions {
  /** How the cells of the file are read; absent for records that come from no file. */
  readonly cells?: RecordCells | undefined;
  /** Words of the file and the importer's word for each, e.g. `completed` for `cancelled`. */
  readonly synonyms?: Readonly<Record<string, string>> | undefined;
  /** The names in problems; default: those of the wire format. */
  readonly face?: RecordFace | undefined;
}

/** Records of all files of an import, by their outcome. */
export interface RecordCounts {
  readonly read: number;
  readonly rejected: number;
}

/** The import of one file, or of several that belong together. */
export interface ImportSession<R> {
  /** Receives what a custom format says of all records of a file, before its first record. */
  fileHeader?(header: unknown): void;
  record(tx: Tx, record: R, origin: RecordOrigin): RecordOutcome;
  /** Publishes what counts only as a whole; throws when it must not be published. */
  finish?(tx: Tx, counts: RecordCounts): void;
}

/** What is known of an import when it begins. */
export interface ImportStart {
  /** The import's id. */
  readonly id: number;
  /** Digest of the files' content and of the options they are read with. */
  readonly digest: string;
  /** True when the same files were imported completely before, with the same options. */
  readonly isRepeat: boolean;
  /** The names in problems; default: those of the wire format. */
  readonly face?: RecordFace | undefined;
}

/** Records as they are exchanged between threads: few arrays instead of an object for each. */
export interface RecordBlocks<R> {
  pack(records: readonly R[]): unknown;
  unpack(packed: unknown): R[];
}

/** What a domain provides so that files of its records can be imported. */
export interface Importer<R = unknown> {
  readonly target: ImportTarget;
  readonly shape: SourceShape;
  /** The fields in which files have numbers and times in forms that only all of their records explain. */
  readonly writtenFields?: WrittenFields;
  /** Which fields of the wire format are read from each column of a file; a column without an entry is ignored. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  read(value: unknown, options: ReadOptions): ReadResult<R>;
  /** The record with the field names of its files; `read` restores it. */
  wire(record: R): Readonly<Record<string, unknown>>;
  /** What the records are stored in, and the properties of theirs by which they are looked up there, if any. */
  readonly storedIn: { readonly table: LedgerTable; readonly lookup: readonly string[] };
  begin(start: ImportStart): ImportSession<R>;
  /** For records that requests bring in large numbers: another thread can read them. */
  readonly blocks?: RecordBlocks<R>;
  /**
   * Begins a session that adds a corrected record to an import that has ended; the default is `begin`. Throws CONFLICT
   * when nothing can be added to that import any more.
   */
  resume?(tx: Tx, start: ImportStart): ImportSession<R>;
}

/** `Importer.fields` of a target whose columns have the names of the fields that are read from them. */
export const fieldsOfSameName = (names: readonly string[]): Importer['fields'] =>
  Object.fromEntries(names.map((name) => [name, [name]]));

/** The fields that are read from files of a target, under their names in the wire format. */
export const wireFieldsOf = ({ fields }: Pick<Importer, 'fields'>): string[] => [
  ...new Set(Object.values(fields).flat()),
];
