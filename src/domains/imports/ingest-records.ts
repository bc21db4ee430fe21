import type { Tx } from '../../../db/store.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type Importer, type ImportSession, type RecordOutcome, sentByApi } from '../../ledger/record.ts';
import { apiSource } from '../../lib/api-source.ts';
import { type ReadResult, type RecordFace, valuesOf } from '../../lib/problems.ts';
import type { IngestResult } from './ingest-result.ts';
import { ReadRecord } from './record-blocks.ts';
import { insertRejectedRecords, type NewRejectedRecord } from './reject-groups.ts';

/** A record in its wire format: parsed into a value, or refused with problems. */
export type ParsedRecord = {
  readonly raw: string;
  /** Where it begins in the text that was sent, if in one. */
  readonly line?: number | undefined;
} & (
  | { readonly value: unknown; readonly problems?: never }
  | { readonly value?: never; readonly problems: FieldProblem[] }
);

export type RawRecord = ParsedRecord | ReadRecord;

/** How to read records of type `T` into those of an importer, and what to store of those that are rejected. */
export interface WireFormat<R, T> {
  read(record: T): ReadResult<R>;
  rawOf(record: T): string;
  sentBy(record: T): string | null;
  /** The request that all records come in, when it needs several transactions. */
  readonly requestId?: number | undefined;
  /** The names in problems; default: those of the wire format. */
  readonly face?: RecordFace | undefined;
  /** How many rejects may be stored, conflicts included; absent for any number. */
  readonly rejectsMax?: number | undefined;
}

/**
 * Ingests records of the API in a transaction, each validated alone; rejects and conflicts are stored with their text. It ends
 * before the record that would be one reject more than `rejectsMax`: the result has the outcomes of those before it.
 */
export const ingestRecords = <R, T>(
  tx: Tx,
  importer: Importer<R>,
  records: readonly T[],
  format: WireFormat<R, T>,
): IngestResult => ingestSome(tx, { importer, session: sessionOf(importer, format), format }, records);

const sessionOf = <R, T>(importer: Importer<R>, { face }: WireFormat<R, T>): ImportSession<R> =>
  importer.begin({ id: 0, digest: '', isRepeat: false, face });

interface Ingestion<R, T> {
  readonly importer: Importer<R>;
  readonly session: ImportSession<R>;
  readonly format: WireFormat<R, T>;
}

const ingestSome = <R, T>(
  tx: Tx,
  { importer, session, format: { read, rawOf, sentBy, requestId, rejectsMax } }: Ingestion<R, T>,
  records: readonly T[],
): IngestResult => {
  const outcomes: RecordOutcome[] = [];
  const rejects: NewRejectedRecord[] = [];
  const results = records.map(read);
  const { table, lookup } = importer.storedIn;
  tx.announce(table, lookup, valuesOf(results) as object[]);
  let origin = sentByApi(null, requestId);
  for (let index = 0; index < records.length; index++) {
    const record = records[index] as T;
    const sender = sentBy(record);
    const { value, problems } = results[index] as ReadResult<R>;
    if (sender !== origin.sentBy) origin = sentByApi(sender, requestId);
    const outcome: RecordOutcome = problems ? { kind: 'REJECTED', problems } : session.record(tx, value as R, origin);
    if (outcome.kind === 'REJECTED' || outcome.kind === 'CONFLICT') {
      if (rejects.length === rejectsMax) break;
      const refused = { target: importer.target.name, source: apiSource(sender), importId: null, line: null };
      rejects.push({ ...refused, raw: rawOf(record), problems: outcome.problems });
    }
    outcomes.push(outcome);
  }
  return { outcomes, rejectedIds: insertRejectedRecords(tx, rejects) };
};

/** Records of one step, after which others may run. */
const recordsPerStep = 250;

/**
 * The same in steps, for records that are stored as a whole. Throws LIMIT_EXCEEDED for more rejects than a request may store.
 */
export function* ingestWhole<R, T>(
  tx: Tx,
  importer: Importer<R>,
  records: readonly T[],
  format: WireFormat<R, T>,
): Generator<void, IngestResult> {
  const session = sessionOf(importer, format);
  const { rejectsMax = Number.POSITIVE_INFINITY } = format;
  const outcomes: RecordOutcome[] = [];
  const rejectedIds: number[] = [];
  for (let from = 0; from < records.length; from += recordsPerStep) {
    const some = records.slice(from, from + recordsPerStep);
    const left = { ...format, rejectsMax: rejectsMax - rejectedIds.length };
    const result = ingestSome(tx, { importer, session, format: left }, some);
    outcomes.push(...result.outcomes);
    rejectedIds.push(...result.rejectedIds);
    if (result.outcomes.length < some.length) throw tooManyRejects(rejectsMax, outcomes.length);
    yield;
  }
  return { outcomes, rejectedIds };
}

const tooManyRejects = (rejectsMax: number, index: number): DomainError =>
  new DomainError(
    'LIMIT_EXCEEDED',
    `a request may store ${rejectsMax} rejects (setting rejectsPerRequestMax), and the record with index ${index} would be one more: nothing was stored`,
  );

/** Stores records as a whole by work in steps: few of them share a transaction with others, which costs less. */
export const writeWhole = (
  ledger: Pick<Ledger, 'write' | 'writeInSteps'>,
  { length }: { readonly length: number },
  steps: (tx: Tx) => Generator<void, IngestResult>,
): Promise<IngestResult> =>
  length > recordsPerStep ? ledger.writeInSteps(steps) : ledger.write((tx) => lastOf(steps(tx)));

const lastOf = <R>(steps: Generator<void, R>): R => {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
};

/** The wire format of raw records that one key sent. */
export const rawFormat = <R>(
  importer: Importer<R>,
  sentBy: string | null,
  face?: RecordFace,
): WireFormat<R, RawRecord> => ({
  read: (record) => {
    if (record.problems) return { problems: record.problems };
    return record instanceof ReadRecord ? { value: record.read as R } : importer.read(record.value, { face });
  },
  rawOf: ({ raw }) => raw,
  sentBy: () => sentBy,
  face,
});
