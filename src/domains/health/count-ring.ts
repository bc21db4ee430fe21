/** How many things happened in each of the last intervals of equal length. Memory and cost per call are constant. */
export class CountRing {
  readonly #widthUs: number;
  readonly #counts: Float64Array;
  /** The number of the newest interval since 1970. */
  #newest = Number.NEGATIVE_INFINITY;

  constructor(widthUs: number, length: number) {
    this.#widthUs = widthUs;
    this.#counts = new Float64Array(length);
  }

  /** Adds to the interval of an instant; a clock that was set back adds to the newest interval. */
  add(nowUs: number, count: number): void {
    this.#advance(nowUs);
    const slot = this.#slotOf(this.#newest);
    this.#counts[slot] = (this.#counts[slot] as number) + count;
  }

  /** The start of each interval and its count, the oldest first; the last one is that of the instant. */
  read(nowUs: number): { readonly startUs: number; readonly count: number }[] {
    this.#advance(nowUs);
    const { length } = this.#counts;
    return Array.from({ length }, (_, index) => {
      const interval = this.#newest - length + 1 + index;
      return { startUs: interval * this.#widthUs, count: this.#counts[this.#slotOf(interval)] as number };
    });
  }

  sum(nowUs: number): number {
    this.#advance(nowUs);
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Empties the slots of the intervals that have begun since. */
  #advance(nowUs: number): void {
    const current = Math.floor(nowUs / this.#widthUs);
    if (current <= this.#newest) return;
    const { length } = this.#counts;
    if (current - this.#newest >= length) this.#counts.fill(0);
    else
      for (let interval = this.#newest + 1; interval <= current; interval++) this.#counts[this.#slotOf(interval)] = 0;
    this.#newest = current;
  }

  #slotOf(interval: number): number {
    const { length } = this.#counts;
    return ((interval % length) + length) % length;
  }
}
