import { createNumberTable } from '../../../indices/number-table.ts';
import { createPeriods, type Grain, type Periods } from '../../../lib/periods.ts';

/** Some seven years before and after the first instant: the period of each hour is looked up once. */
const knownHours = 2 ** 17;
const hourUs = 3_600_000_000;

/** Codes of the periods of one grain in a time zone, from 0 in the order of their first use. Throws RangeError for an unknown zone. */
export class PeriodCodes {
  readonly #periods: Periods;
  /** By code. */
  readonly #starts: number[] = [];
  readonly #codeOfStart = createNumberTable();
  /** By hour, one more than the code of the period that holds all of it; 0 where that is not known, or there is none. */
  readonly #codesOfHours = new Int32Array(knownHours);
  #firstHour: number | undefined;

  constructor(grain: Grain, timeZone: string) {
    this.#periods = createPeriods(grain, timeZone);
  }

  /** The instant at which a period begins, microseconds since 1970 UTC. */
  startOf(code: number): number {
    return this.#starts[code] as number;
  }

  /** How many periods have codes. */
  get size(): number {
    return this.#starts.length;
  }

  /** Writes the codes of the periods of the first `length` instants. */
  readCodes(instantsUs: Float64Array, length: number, codes: Uint32Array): void {
    const codesOfHours = this.#codesOfHours;
    for (let index = 0; index < length; index++) {
      const atUs = instantsUs[index] as number;
      // Read again for each: the first instant decides on the first hour, and the table is empty before.
      const known = codesOfHours[Math.floor(atUs / hourUs) - (this.#firstHour ?? 0)] ?? 0;
      codes[index] = known > 0 ? known - 1 : this.codeAt(atUs);
    }
  }

  /** The code of the period of an instant. */
  codeAt(atUs: number): number {
    const hour = Math.floor(atUs / hourUs);
    this.#firstHour ??= hour - knownHours / 2;
    const position = hour - this.#firstHour;
    const known = this.#codesOfHours[position] ?? 0;
    if (known > 0) return known - 1;
    const startUs = this.#periods.startOf(atUs);
    const code = this.#codeOfStart.intern(startUs);
    if (code === this.#starts.length) this.#starts.push(startUs);
    const isWithin = startUs <= hour * hourUs && this.#periods.nextStart(startUs) >= (hour + 1) * hourUs;
    if (isWithin && position >= 0 && position < knownHours) this.#codesOfHours[position] = code + 1;
    return code;
  }
}
