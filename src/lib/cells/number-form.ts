import { kinds } from './kinds.ts';

/** Digits in groups of three with one sign between all groups, and perhaps a decimal sign. */
const groupedForm = /^([1-9]\d{0,2})([.,' \u2019\u00a0\u2009\u202f])(\d{3}(?:\2\d{3})*)(?:([.,])(\d+))?$/;
/** The grouping of India: `12,34,567.89`. */
const indianForm = /^[1-9]\d?(?:,\d\d)+,\d{3}(?:(\.)(\d+))?$/;
const plainForm = /^(\d*)(?:([.,])(\d*))?$/;
const exponentForm = /^(\d*)(?:([.,])(\d*))?[eE]([+-]?)(\d{1,3})$/;

/** Telephone numbers are written with `+` and at least this many digits. */
const telephoneDigitsMin = 8;

const exactDigitsMax = 38;

/** Reads numbers that are more than digits with one decimal sign. One object serves all cells: `parse` sets its fields. */
export class NumberForm {
  /** Digits before the decimal sign, with `.` and `,` in their most probable role, without needless zeros. */
  whole = 0;
  /** Digits after it. */
  scale = 0;
  /** The number of groups of digits. */
  groups = 1;
  /** Whether the first group has three digits, as in the parts of a telephone number. */
  isFirstGroupFull = false;

  /** The kind of a text without blanks around it, or -1 when it is no number. */
  parse(text: string): number {
    const first = text.charCodeAt(0);
    const isSigned = first === 43 || first === 45 || first === 0x2212;
    const body = isSigned ? text.slice(1) : text;
    this.groups = 1;
    const plain = plainForm.exec(body);
    if (plain !== null) return this.#plain(plain, first === 43);
    const grouped = groupedForm.exec(body);
    if (grouped !== null) return this.#grouped(grouped);
    const indian = indianForm.exec(body);
    if (indian !== null) {
      const [all, point, fraction = ''] = indian;
      this.scale = fraction.length;
      this.whole = all.replace(/\D/g, '').length - this.scale;
      return point === undefined ? kinds.commas : kinds.commaPoint;
    }
    const exponent = exponentForm.exec(body);
    return exponent === null ? -1 : this.#exponent(exponent);
  }

  #plain([, whole = '', sign, fraction = '']: RegExpExecArray, hasPlus: boolean): number {
    if (whole === '' && fraction === '') return -1;
    const zeros = leadingZeros(whole);
    this.whole = whole.length - zeros;
    this.scale = fraction.length;
    if (zeros > 1 || (zeros === 1 && this.whole > 0)) return kinds.code;
    if (this.whole + this.scale > exactDigitsMax) return kinds.code;
    if (sign === undefined) return hasPlus && whole.length >= telephoneDigitsMin ? kinds.code : kinds.integer;
    const isGroup = this.scale === 3 && this.whole > 0 && this.whole <= 3;
    if (sign === '.') return isGroup ? kinds.point3 : kinds.point;
    return isGroup ? kinds.comma3 : kinds.comma;
  }

  #grouped([, head = '', sign, rest = '', decimal, fraction = '']: RegExpExecArray): number {
    if (sign === decimal) return -1;
    const groups = (rest.length + 1) / 4;
    this.groups = groups + 1;
    this.isFirstGroupFull = head.length === 3;
    this.scale = fraction.length;
    this.whole = head.length + groups * 3;
    if (this.whole + this.scale > exactDigitsMax) return kinds.code;
    if (sign === '.') return decimal === undefined ? kinds.points : kinds.pointComma;
    if (sign === ',') return decimal === undefined ? kinds.commas : kinds.commaPoint;
    return decimal === undefined ? kinds.grouped : decimal === '.' ? kinds.groupedPoint : kinds.groupedComma;
  }

  #exponent([, whole = '', sign, fraction = '', exponentSign, digits]: RegExpExecArray): number {
    if (whole === '' && fraction === '') return -1;
    const exponent = exponentSign === '-' ? -Number(digits) : Number(digits);
    // The digits that the number has when it is written without an exponent.
    this.whole = Math.max(0, whole.length + exponent);
    this.scale = Math.max(0, fraction.length - exponent);
    if (sign === undefined && exponentSign === '') return kinds.exponentCode;
    return sign === ',' ? kinds.floatComma : kinds.float;
  }
}

/** The sign between thousands and the decimal sign of a text with groups, for a survey. */
const groupSigns = /[' \u2019\u00a0\u2009\u202f]/g;

/** A number as plain text with `-` and `.` only: `1.234,50` with a decimal comma is `1234.50`, `+.5` is `0.5`. */
export const plainNumber = (text: string, decimal: '.' | ','): string => {
  const first = text.charCodeAt(0);
  const isSigned = first === 43 || first === 45 || first === 0x2212;
  let body = (isSigned ? text.slice(1) : text).replace(groupSigns, '');
  body = decimal === '.' ? body.replaceAll(',', '') : body.replaceAll('.', '').replace(',', '.');
  if (body.charCodeAt(0) === 46) body = `0${body}`;
  if (body.endsWith('.')) body = body.slice(0, -1);
  body = withoutZeros(body);
  return first === 45 || first === 0x2212 ? `-${body}` : body;
};

const leadingZeros = (digits: string): number => {
  let count = 0;
  while (digits.charCodeAt(count) === 48) count += 1;
  return count;
};

/** Digits without their leading zeros. */
const withoutZeros = (digits: string): string => digits.replace(/^0+(?=\d)/, '');

/** Plain text of a number with an exponent: `1.5e3` is `1500`; undefined beyond 38 digits. */
export const expandExponent = (text: string): string | undefined => {
  const [mantissa = '', exponentText = '0'] = text.toLowerCase().split('e');
  const isNegative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = (isNegative ? mantissa.slice(1) : mantissa).split('.');
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > exactDigitsMax) return undefined;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const end = Math.max(point, 1);
  const left = withoutZeros(padded.slice(0, end));
  const right = padded.slice(end);
  if ((left === '0' ? 0 : left.length) + right.length > exactDigitsMax) return undefined;
  return `${isNegative ? '-' : ''}${left}${right === '' ? '' : `.${right}`}`;
};

/**
 * The shortest text of a double that holds the number that a plain text states: printed with as many digits, the double
 * has the digits that are written. Undefined when it does not, as for 9007199254740993.
 */
export const exactFloat = (text: string): string | undefined => {
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  const digits = significantDigits(text);
  if (digits === '') return '0';
  if (value === 0) return undefined;
  if (digits.length > 15) {
    if (digits.length > 100) return undefined;
    if (significantDigits(value.toPrecision(digits.length)) !== digits) return undefined;
  }
  return String(value);
};

/** Digits from the first to the last that is not zero. */
const significantDigits = (text: string): string => {
  const exponent = text.search(/e/i);
  const digits = (exponent < 0 ? text : text.slice(0, exponent)).replace(/\D/g, '');
  let [first, end] = [0, digits.length];
  while (first < end && digits.charCodeAt(first) === 48) first += 1;
  while (end > first && digits.charCodeAt(end - 1) === 48) end -= 1;
  return digits.slice(first, end);
};
