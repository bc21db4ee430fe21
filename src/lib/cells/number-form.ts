import { digitsEnd } from './digits.ts';
import { kinds } from './kinds.ts';
import { isGroupSign } from './number-kinds.ts';

/** Telephone numbers are written with `+` and at least this many digits. */
const telephoneDigitsMin = 8;

const exactDigitsMax = 38;

/**
 * Reads numbers that are more than digits with one decimal sign. One object serves all cells: `parse` sets its fields. It
 * compares characters and uses no regular expressions, because it sees every cell of a column of such numbers.
 */
export class NumberForm {
  /** Digits before the decimal sign, with `.` and `,` in their most probable role, without needless zeros. */
  whole = 0;
  /** Digits after it. */
  scale = 0;
  /** The number of groups of digits. */
  groups = 1;
  /** Whether the first group has three digits, as in the parts of a telephone number. */
  isFirstGroupFull = false;
  /** Whether the number has an exponent and digits that a double may not hold. */
  mayBeInexact = false;
  #text = '';
  /** Where the digits begin and where the first of them end. */
  #start = 0;
  #headEnd = 0;

  /** The kind of a text without blanks around it, or -1 when it is no number. */
  parse(text: string): number {
    const { length } = text;
    const first = text.charCodeAt(0);
    const start = first === 43 || first === 45 || first === 0x2212 ? 1 : 0;
    const end = digitsEnd(text, start);
    this.groups = 1;
    this.#text = text;
    this.#start = start;
    this.#headEnd = end;
    if (end === length) return this.#plain(0, 0, first === 43);
    const sign = text.charCodeAt(end);
    if (sign === 101 || sign === 69) return this.#exponent(0, end);
    const isDecimal = sign === 46 || sign === 44;
    if (!isDecimal && !isGroupSign(sign)) return -1;
    const next = digitsEnd(text, end + 1);
    if (isDecimal) {
      if (next === length) return this.#plain(sign, next - end - 1, false);
      const code = text.charCodeAt(next);
      if (code === 101 || code === 69) return this.#exponent(sign, next);
      if (next - end === 3) return sign === 44 ? this.#indian() : -1;
    }
    return next - end === 4 ? this.#grouped(sign, next) : -1;
  }

  /** Digits with at most one decimal sign. */
  #plain(sign: number, scale: number, hasPlus: boolean): number {
    const head = this.#headEnd - this.#start;
    if (head === 0 && scale === 0) return -1;
    let zeros = 0;
    while (zeros < head && this.#text.charCodeAt(this.#start + zeros) === 48) zeros += 1;
    const whole = head - zeros;
    this.whole = whole;
    this.scale = scale;
    if (zeros > 1 || (zeros === 1 && whole > 0)) return kinds.code;
    if (whole + scale > exactDigitsMax) return kinds.code;
    if (sign === 0) return hasPlus && head >= telephoneDigitsMin ? kinds.code : kinds.integer;
    const isGroup = scale === 3 && whole > 0 && whole <= 3;
    if (sign === 46) return isGroup ? kinds.point3 : kinds.point;
    return isGroup ? kinds.comma3 : kinds.comma;
  }

