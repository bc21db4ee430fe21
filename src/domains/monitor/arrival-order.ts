import type { NumberColumn } from '../../indices/number-column.ts';
import { PackedColumn } from '../../indices/packed-column.ts';
import { sortInSlices } from '../../indices/sliced-sort.ts';
import { noBatch } from '../experiments/batch-keys.ts';
import type { EventColumns } from '../experiments/event-columns.ts';
import type { FactColumns } from '../facts/memory/columns.ts';

export interface OrderSources {
  readonly columns: FactColumns;
  readonly events: Pick<EventColumns, 'batches' | 'recordedAtUsOf'>;
  /** The rows to put in order, in the order of the ledger. Append-only. */
  readonly rows: Pick<NumberColumn, 'length' | 'at'>;
}

/** Rows that arrived together. */
interface Group {
  readonly batch: number;
  readonly rows: number[];
  /** The last row that arrived with them, also of another experiment. */
  lastRow: number;
}

/**
 * The events of one experiment in the order in which they are judged: batch after batch as they arrived, and within a batch
 * by their own time. A batch is an import, a request with many events, or a transaction: the order of its rows says
 * nothing. A batch counts when it is complete. Of batches that end with the same transaction, the events that arrived in no
 * other batch than that are the last ones.
 */
export class ArrivalOrder {
  readonly #sources: OrderSources;
  #rows = new PackedColumn();
  #looks = new PackedColumn();
  #revision = 0;
  /** The next of the source rows. */
  #position = 0;
  #transaction: Group | null = null;
  readonly #open = new Map<number, Group>();
  #sorting: Generator<void, Uint32Array> | null = null;
  /** Sorted rows that are being appended, from an index on. */
  #appending: { readonly rows: ArrayLike<number>; from: number } | null = null;
  /** The rank of the group that was appended last. */
  #lastRank = -1;

  constructor(sources: OrderSources) {
    this.#sources = sources;
  }

  /** Changes when rows that were in order have moved: then all rows come again. Until then they are append-only. */
  get revision(): number {
    return this.#revision;
  }

  get length(): number {
    return this.#rows.length;
  }

  rowAt(position: number): number {
    return this.#rows.at(position);
  }

  /** Whether the figures may be looked at after the row at a position: the next one has another time or batch. */
  isLookAt(position: number): boolean {
    return this.#looks.at(position) === 1;
  }

  /** Puts the next rows in order, about `rowsMax`. True when all rows of complete batches are. Whole transactions only. */
  advance(rowsMax: number): boolean {
    const { rows } = this.#sources;
    for (let budget = rowsMax; budget > 0; ) {
      if (this.#sorting) budget -= this.#sort(this.#sorting);
      else if (this.#appending) budget -= this.#appendSorted(this.#appending, budget);
      else {
        const next = this.#position < rows.length ? rows.at(this.#position) : Number.POSITIVE_INFINITY;
        const complete = this.#takeComplete(next);
        if (complete) this.#append(complete);
        else if (next === Number.POSITIVE_INFINITY) return true;
        else this.#add(next);
        budget--;
      }
    }
    return false;
  }

  #add(row: number): void {
    this.#position++;
    const batch = this.#sources.events.batches.batchOf(row);
    const group = batch === noBatch ? this.#transaction : this.#open.get(batch);
    if (group) group.rows.push(row);
    else if (batch !== noBatch) this.#open.set(batch, { batch, rows: [row], lastRow: row });
    else this.#transaction = { batch, rows: [row], lastRow: this.#lastOfTransaction(row) };
  }

  /** The last row of the transaction of a row, also of another experiment or batch. */
  #lastOfTransaction(row: number): number {
    const { columns, events } = this.#sources;
    const recordedAtUs = events.recordedAtUsOf(row);
    let last = row;
    while (last + 1 < columns.rows && events.recordedAtUsOf(last + 1) === recordedAtUs) last++;
    return last;
  }

  /** Removes and returns the group that ended first, of those that ended before a row. */
  #takeComplete(next: number): Group | null {
    const { batches } = this.#sources.events;
    let first: Group | null = null;
    for (const group of this.#open.values()) {
      group.lastRow = batches.lastRowOf(group.batch);
      if (group.lastRow >= next || batches.isOpen(group.batch)) continue;
      if (!first || group.lastRow < first.lastRow) first = group;
    }
    const transaction = this.#transaction;
    if (transaction && transaction.lastRow < next && (!first || rankOf(transaction) < rankOf(first)))
      first = transaction;
    if (first === transaction) this.#transaction = null;
    else if (first) this.#open.delete(first.batch);
    return first;
  }

  #append(group: Group): void {
    const { rows } = group;
    if (rankOf(group) < this.#lastRank) {
      this.#restart();
      return;
    }
    this.#lastRank = rankOf(group);
    if (rows.length === 1) this.#appending = { rows, from: 0 };
    else {
      const { occurredAtUsOf } = this.#sources.columns;
      this.#sorting = sortInSlices(Uint32Array.from(rows), (a, b) => occurredAtUsOf(a) - occurredAtUsOf(b));
    }
  }

  /** One step of sorting; returns about how many rows it went through. */
  #sort(sorting: Generator<void, Uint32Array>): number {
    const { done, value } = sorting.next();
    if (!done) return sortedPerStep;
    this.#sorting = null;
    this.#appending = { rows: value, from: 0 };
    return 0;
  }

  /** Appends at most `rowsMax` of sorted rows; returns how many. */
  #appendSorted({ rows, from }: { readonly rows: ArrayLike<number>; readonly from: number }, rowsMax: number): number {
    const { occurredAtUsOf } = this.#sources.columns;
    const end = Math.min(from + rowsMax, rows.length);
    for (let index = from; index < end; index++) {
      const row = rows[index] as number;
      const isLast = index === rows.length - 1;
      this.#rows.push(row);
      this.#looks.push(Number(isLast || occurredAtUsOf(rows[index + 1] as number) !== occurredAtUsOf(row)));
    }
    this.#appending = end === rows.length ? null : { rows, from: end };
    return end - from;
  }

  /** A long batch ended after others that began later: only from the start its place in the order is found. */
  #restart(): void {
    this.#rows = new PackedColumn();
    this.#looks = new PackedColumn();
    this.#open.clear();
    this.#transaction = null;
    this.#position = 0;
    this.#lastRank = -1;
    this.#revision++;
  }
}

/** Groups are in this order. */
const rankOf = ({ batch, lastRow }: Group): number => 2 * lastRow + Number(batch === noBatch);

const sortedPerStep = 4096;
