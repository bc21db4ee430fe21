import { exactDigitsMax } from '../column.ts';

/** Digits that a double holds without a check. */
const doubleDigits = 15;
/** Doubles below this have fewer digits. */
const normalMin = 2 ** -1022;
const comparedDigitsMax = 100;

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
  const left = padded.slice(0, end).replace(/^0+(?=\d)/, '');
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
  const size = Math.abs(value);
  if (text.length <= doubleDigits && size >= normalMin && size < Number.POSITIVE_INFINITY) return String(value);
  if (!Number.isFinite(value)) return undefined;
  const digits = significantDigits(text);
  if (digits === '') return '0';
  if (value === 0) return undefined;
  if (digits.length > doubleDigits || size < normalMin) {
    if (digits.length > comparedDigitsMax) return undefined;
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
