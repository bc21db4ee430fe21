/**
 * Literals of ClickHouse's SQL. Values are part of the text of a statement and not parameters: a filter may have ten thousand
 * of them, and the protocol sends parameters in the URL.
 */

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\0': '\\0' };

export const textLiteral = (text: string): string =>
  `'${text.replace(/[\\'\0]/g, (character) => escapes[character] as string)}'`;

export const textList = (texts: readonly string[]): string => texts.map(textLiteral).join(', ');

/** A whole number of up to 53 bits. */
export const integerLiteral = (value: number): string => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number of 53 bits`);
  return `toInt64(${value})`;
};

export const integerArray = (values: readonly number[]): string => {
  if (!values.every(Number.isSafeInteger)) throw new RangeError('not all of them are whole numbers of 53 bits');
  return `CAST([${values.join(', ')}] AS Array(Int64))`;
};

/** An amount in millionths as the type that amounts are stored in. */
export const amountLiteral = (micros: bigint): string => `toDecimal128('${micros}', 0)`;
