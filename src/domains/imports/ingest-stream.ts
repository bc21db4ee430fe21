import { setTimeout as delay } from 'node:timers/promises';
import type { Tx } from '../../../db/store.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Importer, RecordOutcome } from '../../ledger/record.ts';
import { inBatches } from '../../lib/in-batches.ts';
import { ingestRecords, type RawRecord, rawFormat } from './ingest-records.ts';
import { ReadRecord } from './record-blocks.ts';

export interface IngestStreamServices {
  readonly ledger: Pick<Ledger, 'writeShared'>;
  readonly importer: Importer;
  /** The settings of the same names. */
  readonly limits: {
    readonly recordBytesMax: number;
    readonly batchRecords: number;
    readonly rejectsPerRequestMax: number;
  };
}

/** The first record of a request that was not stored, because it would be one reject too many. */
interface Excess {
  readonly index: number;
  readonly line: number | undefined;
}

/** How far the records of a request are stored. */
interface Progress {
  /** So many batches: the one with this position is the next. */
  readonly batches: number;
  readonly stored: number;
  readonly rejects: number;
  readonly excess: Excess | null;
}

/**
 * The records of one request, which are stored in several transactions, in their order. Whatever ends it early, its error says
 * what became of the records before.
 */
export class IngestStream {
  readonly #services: IngestStreamServices;
  readonly #sender: { readonly sentBy: string | null; readonly requestId: number };
  /** Of the outcomes that were returned. */
  readonly #counts = { CREATED: 0, DUPLICATE: 0, CONFLICT: 0, REJECTED: 0 };
  #batches = 0;
  /** Replaced as a whole, so that it can be reverted with a transaction. */
  #progress: Progress = { batches: 0, stored: 0, rejects: 0, excess: null };
  /** Why a batch was not stored: none after it is. */
  #failure: { readonly error: unknown } | null = null;

  constructor(services: IngestStreamServices, sender: { readonly sentBy: string | null; readonly requestId: number }) {
    this.#services = services;
    this.#sender = sender;
  }

  /** Yields outcomes batch by batch. Throws LIMIT_EXCEEDED for more rejects than a request may store. */
  async *outcomesOf(records: AsyncIterable<readonly RawRecord[]>): AsyncGenerator<readonly RecordOutcome[]> {
    const { recordBytesMax, batchRecords } = this.#services.limits;
    try {
      const results = inBatches<RawRecord, readonly RecordOutcome[]>(records, {
        // Fewer long records make a batch, otherwise it would take any amount of memory.
        shareOf: (record) => 1 / batchRecords + sizeOf(record) / recordBytesMax,
        work: (batch) => this.#store(batch),
      });
      for await (const outcomes of results) {
        for (const { kind } of outcomes) this.#counts[kind]++;
        yield outcomes;
        this.#checkRejects();
      }
    } catch (error) {
      throw error instanceof DomainError ? this.#withCounts(error) : error;
    }
  }

  async #store(batch: readonly RawRecord[]): Promise<readonly RecordOutcome[]> {
    const position = this.#batches++;
    try {
      return await retryWhileOverloaded(async () => {
        let before = this.#progress;
        const outcomes = await this.#services.ledger.writeShared(
          (tx) => {
            before = this.#progress;
            return this.#append(tx, batch, position);
          },
          () => {
            this.#progress = before;
          },
        );
        if (outcomes) return outcomes;
        throw this.#failure?.error ?? new DomainError('OVERLOADED', 'an earlier batch of the request waits');
      });
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  /** Null when it is not the turn of the batch, or never will be. It throws nothing by itself, because others share the transaction. */
  #append(tx: Tx, batch: readonly RawRecord[], position: number): readonly RecordOutcome[] | null {
    const { batches, stored, rejects, excess } = this.#progress;
    if (this.#failure || position !== batches) return null;
    if (excess) return [];
    const { importer, limits } = this.#services;
    const { sentBy, requestId } = this.#sender;
    const rejectsMax = limits.rejectsPerRequestMax - rejects;
    const format = { ...rawFormat(importer, sentBy), requestId, rejectsMax };
    const { outcomes, rejectedIds } = ingestRecords(tx, importer, batch, format);
    const next = batch[outcomes.length];
    this.#progress = {
      batches: batches + 1,
      stored: stored + outcomes.length,
      rejects: rejects + rejectedIds.length,
      excess: next ? { index: stored + outcomes.length, line: next.line } : null,
    };
    return outcomes;
  }

  get #returned(): number {
    const { CREATED, DUPLICATE, CONFLICT, REJECTED } = this.#counts;
    return CREATED + DUPLICATE + CONFLICT + REJECTED;
  }

  /** Throws once the outcomes of all records before the excess have been returned. */
  #checkRejects(): void {
    const { excess } = this.#progress;
    if (!excess || this.#returned < excess.index) return;
    const { index, line } = excess;
    const record = `the record with index ${index}${line === undefined ? '' : ` (line ${line})`}`;
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `a request may store ${this.#services.limits.rejectsPerRequestMax} rejects (setting rejectsPerRequestMax), and ${record} would be one more: it and all records after it were not stored`,
    );
  }

  #withCounts({ code, message, problems, details, cause }: DomainError): DomainError {
    if (this.#returned === 0) return new DomainError(code, message, { problems, details, cause });
    const { CREATED, DUPLICATE, CONFLICT, REJECTED } = this.#counts;
    const counts = `${CREATED} created, ${DUPLICATE} duplicates, ${CONFLICT} conflicts, ${REJECTED} rejected`;
    return new DomainError(code, `${message}; of the ${this.#returned} records before: ${counts}`, {
      ...{ problems, details },
      cause,
    });
  }
}

const sizeOf = (record: RawRecord): number => (record instanceof ReadRecord ? record.size : record.raw.length);

const retryMs = 50;

/** Retries while the write queue is full; an attempt that is refused stores nothing. */
export const retryWhileOverloaded = async <R>(work: () => Promise<R>): Promise<R> => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'OVERLOADED')) throw error;
      await delay(retryMs);
    }
  }
};
