import type { DateOrder } from '../import-options.ts';
import { parseListLiteral } from '../list-literal.ts';
import { isBoolean, isCodeLike } from './code-like.ts';
import { DateForm } from './date-form.ts';
import { beginsLikeDate } from './date-words.ts';
import { isIsoDate, isoTimeEnd } from './iso-time.ts';
import { kinds } from './kinds.ts';
import { looseNumber } from './loose-number.ts';
import { usualMarkerKind } from './markers.ts';
import { NumberForm } from './number-form.ts';
import { TimeForm } from './time-form.ts';

export interface ScanOptions {
  readonly nullMarkers: readonly string[] | null;
  /** The order of dates in digits, where it is known. */
  readonly dateOrder: DateOrder | null;
  /** Whether the type is stated, so that units, per cent and years of two digits are read. */
  readonly isExplicit: boolean;
}

/** The longest text that may be a number or a date. */
const typedLengthMax = 64;

/** Where six digits of fraction end. */
const clockEndMax = 26;

/**
 * Finds the kind of a cell. One object serves all cells of a column: `scan` returns the kind and sets the fields, because
 * allocating a result for each would cost more than the scan.
 */
export class CellScanner {
  /** Digits before and after the decimal sign. */
  whole = 0;
  scale = 0;
  /** Whether `body` is the canonical text of its value, for numbers without a decimal comma, dates and times. */
  isPlain = false;
  /** The text without blanks and without what a stated type allows around a number; not for empty cells. */
  body = '';
  /** Whether the number is negative by parentheses or a sign behind it. */
  isNegated = false;
  hasPercent = false;
  /** The currency sign or code beside the number. */
  currency = '';
  items: readonly string[] = [];
  /** Where the time ends in a date-time that is canonical but for its separator and zone; 0 for other forms. */
  clockEnd = 0;
  readonly number = new NumberForm();
  readonly time: TimeForm;
  readonly #markers: ReadonlySet<string> | null;
  readonly #markerLengthMax: number;
  readonly #isExplicit: boolean;

  constructor({ nullMarkers, dateOrder, isExplicit }: ScanOptions) {
    this.#markers = nullMarkers === null ? null : new Set(nullMarkers);
    this.#markerLengthMax = Math.max(0, ...(nullMarkers ?? []).map(({ length }) => length));
    this.#isExplicit = isExplicit;
    this.time = new TimeForm(new DateForm(dateOrder, isExplicit));
  }

  scan(text: string): number {
    const { length } = text;
    if (length === 0) return kinds.empty;
    const first = text.charCodeAt(0);
    if (first > 57 || (first < 48 && first !== 45)) return this.#scanOther(text);
    if (length <= this.#markerLengthMax && this.#markers?.has(text)) return kinds.strongMarker;
    const start = first === 45 ? 1 : 0;
    let at = start;
    let code = 0;
    for (; at < length; at += 1) {
      code = text.charCodeAt(at);
      if (code < 48 || code > 57) break;
    }
    const whole = at - start;
    const hasZero = text.charCodeAt(start) === 48;
    if (at === length) {
      if (whole === 0 || whole > 38 || (hasZero && (whole > 1 || start === 1))) return this.#scanOther(text);
      this.whole = whole;
      this.scale = 0;
      this.isPlain = true;
      this.body = text;
      return kinds.integer;
    }
    if ((code === 46 || code === 44) && whole > 0 && !(hasZero && whole > 1)) {
      for (at += 1; at < length; at += 1) {
        const digit = text.charCodeAt(at);
        if (digit < 48 || digit > 57) return this.#scanOther(text);
      }
      const scale = length - start - whole - 1;
      if (scale > 0 && whole + scale <= 38) {
        this.body = text;
        return this.#setDecimal(code, hasZero ? 0 : whole, scale);
      }
    }
    return this.#scanOther(text);
  }

  #setDecimal(sign: number, whole: number, scale: number): number {
    this.whole = whole;
    this.scale = scale;
    this.isPlain = true;
    const isGroup = scale === 3 && whole > 0 && whole <= 3;
    return sign === 46 ? (isGroup ? kinds.point3 : kinds.point) : isGroup ? kinds.comma3 : kinds.comma;
  }

