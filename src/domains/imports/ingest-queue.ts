import { setTimeout as delay } from 'node:timers/promises';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Importer, RecordOutcome } from '../../ledger/record.ts';
import { numberText, stringifyExact } from '../../lib/exact-json.ts';
import { inBatches } from '../../lib/in-batches.ts';
import { preview } from '../../lib/problems.ts';
import { readOneRecord, readRecordStream } from '../../sources/record-stream.ts';
import type { SourceLimits } from '../../sources/source.ts';
import type { Imports, RawRecord } from './imports.ts';

/** Where written records go, and how large and how many they may be. */
export interface Destination {
  readonly imports: Imports;
  readonly importer: Importer;
  readonly limits: SourceLimits & { readonly writeQueueMax: number };
}

/** An id that came beside a record, and the field of the record that it stands for. */
export interface OuterId {
  readonly field: string;
  /** What it came in, for messages. */
  readonly origin: string;
  readonly id: string;
}

/** Takes in records as clients write them; what cannot be read is kept among the rejects. */
export interface IngestQueue {
  /** One record of JSON, sent with this key. Throws OVERLOADED when `writeQueueMax` wait already; nothing is stored then. */
  receiveOne(bytes: Buffer, sentBy: string | null, outerId: OuterId | null): Promise<RecordOutcome>;
  /**
   * The records of a text as it comes, JSON Lines or a JSON array, each judged alone: tells what became of them batch by
   * batch and in order. It waits while the write queue is full, and reads no faster than it is listened to.
   */
  receiveStream(chunks: AsyncIterable<Uint8Array>, sentBy: string | null): AsyncGenerator<readonly RecordOutcome[]>;
}

interface Waiting {
  readonly record: RawRecord;
  readonly sentBy: string | null;
  readonly resolve: (outcome: RecordOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export const createIngestQueue = ({ imports, importer, limits }: Destination): IngestQueue => {
  const { recordBytesMax, batchRecords, writeQueueMax } = limits;
  const waiting: Waiting[] = [];
  let unanswered = 0;

  /** Judges one group of waiting records; `take` is called once their transaction has begun. */
  const receiveGroup = async (take: () => readonly Waiting[]): Promise<void> => {
    let group: readonly Waiting[] = [];
    try {
      const recordsOf = () => {
        group = take();
        return group.map(({ record }) => record);
      };
      const { outcomes } = await imports.ingestRaw(importer, recordsOf, (place) => group[place]?.sentBy ?? null);
      unanswered -= group.length;
      for (const [place, { resolve }] of group.entries()) resolve(outcomes[place] as RecordOutcome);
    } catch (error) {
      // Refused before its turn: then it is those who wait by now.
      if (group.length === 0) group = take();
      // A bug that one record brings up must not be the others' fault.
      if (group.length > 1 && !(error instanceof DomainError)) {
        for (const each of group) await receiveGroup(() => [each]);
        return;
      }
      unanswered -= group.length;
      for (const { reject } of group) reject(error);
    }
  };

  /** Whatever has come until the transaction begins shares it as one piece of work: one a record costs more than the record. */
  const takeWaiting = (): readonly Waiting[] => {
    const group = waiting.splice(0, batchRecords);
    if (waiting.length > 0) void receiveGroup(takeWaiting);
    return group;
  };

  return {
    receiveOne: (bytes, sentBy, outerId) =>
      new Promise((resolve, reject) => {
        if (unanswered >= writeQueueMax) return reject(overloaded(unanswered));
        const record = readOneRecord(bytes, recordBytesMax);
        unanswered++;
        waiting.push({ record: outerId ? withId(record, outerId) : record, sentBy, resolve, reject });
        if (waiting.length === 1) void receiveGroup(takeWaiting);
      }),
    receiveStream: (chunks, sentBy) =>
      inBatches<RawRecord, readonly RecordOutcome[]>(readRecordStream(chunks, recordBytesMax), {
        // Of long records fewer make a batch, or it would take any amount of memory.
        shareOf: ({ raw }) => 1 / batchRecords + raw.length / recordBytesMax,
        work: (batch) => {
          const receive = () =>
            imports.ingestRaw(
              importer,
              () => batch,
              () => sentBy,
            );
          return withPatience(async () => (await receive()).outcomes);
        },
      }),
  };
};

const overloaded = (count: number): DomainError =>
  new DomainError('OVERLOADED', `${count} records wait already; nothing was stored (setting writeQueueMax)`, {
    details: { retryAfterMs: 1000 },
  });

const withId = (record: RawRecord, { field, origin, id }: OuterId): RawRecord => {
  if (record.problems) return record;
  const value = record.value as Readonly<Record<string, unknown>>;
  const own = value[field] ?? '';
  // Kept with its id, should it be rejected: what is taken in later must still know it.
  if (own === '') {
    const whole = { ...value, [field]: id };
    return { raw: stringifyExact(whole), value: whole };
  }
  if (own === id || numberText(own) === id) return record;
  const message = `${field} is ${preview(own)}, but ${origin} is ${preview(id)}`;
  const problems: FieldProblem[] = [{ path: field, code: 'CONFLICT', message }];
  return { raw: record.raw, problems };
};

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
