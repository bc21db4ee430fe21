/** Slots for the numbers of a column that are remembered; version columns have far fewer numbers. */
const slotCount = 1024;
/** More numbers than this are measurements, not versions. */
const filledMax = 400;
/** Versions count in their last part and seldom get this far. */
const versionPartMax = 49;
const digitsMax = 15;

/** What was seen of the decimals of a column, as it can be sent to another thread. */
export interface SpellingsSeen {
  readonly scaleMin: number;
  readonly scaleMax: number;
  readonly zeroScaleMax: number;
  readonly hasMeasure: boolean;
  readonly hasTwoSpellings: boolean;
  readonly hasSmallParts: boolean;
  readonly filled: number;
  /** The numbers that are remembered and their scales; none where they do not matter any more. */
  readonly values: readonly number[];
  readonly scales: readonly number[];
}

/**
 * Watches how the decimals of a column are written, to find columns of versions: `1.1` and `1.10`, or `3.9` and `3.10`,
 * are different versions, but equal or misplaced as numbers. Programs write either a fixed number of digits after the
 * point or the shortest text with at least some digits; in both a fraction ends in zero only at the smallest scale.
 */
export class Spellings {
  #scaleMin = 99;
  #scaleMax = 0;
  #zeroScaleMax = 0;
  /** Whether some number cannot be a version: negative, large, or with a fraction like `05`. */
  #hasMeasure = false;
  #hasTwoSpellings = false;
  /** Whether all fractions of more than one digit are small, as in `3.10`. */
  #hasSmallParts = true;
  #filled = 0;
  readonly #values = new Float64Array(slotCount).fill(Number.NaN);
  readonly #scales = new Uint8Array(slotCount);

  /** Adds a plain number with a point: its text, the digits before and after the point. */
  add(text: string, whole: number, scale: number): void {
    const { length } = text;
    if (this.addScale(scale, text.charCodeAt(length - 1) === 48)) return;
    if (whole + scale > digitsMax || whole > 4 || scale > 3 || text.charCodeAt(0) === 45) {
      this.#hasMeasure = true;
      return;
    }
    if (scale > 1) {
      if (text.charCodeAt(length - scale) === 48) {
        // `1.05` is a measurement, and so is `1.00`.
        this.#hasMeasure = true;
        return;
      }
      if (Number(text.slice(length - scale)) > versionPartMax) this.#hasSmallParts = false;
    }
    this.#remember(Number(text), scale);
  }

  /** Adds the scale of a number and whether it ends in zero; returns whether nothing else matters of further numbers. */
  addScale(scale: number, endsInZero: boolean): boolean {
    if (scale < this.#scaleMin) this.#scaleMin = scale;
    if (scale > this.#scaleMax) this.#scaleMax = scale;
    if (endsInZero && scale > this.#zeroScaleMax) this.#zeroScaleMax = scale;
    return this.#hasMeasure || this.#filled > filledMax;
  }

  #remember(value: number, scale: number): void {
    const slot = Math.floor(value * 1000) % slotCount;
    if (this.#values[slot] === value) {
      if (this.#scales[slot] !== scale) this.#hasTwoSpellings = true;
      return;
    }
    if (this.#scales[slot] === 0) this.#filled += 1;
    this.#values[slot] = value;
    this.#scales[slot] = scale;
  }

  get seen(): SpellingsSeen {
    const slots = this.#hasMeasure || this.#filled > filledMax ? [] : Array.from(this.#scales.keys());
    const filled = slots.filter((slot) => this.#scales[slot] !== 0);
    return {
      scaleMin: this.#scaleMin,
      scaleMax: this.#scaleMax,
      zeroScaleMax: this.#zeroScaleMax,
      hasMeasure: this.#hasMeasure,
      hasTwoSpellings: this.#hasTwoSpellings,
      hasSmallParts: this.#hasSmallParts,
      filled: this.#filled,
      values: filled.map((slot) => this.#values[slot] as number),
      scales: filled.map((slot) => this.#scales[slot] as number),
    };
  }

  /** Adds what was seen in other rows. */
  merge(other: SpellingsSeen): void {
    this.#scaleMin = Math.min(this.#scaleMin, other.scaleMin);
    this.#scaleMax = Math.max(this.#scaleMax, other.scaleMax);
    this.#zeroScaleMax = Math.max(this.#zeroScaleMax, other.zeroScaleMax);
    this.#hasMeasure ||= other.hasMeasure;
    this.#hasTwoSpellings ||= other.hasTwoSpellings;
    this.#hasSmallParts &&= other.hasSmallParts;
    for (const [index, value] of other.values.entries()) this.#remember(value, other.scales[index] as number);
    this.#filled = Math.max(this.#filled, other.filled);
  }

  /** Whether the decimals are better kept as text, because they seem to be versions. */
  get areVersions(): boolean {
    const isIrregular = this.#zeroScaleMax > this.#scaleMin;
    if (!isIrregular || this.#hasMeasure || this.#filled > filledMax) return false;
    return this.#hasTwoSpellings || this.#hasSmallParts;
  }
}
