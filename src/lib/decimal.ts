/** An exact decimal: `units + micros / 1e6`, both whole and of the same sign; |units| < 1e15, |micros| < 1e6. */
export interface Decimal {
  readonly units: number;
  readonly micros: number;
}

/** Digits from the first to the last that is not zero, on both sides of the point: what a double always holds. */
const decimalDigitsMax = 15;

/** Digits after the decimal point. */
const decimalFractionMax = 6;

const microsPerUnit = 1_000_000;

/**
 * Reads `-?digits(.digits)?`; zeros in front and at the end of the fraction do not count. Null for anything else (`+5`,
 * `.5`, `5.`, exponents, spaces) and beyond 15 digits in all or 6 after the point. `-0` is 0. The bounds are those of a part
 * of the text.
 */
export const parseDecimal = (text: string, from = 0, end = text.length): Decimal | null => {
  const isNegative = from < end && text.charCodeAt(from) === 45;
  const start = isNegative ? from + 1 : from;
  let units = 0;
  let micros = 0;
  let fractionDigits = -1;
  let digits = 0;
  let zerosHeld = 0;
  for (let index = start; index < end; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit === -2) {
      if (fractionDigits >= 0 || index === start) return null;
      fractionDigits = 0;
      continue;
    }
    if (digit < 0 || digit > 9) return null;
    if (digit === 0) {
      if (digits > 0) zerosHeld += 1;
    } else {
      digits += zerosHeld + 1;
      zerosHeld = 0;
    }
    if (fractionDigits < 0) {
      units = units * 10 + digit;
    } else {
      fractionDigits += 1;
      if (fractionDigits <= decimalFractionMax) micros = micros * 10 + digit;
      else if (digit > 0) return null;
    }
  }
  if (end === start || fractionDigits === 0) return null;
  if (digits > decimalDigitsMax || units >= 1e15) return null;
  for (let digit = Math.max(fractionDigits, 0); digit < decimalFractionMax; digit += 1) micros *= 10;
  // Subtracted from zero, because negating would make -0.
  return isNegative ? { units: 0 - units, micros: 0 - micros } : { units, micros };
};

/** Numbers with fewer digits were not computed by adding doubles. */
const noiseDigitsMin = 12;
/** Zeros or nines between the number that was meant and the noise. */
const noiseGap = 3;
/** Noise may end in zeros, which are not written: a number of fewer than 15 digits has noise if more zeros or nines precede. */
const shortNoiseGap = 8;
/** How far sums of doubles may be from the sum that was meant: so many parts of the sum, or this much after a subtraction. */
const noiseRelative = 2 ** -46;
const noiseAbsolute = 1e-10;

/**
 * Reads a decimal like `parseDecimal`, and removes the noise of binary floating point from a sum of prices: 435 for
 * `434.99999999999994`, 0.3 for `0.30000000000000004`, -4.14 for `-4.1400000000001`, 0 for `5.551115123125783e-17`. That is
 * noise only if zeros or nines follow the number that was meant, at most 6 digits after its point: at least three of them in
 * a number of 15 digits or more, at least eight in one of 12 to 14.
 */
export const parseAmount = (text: string): Decimal | null => {
  const decimal = parseDecimal(text);
  if (decimal !== null || !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/.test(text)) return decimal;
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '').length;
  const value = Number(text);
  if (digits < noiseDigitsMin || Math.abs(value) >= 1e15) return null;
  const noise = Math.max(Math.abs(value) * noiseRelative, noiseAbsolute);
  const gap = digits >= decimalDigitsMax ? noiseGap : shortNoiseGap;
  for (let fraction = 0; fraction <= decimalFractionMax; fraction += 1) {
    const scale = 10 ** fraction;
    const rounded = Math.round(value * scale) / scale;
    if (Math.abs(value - rounded) <= Math.min(noise, 10 ** -(fraction + gap)))
      return parseDecimal(rounded.toFixed(fraction));
  }
  return null;
};

const signedText = (negative: boolean, units: string, micros: number): string => {
  const text = micros === 0 ? units : `${units}.${fractionText(micros)}`;
  return negative ? `-${text}` : text;
};

/** The digits after the point, without zeros at the end; an import writes one for each record. */
const fractionText = (micros: number): string => {
  let digits = micros;
  let count = decimalFractionMax;
  for (; digits % 10 === 0; digits /= 10) count -= 1;
  const text = String(digits);
  // Two digits mostly, as they are.
  return text.length === count ? text : text.padStart(count, '0');
};

/** The shortest spelling: `220.5`, `241`, `-0.05`. */
export const formatDecimal = ({ units, micros }: Decimal): string =>
  signedText(units < 0 || micros < 0, String(Math.abs(units)), Math.abs(micros));

/** A sign or a point included, so that none of these has too many digits. */
const shortestLengthMax = decimalDigitsMax;

/** Whether `formatDecimal` would write what the text says in just this way; false for a few that it would, of 16 characters. */
export const isShortestDecimal = (text: string): boolean => {
  const { length } = text;
  const start = text.charCodeAt(0) === 45 ? 1 : 0;
  if (length === start || length > shortestLengthMax) return false;
  let point = -1;
  for (let index = start; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 46 && point < 0) point = index;
    else if (code < 48 || code > 57) return false;
  }
  const wholeEnd = point < 0 ? length : point;
  if (wholeEnd === start || text === '-0') return false;
  if (text.charCodeAt(start) === 48 && wholeEnd > start + 1) return false;
  // The fraction ends in a digit that is not zero.
  return point < 0 || (length - point <= decimalFractionMax + 1 && text.charCodeAt(length - 1) > 48);
};

/** Negative, zero or positive. */
export const compareDecimals = (a: Decimal, b: Decimal): number => a.units - b.units || a.micros - b.micros;

/** The whole value in millionths, for sums that must neither overflow nor drift. */
export const microsOf = ({ units, micros }: Decimal): bigint => BigInt(units) * 1_000_000n + BigInt(micros);

/** The shortest spelling of a number of millionths, of any size. */
export const formatMicros = (total: bigint): string => {
  const size = total < 0n ? -total : total;
  return signedText(total < 0n, String(size / 1_000_000n), Number(size % BigInt(microsPerUnit)));
};

/** Millionths divided by a whole number, rounded half to even (IEEE 754, 4.3.1). Throws RangeError unless `by` > 0. */
export const divideMicros = (total: bigint, by: bigint): bigint => {
  if (by <= 0n) throw new RangeError('can only divide by a positive count');
  const size = total < 0n ? -total : total;
  const quotient = size / by;
  const twice = 2n * (size % by);
  const rounded = twice > by || (twice === by && quotient % 2n === 1n) ? quotient + 1n : quotient;
  return total < 0n ? -rounded : rounded;
};
