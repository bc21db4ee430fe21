import { growableFloat64, growableUint32 } from '../../indices/growable.ts';
import { createNumberTable } from '../../indices/number-table.ts';
import { PackedColumn } from '../../indices/packed-column.ts';
import type { StateColumns } from '../../indices/state-columns.ts';
import type { OpenRequests } from '../../ledger/open-requests.ts';

/** The origin of an event, as it is stored. */
export interface EventOrigin {
  readonly importId: number | null;
  readonly requestId: number | null;
  readonly recordedAtUs: number;
}

/** The code of no batch: the event arrived with its transaction. */
export const noBatch = 0;

export interface BatchServices {
  /** When an import ended, microseconds; null while it runs. */
  readonly importEnds: (importId: number) => number | null;
  readonly openRequests: Pick<OpenRequests, 'isOpen'>;
}

/**
 * The batch in which each event arrived: an import, or a request with many events. Both are stored in several
 * transactions, in an order that says nothing about time.
 */
export class ArrivalBatches {
  readonly #services: BatchServices;
  readonly #codes = createNumberTable();
  /** By code: twice the id of an import, or twice that of a request and one. */
  readonly #keys = growableFloat64();
  /** By code. */
  readonly #lastRows = growableUint32();
  /** The origin of the last row with one, and its batch. */
  #last: EventOrigin & { readonly batch: number } = {
    importId: null,
    requestId: null,
    recordedAtUs: 0,
    batch: noBatch,
  };
  /** By row. */
  readonly #batches = new PackedColumn();

  constructor(services: BatchServices) {
    this.#services = services;
    this.#codeOf(0);
  }

  push({ importId, requestId, recordedAtUs }: EventOrigin): void {
    if (importId === null && requestId === null) {
      this.#batches.push(noBatch);
      return;
    }
    const isSame = importId === this.#last.importId && requestId === this.#last.requestId;
    // The end of an import is a statement: once for each transaction.
    if (!isSame || recordedAtUs !== this.#last.recordedAtUs)
      this.#last = { importId, requestId, recordedAtUs, batch: this.#batchOf(importId, requestId, recordedAtUs) };
    const { batch } = this.#last;
    const row = this.#batches.push(batch);
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
    const key = this.#keys.values[batch] as number;
    const id = Math.floor(key / 2);
    if (batch === noBatch) return false;
    return key % 2 === 1 ? this.#services.openRequests.isOpen(id) : this.#services.importEnds(id) === null;
  }

  exchange(columns: StateColumns): void {
    this.#keys.exchange(columns, 'keys');
    this.#lastRows.exchange(columns, 'lastRows');
    this.#batches.exchange(columns, 'batches');
    // They have these codes already, unless the keys are from a file.
    for (let code = 0; code < this.#keys.length; code++) this.#codes.intern(this.#keys.values[code] as number);
  }

  get byteLength(): number {
    return this.#batches.byteLength + this.#keys.byteLength + this.#lastRows.byteLength;
  }

  #batchOf(importId: number | null, requestId: number | null, recordedAtUs: number): number {
    if (requestId !== null) return this.#codeOf(2 * requestId + 1);
    if (importId === null) return noBatch;
    // A corrected reject is stored after the end of its import, and arrives then.
    const endedAtUs = this.#services.importEnds(importId);
    return endedAtUs !== null && recordedAtUs > endedAtUs ? noBatch : this.#codeOf(2 * importId);
  }

  #codeOf(key: number): number {
    const code = this.#codes.intern(key);
    if (code < this.#keys.length) return code;
    this.#keys.push(key);
    this.#lastRows.push(0);
    return code;
  }
}
