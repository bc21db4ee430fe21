import { growableFloat64, growableUint32 } from '../../indices/growable.ts';
import { createNumberTable } from '../../indices/number-table.ts';
import { PackedColumn } from '../../indices/packed-column.ts';
import type { StateColumns } from '../../indices/state-columns.ts';
import type { OpenRequests } from '../../ledger/open-requests.ts';
import { createBatchKeys, type EventOrigin, type ImportEnds, noBatch, sourceOfBatch } from './batch-keys.ts';

/** Keys that are interned in one step: half a millisecond. */
const keysPerStep = 4096;

export interface BatchServices {
  readonly importEnds: ImportEnds;
  readonly openRequests: Pick<OpenRequests, 'isOpen'>;
}

/** The origins of events that follow each other; NaN stands for null. */
export interface EventOrigins {
  readonly importIds: Float64Array;
  readonly requestIds: Float64Array;
  readonly recordedAtUs: Float64Array;
}

/**
 * The batch in which each event arrived: an import, or a request with many events. Both are stored in several
 * transactions, in an order that says nothing about time.
 */
export class ArrivalBatches {
  readonly #services: BatchServices;
  readonly #codes = createNumberTable();
  /** By code, see `createBatchKeys`. */
  readonly #keys = growableFloat64();
  /** By code. */
  readonly #lastRows = growableUint32();
  readonly #keyOf: (origin: EventOrigin) => number;
  /** By row. */
  readonly #batches = new PackedColumn();

  constructor(services: BatchServices) {
    this.#services = services;
    this.#keyOf = createBatchKeys(services.importEnds);
    this.#codeOf(noBatch);
  }

  /** Adds the batches of events from an index on. */
  pushAll({ importIds, requestIds, recordedAtUs }: EventOrigins, from: number): void {
    const { length } = recordedAtUs;
    for (let first = from; first < length; ) {
      let end = first + 1;
      while (
        end < length &&
        recordedAtUs[end] === recordedAtUs[first] &&
        Object.is(importIds[end], importIds[first]) &&
        Object.is(requestIds[end], requestIds[first])
      )
        end++;
      this.#pushSome(
        {
          importId: orNull(importIds[first] as number),
          requestId: orNull(requestIds[first] as number),
          recordedAtUs: recordedAtUs[first] as number,
        },
        end - first,
      );
      first = end;
    }
  }

  #pushSome(origin: EventOrigin, count: number): void {
    const batch = this.#codeOf(this.#keyOf(origin));
    let row = -1;
    for (let index = 0; index < count; index++) row = this.#batches.push(batch);
    if (batch !== noBatch) this.#lastRows.set(batch, row);
  }

  /** `noBatch` for an event that arrived alone, or in one transaction. */
  batchOf(row: number): number {
    return this.#batches.at(row);
  }

  /** The last row of a batch so far. */
  lastRowOf(batch: number): number {
    return this.#lastRows.values[batch] as number;
  }

  /** Whether more events of a batch can come. */
  isOpen(batch: number): boolean {
    return batch !== noBatch && this.#isOpenKey(this.#keys.values[batch] as number);
  }

  /** The keys of the batches of which more events can come. */
  openKeys(): number[] {
    const keys = Array.from({ length: this.#keys.length }, (_, code) => this.#keys.values[code] as number);
    return keys.filter((_, code) => this.isOpen(code));
  }

  #isOpenKey(key: number): boolean {
    const source = sourceOfBatch(key);
    return 'requestId' in source
      ? this.#services.openRequests.isOpen(source.requestId)
      : this.#services.importEnds(source.importId) === null;
  }

  exchange(columns: StateColumns): void {
    this.#keys.exchange(columns, 'keys');
    this.#lastRows.exchange(columns, 'lastRows', true);
    this.#batches.exchange(columns, 'batches');
    columns.afterwards(() => this.#internKeys());
  }

  /** Gives the keys from a file the codes that they have there. */
  *#internKeys(): Generator<void, void> {
    for (let code = 0; code < this.#keys.length; code++) {
      this.#codes.intern(this.#keys.at(code));
      if (code % keysPerStep === 0) yield;
    }
  }

  get byteLength(): number {
    return this.#batches.byteLength + this.#keys.byteLength + this.#lastRows.byteLength;
  }

  #codeOf(key: number): number {
    const code = this.#codes.intern(key);
    if (code < this.#keys.length) return code;
    this.#keys.push(key);
    this.#lastRows.push(0);
    return code;
  }
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
