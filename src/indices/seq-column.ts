import { grownCapacity } from './growable.ts';
import { SeqArray } from './seq-array.ts';

/** A column of sequence numbers that grows by half when it is full: 4 bytes each while they are within 2^32 of the first. */
export class SeqColumn {
  readonly #seqs = new SeqArray(0);
  #length = 0;

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
    if (position === this.#seqs.capacity) this.#seqs.resize(grownCapacity(position, position + 1));
    this.#seqs.set(position, seq);
    this.#length = position + 1;
    return position;
  }

  /** The number at a position below `length`. */
  at(position: number): number {
    return this.#seqs.at(position);
  }

  /** Overwrites a number; throws RangeError at or beyond `length`. */
  set(position: number, seq: number): void {
    if (!(position >= 0 && position < this.#length))
      throw new RangeError(`position ${position} is not below ${this.#length}`);
    this.#seqs.set(position, seq);
  }

  /** How many numbers are at or below `bound`, in a column whose numbers ascend. */
  upperBound(bound: number): number {
    return this.#seqs.upperBound(bound, 0, this.#length);
  }

  /** Releases spare capacity. */
  trim(): void {
    if (this.#length < this.#seqs.capacity) this.#seqs.resize(this.#length);
  }
}
