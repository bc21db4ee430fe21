import { capacityFor, grownCapacity } from './growable.ts';
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
    if (position === this.#seqs.capacity) this.#resize(grownCapacity(position, position + 1));
    this.#seqs.set(position, seq);
    this.#length = position + 1;
    return position;
  }

  pushAll(seqs: NumberArray): void {
    const end = this.#length + seqs.length;
    if (end > this.#seqs.capacity) this.#resize(capacityFor(this.#seqs.capacity, end));
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

  /** Releases spare capacity in short steps; nothing may be added or set until the last one. */
  *trimInSteps(): Generator<void, void> {
    if (this.#length === this.#seqs.capacity) return;
    yield* this.#seqs.shrinkInSteps(this.#length);
    this.#shared = 0;
  }

  /** Writes or loads the numbers. */
  exchange(columns: StateColumns, name: string): void {
    const length = this.#seqs.exchange(columns.within(name), { length: this.#length, isChanging: false });
    this.#shared = length === undefined ? this.#length : 0;
    this.#length = length ?? this.#length;
  }

  #resize(capacity: number): void {
    this.#seqs.resize(capacity);
    this.#shared = 0;
  }
}