  /** Digits in groups of three with one sign between all groups, and perhaps a decimal sign; two groups are read. */
  #grouped(sign: number, secondEnd: number): number {
    const text = this.#text;
    const { length } = text;
    const head = this.#headEnd - this.#start;
    if (head === 0 || head > 3 || text.charCodeAt(this.#start) === 48) return -1;
    let groups = 2;
    let at = secondEnd;
    while (at < length && text.charCodeAt(at) === sign) {
      const end = digitsEnd(text, at + 1);
      if (end - at !== 4) return -1;
      at = end;
      groups += 1;
    }
    let decimal = 0;
    this.scale = 0;
    if (at < length) {
      decimal = text.charCodeAt(at);
      if ((decimal !== 46 && decimal !== 44) || at + 1 === length || digitsEnd(text, at + 1) !== length) return -1;
      this.scale = length - at - 1;
    }
    this.groups = groups;
    this.isFirstGroupFull = head === 3;
    this.whole = head + (groups - 1) * 3;
    if (this.whole + this.scale > exactDigitsMax) return kinds.code;
    if (sign === 46) return decimal === 0 ? kinds.points : kinds.pointComma;
    if (sign === 44) return decimal === 0 ? kinds.commas : kinds.commaPoint;
    return decimal === 0 ? kinds.grouped : decimal === 46 ? kinds.groupedPoint : kinds.groupedComma;
  }

  /** The grouping of India: `12,34,567.89`. */
  #indian(): number {
    const text = this.#text;
    const { length } = text;
    const head = this.#headEnd - this.#start;
    if (head === 0 || head > 2 || text.charCodeAt(this.#start) === 48) return -1;
    let whole = head;
    let at = this.#headEnd;
    let last = 0;
    while (at < length && text.charCodeAt(at) === 44) {
      const end = digitsEnd(text, at + 1);
      last = end - at - 1;
      if (last !== 2 && last !== 3) return -1;
      whole += last;
      at = end;
      if (last === 3) break;
    }
    if (last !== 3) return -1;
    this.whole = whole;
    this.scale = 0;
    if (at === length) return kinds.commas;
    if (text.charCodeAt(at) !== 46 || at + 1 === length || digitsEnd(text, at + 1) !== length) return -1;
    this.scale = length - at - 1;
    return kinds.commaPoint;
  }

  /** An exponent that begins at `at`, after a number with the decimal sign or 0 for none. */
  #exponent(sign: number, at: number): number {
    const text = this.#text;
    const whole = this.#headEnd - this.#start;
    const fraction = sign === 0 ? 0 : at - this.#headEnd - 1;
    if (whole === 0 && fraction === 0) return -1;
    const exponentSign = text.charCodeAt(at + 1);
    const isSigned = exponentSign === 43 || exponentSign === 45;
    const start = isSigned ? at + 2 : at + 1;
    const digits = text.length - start;
    if (digits < 1 || digits > 3 || digitsEnd(text, start) !== text.length) return -1;
    let exponent = 0;
    for (let digit = start; digit < text.length; digit += 1) exponent = exponent * 10 + text.charCodeAt(digit) - 48;
    if (exponentSign === 45) exponent = -exponent;
    // The digits that the number has when it is written without an exponent.
    this.whole = Math.max(0, whole + exponent);
    this.scale = Math.max(0, fraction - exponent);
    this.mayBeInexact = whole + fraction > doubleDigits || exponent > safeExponent || exponent < -safeExponent;
    if (sign === 0 && !isSigned) return kinds.exponentCode;
    return sign === 44 ? kinds.floatComma : kinds.float;
  }
}

/** Digits and exponents that a double holds without a check. */
const doubleDigits = 15;
const safeExponent = 290;

/** A number as plain text with `-` and `.` only: `1.234,50` with a decimal comma is `1234.50`, `+.5` is `0.5`. */
export const plainNumber = (text: string, decimal: '.' | ','): string => {
  const { length } = text;
  const first = text.charCodeAt(0);
  const decimalCode = decimal === '.' ? 46 : 44;
  let from = first === 43 || first === 45 || first === 0x2212 ? 1 : 0;
  let body = '';
  for (let at = from; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) continue;
    if (code === decimalCode) {
      if (at + 1 < length) body += decimalCode === 46 ? text.slice(from, at + 1) : `${text.slice(from, at)}.`;
      else body += text.slice(from, at);
    } else if (isGroupSign(code)) body += text.slice(from, at);
    else continue;
    from = at + 1;
  }
  if (from < length) body = body === '' ? text.slice(from) : body + text.slice(from);
  const start = body.charCodeAt(0);
  if (start === 46) body = `0${body}`;
  else if (start === 48) body = withoutZeros(body);
  return first === 45 || first === 0x2212 ? `-${body}` : body;
};

/** Digits without their leading zeros. */
const withoutZeros = (digits: string): string => {
  const last = digits.length - 1;
  let zeros = 0;
  while (zeros < last && digits.charCodeAt(zeros) === 48) zeros += 1;
  const code = digits.charCodeAt(zeros);
  // One zero stays before a point.
  if (zeros > 0 && (code < 48 || code > 57)) zeros -= 1;
  return zeros === 0 ? digits : digits.slice(zeros);
};
