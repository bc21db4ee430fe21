import { trimmedCapacity } from './gradual-growth.ts';
import type { NumberArray } from './number-column.ts';
import { SeqArray } from './seq-array.ts';
import type { StateColumns } from './state-columns.ts';

/** A column of sequence numbers that grows by half when it is full: 4 bytes each while they are within 2^32 of the first. */
export class SeqColumn {
  readonly #seqs = new SeqArray(0);
  #length = 0;
  /** The numbers below this position are being written to a file. */
  #shared = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes allocated, spare capacity included. */
  get byteLength(): number {
    return this.#seqs.byteLength;
  }

  /** Appends a sequence number, or `noSeq`, and returns its position. */
  push(seq: number): number {
    const position = this.#length;
    if (position >= this.#seqs.dueAt) this.#reserve(position + 1);
    this.#seqs.set(position, seq);
    this.#length = position + 1;
    return position;
  }

  pushAll(seqs: NumberArray): void {
    const end = this.#length + seqs.length;
    if (end > this.#seqs.dueAt) this.#reserve(end);
    for (let index = 0; index < seqs.length; index++) this.#seqs.set(this.#length + index, seqs[index] as number);
    this.#length = end;
  }

  /** The number at a position below `length`. */
  at(position: number): number {
    return this.#seqs.at(position);
  }

  /** Overwrites a number; throws RangeError at or beyond `length`. */
  set(position: number, seq: number): void {
    if (!(position >= 0 && position < this.#length))
      throw new RangeError(`position ${position} is not below ${this.#length}`);
    if (position < this.#shared) {
      this.#seqs.detach();
      this.#shared = 0;
    }
    this.#seqs.set(position, seq);
  }

  /** How many numbers are at or below `bound`, in a column whose numbers ascend. */
  upperBound(bound: number): number {
    return this.#seqs.upperBound(bound, 0, this.#length);
  }

  /** Releases spare capacity as a growable array does. */
  *trimInSteps(): Generator<void, void> {
    const capacity = trimmedCapacity(this.#length, this.#seqs.bytesPerSeq);
    if (capacity >= this.#seqs.capacity) return;
    yield* this.#seqs.resizeInSteps(this.#length, capacity);
    this.#shared = 0;
  }

  /** Writes or loads the numbers; `isChanging` when `set` changes old ones again and again. */
  exchange(columns: StateColumns, name: string, isChanging = false): void {
    const length = this.#seqs.exchange(columns.within(name), { length: this.#length, isChanging });
    this.#shared = length === undefined && !isChanging ? this.#length : 0;
    this.#length = length ?? this.#length;
  }

  #reserve(needed: number): void {
    if (this.#seqs.reserve(this.#length, needed)) this.#shared = 0;
  }
}
