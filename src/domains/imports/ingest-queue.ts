import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { OpenRequests } from '../../ledger/open-requests.ts';
import type { Importer, RecordOutcome } from '../../ledger/record.ts';
import { numberText, stringifyExact } from '../../lib/exact-json.ts';
import { preview } from '../../lib/problems.ts';
import { readOneRecord, readRecordStream } from '../../sources/record-stream.ts';
import type { SourceLimits } from '../../sources/source.ts';
import { type BatchKey, checkBatchKey, storeBatchOnce } from './idempotency.ts';
import {
  ingestRecords,
  ingestWhole,
  type ParsedRecord,
  type RawRecord,
  rawFormat,
  type WireFormat,
  writeWhole,
} from './ingest-records.ts';
import { IngestStream, retryWhileOverloaded } from './ingest-stream.ts';
import type { ReadingThread } from './reading-thread.ts';

/** An id that came beside a record, in a header, and the field of the record that it stands for. */
export interface OuterId {
  readonly field: string;
  /** The name of the header, for messages. */
  readonly origin: string;
  readonly id: string;
}

export interface IngestQueueServices {
  readonly ledger: Pick<Ledger, 'write' | 'writeInSteps' | 'writeShared' | 'catchUp' | 'ready'>;
  readonly openRequests: OpenRequests;
  readonly importer: Importer;
  readonly limits: SourceLimits & IngestLimits;
  /** Reads long bodies in another thread; null where there is none. */
  readonly reading: ReadingThread | null;
}

/** The settings of the same names. */
interface IngestLimits {
  readonly writeQueueMax: number;
  readonly bodyBytesMax: number;
  readonly rejectsPerRequestMax: number;
  readonly idempotencyKeyMs: number;
}

/** Receives the names of fields of an envelope that were not used. */
type OnIgnored = (names: readonly string[]) => void;

