import { upperBound } from '../lib/upper-bound.ts';
import { copyInSteps } from './growable.ts';
import { capacityOf, type StateColumns, withSpare } from './state-columns.ts';

/** Stands for no sequence number; greater than all. */
export const noSeq = Number.POSITIVE_INFINITY;

/**
 * Sequence numbers, integers below 2^53, at positions below `capacity`. Each takes 4 bytes as the offset from the first one
 * that was set; a number that is less than the first, or 2^32 - 1 or more beyond it, moves all of them to 8 bytes.
 */
export class SeqArray {
  #base = Number.NaN;
  /** The offset that stands for `noSeq`. */
  #noOffset = 2 ** 32 - 1;
  #offsets: Uint32Array | Float64Array;

  constructor(capacity: number) {
    this.#offsets = new Uint32Array(capacity);
  }

  get capacity(): number {
    return this.#offsets.length;
  }

  get byteLength(): number {
    return this.#offsets.byteLength;
  }

  /** The number that was set at a position, or `noSeq`. */
  at(position: number): number {
    const offset = this.#offsets[position] as number;
    return offset === this.#noOffset ? noSeq : this.#base + offset;
  }

  /** Sets a position below `capacity` to a sequence number or `noSeq`. */
  set(position: number, seq: number): void {
    if (seq === noSeq) {
      this.#offsets[position] = this.#noOffset;
      return;
    }
    if (Number.isNaN(this.#base)) this.#base = seq;
    const offset = seq - this.#base;
    if (!(offset >= 0 && offset < this.#noOffset) && this.#offsets instanceof Uint32Array) this.#widen();
    this.#offsets[position] = offset;
  }

  /** The position after the last number at or below `bound`, in `[low, high)` of ascending numbers. */
  upperBound(bound: number, low: number, high: number): number {
    return upperBound(this.#offsets, bound - this.#base, low, high);
  }

  /** An empty array with the same form, for the same numbers in another order. */
  emptied(capacity: number): SeqArray {
    const other = new SeqArray(0);
    other.#base = this.#base;
    other.#noOffset = this.#noOffset;
    other.#offsets = this.#offsets.slice(0, 0);
    other.resize(capacity);
    return other;
  }

  /** Moves the numbers of `[from, to)` to `target`; the two may overlap. */
  copyWithin(target: number, from: number, to: number): void {
    this.#offsets.copyWithin(target, from, to);
  }

  /** Changes the capacity; positions at or beyond it are lost. */
  resize(capacity: number): void {
    const previous = this.#offsets;
    const next = previous instanceof Uint32Array ? new Uint32Array(capacity) : new Float64Array(capacity);
    next.set(capacity < previous.length ? previous.subarray(0, capacity) : previous);
    this.#offsets = next;
  }

  /** The same in short steps, for a capacity that is not greater; nothing may be set until the last one. */
  *shrinkInSteps(capacity: number): Generator<void, void> {
    const used = this.#offsets.subarray(0, capacity);
    this.#offsets = yield* copyInSteps(
      used instanceof Uint32Array ? new Uint32Array(capacity) : new Float64Array(capacity),
      used,
    );
  }

  /** Replaces the array by a copy, so that who holds it sees no later change. */
  detach(): void {
    this.#offsets = this.#offsets.slice();
  }

  /** Writes or loads the first `length` numbers; returns how many the file holds. */
  exchange(columns: StateColumns, { length, isChanging }: { length: number; isChanging: boolean }): number | undefined {
    const form = columns.value('form', {
      base: Number.isNaN(this.#base) ? null : this.#base,
      isWide: this.#offsets instanceof Float64Array,
    });
    if (form?.isWide) {
      this.#offsets = new Float64Array(0);
      this.#noOffset = noSeq;
    }
    if (form && form.base !== null) this.#base = form.base;
    const used = this.#offsets.subarray(0, length);
    const loaded = isChanging ? columns.changing('offsets', [used]) : columns.fixed('offsets', used);
    if (!loaded) return undefined;
    this.#offsets = withSpare(loaded, capacityOf(loaded));
    return loaded.length;
  }

  #widen(): void {
    const narrow = this.#noOffset;
    this.#noOffset = noSeq;
    this.#offsets = Float64Array.from(this.#offsets, (offset) => (offset === narrow ? noSeq : offset));
  }
}
