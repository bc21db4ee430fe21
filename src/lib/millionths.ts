import type { Decimal } from './decimal.ts';

const microsPerUnit = 1_000_000;

/** Whole numbers below it are exact as doubles. */
const wholeMax = 2 ** 53;

/** Digits of an amount (`parseDecimal`), which a double always holds. */
const digitsMax = 15;

/**
 * An amount as one number, in millionths. From 2^53 on that number is rounded: by less than half the distance of two amounts,
 * because these have 15 digits at most, so that different amounts stay different, in their order. NaN stands for no amount.
 */
export const millionthsOf = ({ units, micros }: Decimal): number => units * microsPerUnit + micros;

/** The exact number of millionths of an amount that `millionthsOf` has returned. */
export const wholeMillionthsOf = (millionths: number): bigint => {
  if (Math.abs(millionths) < wholeMax) return BigInt(millionths);
  const [digits, exponent] = millionths.toExponential(digitsMax - 1).split('e') as [string, string];
  return BigInt(digits.replace('.', '')) * 10n ** BigInt(Number(exponent) - digitsMax + 1);
};

/** The amount of which `millionthsOf` has returned a number. */
export const decimalOf = (millionths: number): Decimal => {
  if (Math.abs(millionths) >= wholeMax) {
    const whole = wholeMillionthsOf(millionths);
    const micros = whole % BigInt(microsPerUnit);
    return { units: Number(whole / BigInt(microsPerUnit)), micros: Number(micros) };
  }
  // Added to zero, because the remainder may be -0.
  const micros = 0 + (millionths % microsPerUnit);
  return { units: (millionths - micros) / microsPerUnit, micros };
};