interface QueuedRecord {
  readonly record: ParsedRecord;
  readonly sentBy: string | null;
  readonly resolve: (outcome: RecordOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Records of clients on their way into the ledger. Pending single records share one write, because a write for
 * each of them costs more than the record.
 */
export class IngestQueue {
  readonly #services: IngestQueueServices;
  readonly #format: WireFormat<unknown, QueuedRecord>;
  /** Records that are not part of a transaction yet. */
  readonly #pending: QueuedRecord[] = [];
  #unanswered = 0;

  constructor(services: IngestQueueServices) {
    const { importer } = services;
    this.#services = services;
    this.#format = {
      read: ({ record: { value, problems } }) => (problems ? { problems } : importer.read(value, {})),
      rawOf: ({ record }) => record.raw,
      sentBy: ({ sentBy }) => sentBy,
    };
  }

  /** Ingests one record of JSON. Throws OVERLOADED when `writeQueueMax` records wait already; nothing is stored then. */
  receiveOne(bytes: Buffer, sentBy: string | null, outerId: OuterId | null): Promise<RecordOutcome> {
    const { recordBytesMax, writeQueueMax } = this.#services.limits;
    return new Promise((resolve, reject) => {
      if (this.#unanswered >= writeQueueMax) return reject(overloaded(this.#unanswered));
      const record = readOneRecord(bytes, recordBytesMax);
      this.#unanswered++;
      this.#pending.push({ record: outerId ? withId(record, outerId) : record, sentBy, resolve, reject });
      if (this.#pending.length === 1) void this.#writePending();
    });
  }

  /**
   * Ingests the records of a stream, JSON Lines, a JSON array or an envelope, each validated alone, and yields their outcomes
   * batch by batch in order. It waits while the write queue is full, and reads no faster than its outcomes are read.
   */
  async *receiveStream(
    chunks: AsyncIterable<Uint8Array>,
    sentBy: string | null,
    onIgnored: OnIgnored,
  ): AsyncGenerator<readonly RecordOutcome[]> {
    const { openRequests, ledger } = this.#services;
    const requestId = openRequests.begin();
    try {
      yield* new IngestStream(this.#services, { sentBy, requestId }).outcomesOf(this.#read(chunks, onIgnored));
    } finally {
      openRequests.end(requestId);
      // What counts only with its whole request counts from now on.
      if (ledger.ready) await ledger.catchUp();
    }
  }

  /**
   * Ingests the records of a body at once and with the key of its sender: the same body again has the same outcomes, and
   * nothing is stored. Throws VALIDATION_FAILED for a key that is known for another body.
   */
  async receiveBatch(
    body: Buffer,
    key: Omit<BatchKey, 'content'>,
    onIgnored: OnIgnored,
  ): Promise<readonly RecordOutcome[]> {
    const { ledger, importer, limits } = this.#services;
    checkBatchKey(key);
    const records: RawRecord[] = [];
    // One by one: an argument for each of a million records is too many.
    for await (const some of this.#read(piecesOf(body), onIgnored)) for (const record of some) records.push(record);
    const format = { ...rawFormat(importer, key.sentBy), rejectsMax: limits.rejectsPerRequestMax };
    const { outcomes } = await retryWhileOverloaded(() =>
      writeWhole(ledger, records, (tx) =>
        storeBatchOnce(tx, { ...key, content: body }, limits.idempotencyKeyMs, () =>
          ingestWhole(tx, importer, records, format),
        ),
      ),
    );
    return outcomes;
  }

  async *#read(chunks: AsyncIterable<Uint8Array>, onIgnored: OnIgnored): AsyncGenerator<readonly RawRecord[]> {
    const { importer, limits, reading } = this.#services;
    const { recordBytesMax, bodyBytesMax } = limits;
    const iterator = chunks[Symbol.asyncIterator]();
    const first = await iterator.next();
    const all = withFirst(first, iterator);
    if (!first.done && first.value.byteLength >= threadBytesMin && reading?.isAvailable)
      yield* reading.read(all, onIgnored);
    else yield* readRecordStream(all, { recordBytesMax, bodyBytesMax, envelope: importer.shape.envelope, onIgnored });
  }

  /** Writes all records that arrive before the transaction begins. */
  async #writePending(): Promise<void> {
    const { ledger, importer } = this.#services;
    let batch = undefined as readonly QueuedRecord[] | undefined;
    try {
      const { outcomes } = await ledger.write((tx) => {
        batch = this.#dequeue();
        return ingestRecords(tx, importer, batch, this.#format);
      });
      this.#settle(batch ?? [], outcomes);
    } catch (error) {
      // A write refused before its transaction began fails for the records that wait by now.
      await this.#fail(batch ?? this.#dequeue(), error);
    }
  }

  #dequeue(): readonly QueuedRecord[] {
    const batch = this.#pending.splice(0, this.#services.limits.batchRecords);
    if (this.#pending.length > 0) void this.#writePending();
    return batch;
  }

  #settle(batch: readonly QueuedRecord[], outcomes: readonly RecordOutcome[]): void {
    this.#unanswered -= batch.length;
    for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as RecordOutcome);
  }

  async #fail(batch: readonly QueuedRecord[], error: unknown): Promise<void> {
    // A bug that one record triggers must not fail the others: each is written again, alone.
    if (batch.length > 1 && !(error instanceof DomainError)) {
      for (const record of batch) await this.#writeAlone(record);
      return;
    }
    this.#unanswered -= batch.length;
    for (const { reject } of batch) reject(error);
  }

  async #writeAlone(record: QueuedRecord): Promise<void> {
    const { ledger, importer } = this.#services;
    try {
      const { outcomes } = await ledger.write((tx) => ingestRecords(tx, importer, [record], this.#format));
      this.#settle([record], outcomes);
    } catch (error) {
      await this.#fail([record], error);
    }
  }
}

const overloaded = (count: number): DomainError =>
  new DomainError('OVERLOADED', `${count} records are waiting already; nothing was stored (setting writeQueueMax)`, {
    details: { retryAfterMs: 1000 },
  });

const withId = (record: ParsedRecord, { field, origin, id }: OuterId): ParsedRecord => {
  if (record.problems) return record;
  const value = record.value as Readonly<Record<string, unknown>>;
  const own = value[field] ?? '';
  // A reject is stored with the id, so that it is still known when the record is retried.
  if (own === '') {
    const complete = { ...value, [field]: id };
    return { raw: stringifyExact(complete), value: complete };
  }
  if (own === id || numberText(own) === id) return record;
  const message = `${field} is ${preview(own)}, but ${origin} is ${preview(id)}`;
  const problems: FieldProblem[] = [{ path: field, code: 'CONFLICT', message }];
  return { raw: record.raw, problems };
};

/** A body whose first chunk is shorter is short, or comes slowly: to exchange it with a thread would take longer. */
const threadBytesMin = 16 * 1024;

/** All chunks, of which the first one was read. */
async function* withFirst(
  first: IteratorResult<Uint8Array>,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

const pieceBytes = 64 * 1024;

/** A body in pieces, so that others may run while it is read. */
async function* piecesOf(body: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < body.length; from += pieceBytes) yield body.subarray(from, from + pieceBytes);
}
