import { isDate } from './date-form.ts';
import { mayBeginDate } from './date-words.ts';
import { kinds } from './kinds.ts';
import { mayBeMarker } from './markers.ts';

/** The longest text that may be a number or a date, and the most digits of an exact number. */
const typedLengthMax = 64;
const digitsMax = 38;
/** Where six digits of fraction end. */
const clockEndMax = 26;

/** The kind of cells that only `CellScanner` can tell. */
export const undecided = -1;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;

/** Two digits as a number; negative when they are not digits. */
const two = (bytes: Uint8Array, at: number): number => {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
};

/**
 * Finds the kind of cells of printable ASCII in their bytes, without a text of each: of the most frequent forms of plain
 * numbers, dates, times and texts. What it decides is what `CellScanner` finds, which the tests compare.
 */
export class ByteScanner {
  /** Digits before and after the decimal sign, of numbers. */
  whole = 0;
  scale = 0;
  /** How many bytes a date-time has before its zone and beyond microseconds. */
  clockLength = 0;
  readonly #markerLengthMax: number;
  readonly #hasUsualMarkers: boolean;
  readonly #isExplicit: boolean;

  constructor({ nullMarkers, isExplicit }: { nullMarkers: readonly string[] | null; isExplicit: boolean }) {
    this.#hasUsualMarkers = nullMarkers === null;
    this.#markerLengthMax = Math.max(0, ...(nullMarkers ?? []).map(({ length }) => length));
    this.#isExplicit = isExplicit;
  }

  /** The kind of the cell from `start` to `end`: a plain number, an ISO date or date-time, a boolean, text, or undecided. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return kinds.empty;
    if (end - start <= this.#markerLengthMax) return undecided;
    const first = bytes[start] as number;
    if (first >= 48 ? first > 57 : first !== 45) return this.#scanText(bytes, start, end);
    const digits = first === 45 ? start + 1 : start;
    let at = digits;
    while (at < end && isDigit(bytes[at])) at += 1;
    const whole = at - digits;
    const hasZero = bytes[digits] === 48;
    if (at === end) {
      if (whole === 0 || whole > digitsMax || (hasZero && (whole > 1 || first === 45))) return undecided;
      this.whole = whole;
      this.scale = 0;
      return kinds.integer;
    }
    const sign = bytes[at];
    if (sign === 45 && whole === 4 && digits === start) return this.#scanIso(bytes, start, end);
    if ((sign !== 46 && sign !== 44) || whole === 0 || (hasZero && whole > 1)) return undecided;
    const fraction = at + 1;
    at = fraction;
    while (at < end && isDigit(bytes[at])) at += 1;
    const scale = at - fraction;
    if (at < end || scale === 0 || whole + scale > digitsMax) return undecided;
    this.whole = hasZero ? 0 : whole;
    this.scale = scale;
    const isGroup = scale === 3 && this.whole > 0 && whole <= 3;
    return sign === 46 ? (isGroup ? kinds.point3 : kinds.point) : isGroup ? kinds.comma3 : kinds.comma;
  }

  /** Whether a cell of a column of text, where words stay words, is certainly no marker of a missing value. */
  isText(bytes: Uint8Array, start: number, end: number): boolean {
    const isTrimmed = (bytes[start] as number) > 32 && (bytes[end - 1] as number) > 32;
    return isTrimmed && !this.#mayBeMarker(bytes, start, end);
  }

  #mayBeMarker(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    return this.#hasUsualMarkers ? mayBeMarker(bytes[start] as number, length) : length <= this.#markerLengthMax;
  }

  #scanText(bytes: Uint8Array, start: number, end: number): number {
    const first = bytes[start] as number;
    if (!this.isText(bytes, start, end) || first === 91) return undecided;
    const length = end - start;
    if (length > typedLengthMax) return kinds.text;
    if (first === 43 || first === 44 || first === 46) return undecided;
    if (first >= 65 && first <= 122) {
      if (length <= 5 && isBoolean(bytes, start, length)) return kinds.boolean;
      if (length >= 8 && mayBeginDate(first, bytes[start + 1] as number, bytes[start + 2] as number)) return undecided;
    }
    return this.#isExplicit ? undecided : kinds.text;
  }

  #scanIso(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length < 10 || bytes[start + 7] !== 45) return undecided;
    const year = two(bytes, start) * 100 + two(bytes, start + 2);
    if (!isDate(year, two(bytes, start + 5), two(bytes, start + 8))) return undecided;
    return length === 10 ? kinds.date : this.#scanClock(bytes, start, end);
  }

  #scanClock(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < 19) return undecided;
    const separator = bytes[start + 10] as number;
    if (separator !== 32 && separator !== 84 && separator !== 116) return undecided;
    if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return undecided;
    const [hour, minute, second] = [two(bytes, start + 11), two(bytes, start + 14), two(bytes, start + 17)];
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return undecided;
    let at = start + 19;
    if (at < end && bytes[at] === 46) {
      at += 1;
      while (at < end && isDigit(bytes[at])) at += 1;
      if (at === start + 20) return undecided;
    }
    const zone = (bytes[at] as number) | 32;
    if (at !== end && (at + 1 !== end || zone !== 122)) return undecided;
    this.clockLength = Math.min(at - start, clockEndMax);
    return kinds.dateTime;
  }
}

const trueBytes = Buffer.from('true');
const falseBytes = Buffer.from('false');

const isBoolean = (bytes: Uint8Array, start: number, length: number): boolean => {
  const word = length === 4 ? trueBytes : falseBytes;
  if (word.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (((bytes[start + at] as number) | 32) !== word[at]) return false;
  return true;
};