  /** A cell that is no plain number. */
  #scanOther(text: string): number {
    const first = text.charCodeAt(0);
    const last = text.charCodeAt(text.length - 1);
    if (first > 32 && first < 128 && last > 32 && last < 128) return this.#scanTrimmed(text);
    const trimmed = text.trim();
    if (trimmed === '') return kinds.empty;
    return trimmed.length === text.length ? this.#scanTrimmed(text) : this.scan(trimmed);
  }

  #scanTrimmed(text: string): number {
    this.body = text;
    this.isPlain = false;
    this.isNegated = false;
    this.hasPercent = false;
    this.currency = '';
    this.clockEnd = 0;
    const marker = this.#markerKind(text);
    if (marker >= 0) return marker;
    const { length } = text;
    const first = text.charCodeAt(0);
    if (first === 91) return this.#scanList(text);
    if (length > typedLengthMax) return kinds.text;
    const isDigit = first >= 48 && first <= 57;
    if (isDigit && length >= 10 && text.charCodeAt(4) === 45) {
      const kind = this.#scanIso(text);
      if (kind >= 0) return kind;
    }
    if (isDigit || first === 45 || first === 43 || first === 46 || first === 0x2212 || first === 44) {
      const kind = this.number.parse(text);
      if (kind >= 0) {
        this.whole = this.number.whole;
        this.scale = this.number.scale;
        return kind;
      }
    }
    return this.#scanWords(text, first, isDigit);
  }

  #markerKind(text: string): number {
    if (this.#markers === null) return usualMarkerKind(text);
    return text.length <= this.#markerLengthMax && this.#markers.has(text) ? kinds.strongMarker : -1;
  }

  /** Whether a cell is missing in a column of text, where words stay words. */
  isMissingText(text: string): boolean {
    const { length } = text;
    if (length === 0) return true;
    const last = text.charCodeAt(length - 1);
    const isTrimmed = text.charCodeAt(0) > 32 && last > 32 && last < 128;
    return this.#markerKind(isTrimmed ? text : text.trim()) === kinds.strongMarker;
  }

  #scanWords(text: string, first: number, isDigit: boolean): number {
    const { length } = text;
    if (isDigit || (first >= 65 && first <= 122)) {
      if (isBoolean(text)) return kinds.boolean;
      if (length >= (isDigit && this.#isExplicit ? 6 : 8) && (isDigit || beginsLikeDate(text))) {
        const kind = this.#scanTime(text);
        if (kind >= 0) return kind;
      }
    }
    if (this.#isExplicit) {
      const kind = this.#scanLoose(text);
      if (kind >= 0) return kind;
    }
    return isDigit && isCodeLike(text) ? kinds.codeLike : kinds.text;
  }

  /** The most frequent forms of a date and a date-time, without a regular expression. */
  #scanIso(text: string): number {
    if (!isIsoDate(text)) return -1;
    if (text.length === 10) {
      this.isPlain = true;
      return kinds.date;
    }
    const end = isoTimeEnd(text);
    if (end < 0) return -1;
    const zone = text.charCodeAt(end);
    const isUtc = end === text.length || (end === text.length - 1 && (zone === 90 || zone === 122));
    if (!isUtc) return this.time.parseIso(text, end) && this.time.isInRange ? kinds.dateTime : -1;
    this.clockEnd = Math.min(end, clockEndMax);
    this.isPlain = this.clockEnd === text.length && text.charCodeAt(10) === 32;
    return kinds.dateTime;
  }

  #scanTime(text: string): number {
    const { time } = this;
    if (!time.parse(text)) return -1;
    if (time.date.isDigits) return time.hasTime ? kinds.digitDateTime : kinds.digitDate;
    if (!time.hasTime) return kinds.date;
    return time.isInRange ? kinds.dateTime : -1;
  }

  #scanList(text: string): number {
    const items = parseListLiteral(text);
    if (items === null) return kinds.text;
    this.items = items;
    return kinds.list;
  }

  #scanLoose(text: string): number {
    const loose = looseNumber(text);
    if (loose === null) return -1;
    const kind = this.number.parse(loose.body);
    if (kind < 0) return -1;
    this.whole = this.number.whole;
    this.scale = this.number.scale;
    this.body = loose.body;
    this.isNegated = loose.isNegated;
    this.hasPercent = loose.hasPercent;
    this.currency = loose.currency;
    return kind;
  }
}
