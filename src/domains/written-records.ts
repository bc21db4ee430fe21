import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../errors.ts';
import { stringifyExact } from '../lib/exact-json.ts';
import { inBatches } from '../lib/in-batches.ts';
import { type FieldProblem, shown } from '../lib/problems.ts';
import { readOneRecord, readRecordStream } from '../sources/record-stream.ts';
import type { SourceLimits } from '../sources/source.ts';
import type { Intake, WrittenRecord } from './intake.ts';
import type { Importer, Outcome } from './recording.ts';

/** Where written records go, and how large they may be. */
export interface Destination {
  readonly intake: Intake;
  readonly importer: Importer;
  /** What rejects say about where they came from. */
  readonly source: string;
  readonly limits: SourceLimits;
}

/** An id that came beside a record, and the field of the record that it stands for. */
export interface OuterId {
  readonly field: string;
  /** What it came in, for messages. */
  readonly origin: string;
  readonly id: string;
}

/** Takes in one record of JSON; what cannot be read is kept among the rejects. Throws OVERLOADED when too much waits. */
export const receiveOne = async (
  { intake, importer, source, limits }: Destination,
  bytes: Buffer,
  outerId: OuterId | null,
): Promise<Outcome> => {
  const record = readOneRecord(bytes, limits.recordBytesMax);
  const { outcomes } = await intake.receiveWritten(importer, source, [outerId ? withId(record, outerId) : record]);
  return outcomes[0] as Outcome;
};

/**
 * Takes in the records of a text as it comes, JSON Lines or a JSON array, each judged alone, and tells what became of
 * them batch by batch and in order. It waits while the write queue is full, and reads no faster than it is listened to.
 */
export const receiveStream = (
  { intake, importer, source, limits }: Destination,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Outcome[]> =>
  inBatches<WrittenRecord, readonly Outcome[]>(readRecordStream(chunks, limits.recordBytesMax), {
    // Of long records fewer make a batch, or it would take any amount of memory.
    shareOf: ({ raw }) => 1 / limits.batchRecords + raw.length / limits.recordBytesMax,
    async work(batch) {
      const { outcomes } = await withPatience(() => intake.receiveWritten(importer, source, batch));
      return outcomes;
    },
  });

const withId = (record: WrittenRecord, { field, origin, id }: OuterId): WrittenRecord => {
  if (record.problems) return record;
  const value = record.value as Readonly<Record<string, unknown>>;
  const own = value[field] ?? '';
  // Kept with its id, should it be rejected: what is taken in later must still know it.
  if (own === '') return writtenOf({ ...value, [field]: id });
  if (own === id || String(own) === id) return record;
  const message = `${field} is ${shown(own)}, but ${origin} is ${shown(id)}`;
  const problems: FieldProblem[] = [{ path: field, code: 'CONFLICT', message }];
  return { raw: record.raw, problems };
};

const writtenOf = (value: unknown): WrittenRecord => ({
  value,
  get raw() {
    return stringifyExact(value);
  },
});

const roomPollMs = 50;

/** Tries again for as long as the queue has no room; nothing is stored by a try that finds none. */
const withPatience = async <R>(work: () => Promise<R>): Promise<R> => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'OVERLOADED')) throw error;
      await delay(roomPollMs);
    }
  }
};
