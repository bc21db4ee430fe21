import { upperBound } from '../lib/upper-bound.ts';
import { GradualGrowth } from './gradual-growth.ts';
import { copyInSteps } from './growable.ts';
import { type StateColumns, withSpare } from './state-columns.ts';

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
  #offsets: Offsets;
  readonly #growth: GradualGrowth<Offsets>;

  constructor(capacity: number) {
    this.#offsets = new Uint32Array(capacity);
    this.#growth = new GradualGrowth((length) => sameKind(this.#offsets, length), this.#offsets);
  }

  get capacity(): number {
    return this.#offsets.length;
  }

  get bytesPerSeq(): number {
    return this.#offsets.BYTES_PER_ELEMENT;
  }

  get byteLength(): number {
    return this.#offsets.byteLength + this.#growth.byteLength;
  }

  /** `reserve` is to be called for more numbers than these. */
  get dueAt(): number {
    return this.#growth.dueAt;
  }

  /** Makes room for `needed` numbers, of which the first `used` are there; true when they have moved to another array. */
  reserve(used: number, needed: number, capacityOf?: (capacity: number, needed: number) => number): boolean {
    const before = this.#offsets;
    this.#offsets = this.#growth.advance(before, used, needed, capacityOf);
    return this.#offsets !== before;
  }

  /** The number that was set at a position, or `noSeq`. */
  at(position: number): number {
    const offset = this.#offsets[position] as number;
    return offset === this.#noOffset ? noSeq : this.#base + offset;
  }

  /** Sets a position below `capacity` to a sequence number or `noSeq`. */
  set(position: number, seq: number): void {
    const offset = seq === noSeq ? this.#noOffset : this.#offsetOf(seq);
    this.#offsets[position] = offset;
    if (position < this.#growth.copied) this.#growth.put(position, offset);
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
    other.#replaceBy(sameKind(this.#offsets, capacity));
    return other;
  }

  /** Moves the numbers of `[from, to)` to `target`; the two may overlap. */
  copyWithin(target: number, from: number, to: number): void {
    this.#offsets.copyWithin(target, from, to);
    if (target < this.#growth.copied) this.#growth.changed(this.#offsets, target, target + to - from);
  }

  /** Moves the first `length` numbers to an array of another capacity in short steps; nothing may be set until the last one. */
  *resizeInSteps(length: number, capacity: number): Generator<void, void> {
    this.#replaceBy(yield* copyInSteps(sameKind(this.#offsets, capacity), this.#offsets.subarray(0, length)));
  }

  /** Replaces the array by a copy, so that who holds it sees no later change. */
  detach(): void {
    this.#replaceBy(this.#offsets.slice());
  }

  /** Writes or loads the first `length` numbers; returns how many the file holds. */
  exchange(columns: StateColumns, { length, isChanging }: { length: number; isChanging: boolean }): number | undefined {
    const form = columns.value('form', {
      base: Number.isNaN(this.#base) ? null : this.#base,
      isWide: this.#offsets instanceof Float64Array,
    });
    if (form?.isWide) {
      this.#replaceBy(new Float64Array(0));
      this.#noOffset = noSeq;
    }
    if (form && form.base !== null) this.#base = form.base;
    const used = this.#offsets.subarray(0, length);
    const loaded = isChanging ? columns.changing('offsets', [used]) : columns.fixed('offsets', used);
    if (!loaded) return undefined;
    this.#replaceBy(withSpare(loaded));
    return loaded.length;
  }

  #offsetOf(seq: number): number {
    if (Number.isNaN(this.#base)) this.#base = seq;
    const offset = seq - this.#base;
    if (!(offset >= 0 && offset < this.#noOffset) && this.#offsets instanceof Uint32Array) this.#widen();
    return offset;
  }

  #replaceBy(offsets: Offsets): void {
    this.#offsets = offsets;
    this.#growth.reset(offsets);
  }

  #widen(): void {
    const narrow = this.#noOffset;
    this.#noOffset = noSeq;
    this.#replaceBy(Float64Array.from(this.#offsets, (offset) => (offset === narrow ? noSeq : offset)));
  }
}

type Offsets = Uint32Array | Float64Array;

const sameKind = (offsets: Offsets, length: number): Offsets =>
  offsets instanceof Uint32Array ? new Uint32Array(length) : new Float64Array(length);
