/**
 * What a single cell looks like before the reading of its column is known. `1.234` is a decimal or a whole number with a
 * thousands sign; only the whole column shows which.
 */
export const kinds = {
  empty: 0,
  /** A marker that stands for a missing value in every column: `NULL`, `\N`, `N/A`. */
  strongMarker: 1,
  /** A word that stands for a missing value only where the other cells are no words: `NA`, `None`, `-`. */
  weakMarker: 2,
  integer: 3,
  /** A number whose point can only be the decimal sign: `1.5`, `0.125`, `1234.567`. */
  point: 4,
  /** `1.234`: one to three digits, a point, three digits. */
  point3: 5,
  /** `1.234.567`: the points can only group. */
  points: 6,
  comma: 7,
  comma3: 8,
  commas: 9,
  /** `1,234.5`. */
  commaPoint: 10,
  /** `1.234,5`. */
  pointComma: 11,
  /** `1 234` or `1'234`. */
  grouped: 12,
  groupedPoint: 13,
  groupedComma: 14,
  /** A number with an exponent and a decimal point or a signed exponent: `1.5e3`, `1e-05`. */
  float: 15,
  floatComma: 16,
  /** `123E4`: a code in most columns, a number in a column of numbers with exponents. */
  exponentCode: 17,
  /** Digits that are an identifier, not a number: with leading zeros, a telephone number, or more than 38 digits. */
  code: 18,
  /** A text that shows that its column holds codes when there are several: `14a`, `1.2.3`. */
  codeLike: 19,
  boolean: 20,
  /** A date whose parts are certain: year first, or the month as a word. */
  date: 21,
  /** A date in digits with the year last. */
  digitDate: 22,
  dateTime: 23,
  digitDateTime: 24,
  list: 25,
  text: 26,
} as const;

export const kindCount = 27;
