import type { Tx } from '../../db/store.ts';
import type { FieldProblem } from '../errors.ts';
import type { ImportTarget } from '../lib/import-targets.ts';
import type { ReadResult } from '../lib/problems.ts';
import { isTextId, textIdLengthMax } from '../lib/text-id.ts';
import type { SourceShape } from '../sources/source.ts';

/** What became of one received record. Received = CREATED + DUPLICATE + CONFLICT + REJECTED, always. */
export type RecordOutcome =
  | { readonly kind: 'CREATED'; readonly seq: number }
  | { readonly kind: 'DUPLICATE' }
  | { readonly kind: 'CONFLICT'; readonly problems: FieldProblem[] }
  | { readonly kind: 'REJECTED'; readonly problems: FieldProblem[] };

/** Where a record came from. */
export interface RecordOrigin {
  /** Null, like its line, for records sent through the API. */
  readonly importId: number | null;
  readonly line: number | null;
  /** Name of the API key it was sent with; null for imports, and where no keys are in use. */
  readonly sentBy: string | null;
}

export const sentByApi = (sentBy: string | null): RecordOrigin => ({ importId: null, line: null, sentBy });

/** Why ids may not be recorded; none for good ones and for null, which stands for none. Checked where every face passes. */
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

export interface ReadOptions {
  /** Further words of the file and the word of the importer each stands for, e.g. `completed` for `cancelled`. */
  readonly synonyms?: Readonly<Record<string, string>> | undefined;
}

/** One import, of one file or several that belong together. */
export interface ImportSession<R> {
  record(tx: Tx, record: R, origin: RecordOrigin): RecordOutcome;
  /** Puts in force what only counts as a whole; throws when it may not be. */
  finish?(tx: Tx): void;
}

/** What is known of an import at its beginning. */
export interface ImportStart {
  /** Names it among all imports. */
  readonly id: number;
  /** Of its files' content and the options they are read with. */
  readonly digest: string;
  /** True when the same files were taken in before, to their end and in the same way. */
  readonly isRepeat: boolean;
}

/** What a domain gives to `imports`, so that files of its records can be taken in. */
export interface Importer<R = unknown> {
  readonly target: ImportTarget;
  readonly shape: SourceShape;
  read(value: unknown, options: ReadOptions): ReadResult<R>;
  /** The record as a file would spell it: what `read` reads back as the same. */
  wire(record: R): Readonly<Record<string, unknown>>;
  begin(begun: ImportStart): ImportSession<R>;
  /**
   * For a record of an import that was mended after its end; without it `begin` does. Throws CONFLICT when nothing can be
   * added to that import any more.
   */
  resume?(tx: Tx, begun: ImportStart): ImportSession<R>;
}
