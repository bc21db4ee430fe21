import { randomUUID } from 'node:crypto';
import { stringify } from 'lossless-json';

/** A JSON number that a double cannot hold exactly, with its original text. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** For messages of graphql-js. As JSON, `stringifyExact` writes it as a number. */
  toJSON(): string {
    return this.text;
  }
}

/** How deep JSON may nest. JSON.parse itself has no limit, but the code that walks its result recurses. */
export const jsonDepthMax = 256;

/** Digits that plain text may take; the smallest double has 324, `1e400` is refused. */
const plainDigitsMax = 340;

// A double holds every literal of up to 15 digits without an exponent exactly; others need the slow parser. The text
// before the digits keeps most strings that merely contain digits out of it.
const mayBeInexact = /(?:^|[[:,\s])-?(?:[\d.]{16,}|[\d.]+[eE])/;

const numberLiteral = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Where the digits without leading and trailing zeros begin and end. A loop, because `/0+$/` is quadratic in the length of a run. */
const significantDigits = (digits: string): [first: number, end: number] => {
  let [first, end] = [0, digits.length];
  while (first < end && digits.charCodeAt(first) === 48) first += 1;
  while (end > first && digits.charCodeAt(end - 1) === 48) end -= 1;
  return [first, end];
};

/** The one plain spelling of a number literal: no exponent, no needless zeros, no `-0`. */
const plainText = (literal: string): string | null => {
  const parts = numberLiteral.exec(literal);
  if (parts === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const written = whole + fraction;
  const [first, end] = significantDigits(written);
  if (first === end) return '0';
  // Where the decimal point stands, counted from the first digit that is not zero.
  const point = whole.length - first + Number(exponent);
  const count = end - first;
  if (Math.max(point, count, count - point) > plainDigitsMax) return null;
  const digits = written.slice(first, end);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, '0');
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
};

/** Plain decimal text of a JSON number as parsed here (`1e2` is `100`); null for other values and absurd exponents. */
export const numberText = (value: unknown): string | null => {
  if (value instanceof ExactNumber) return plainText(value.text);
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  const text = String(value);
  return text.includes('e') ? plainText(text) : text;
};

const exactOf = (literal: string): number | ExactNumber => {
  const value = Number(literal);
  const text = plainText(literal);
  return text !== null && text === numberText(value) ? value : new ExactNumber(literal);
};

const nestsTooDeep = (text: string): boolean => {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 92) index += 1;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > jsonDepthMax) return true;
    } else if (code === 93 || code === 125) depth -= 1;
  }
  return false;
};

/** Undefined for a text that is not JSON. */
const parsedOrUndefined = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What the numbers of parsed JSON need: nothing, that none is written with many digits, or a closer look at how they are written. */
type Numbers = 0 | 1 | 2;

/** Between these, and of up to 15 digits, a double holds each number exactly, also one that is written with an exponent. */
const [usualMin, usualMax] = [1e-290, 1e290];

const numbersOf = (value: unknown): Numbers => {
  if (typeof value === 'number') return Math.abs(value) > usualMin && Math.abs(value) < usualMax ? 1 : 2;
  if (typeof value !== 'object' || value === null) return 0;
  let most: Numbers = 0;
  if (Array.isArray(value)) for (const item of value) most = Math.max(most, numbersOf(item)) as Numbers;
  else
    for (const name in value)
      most = Math.max(most, numbersOf((value as Readonly<Record<string, unknown>>)[name])) as Numbers;
  return most;
};

/** More digits than a double holds of every number. */
const longDigits = 16;

/** Whether so many digits and points are in a row, in a number or in a text. Each such row is at one of the indices that are looked at. */
const hasLongRow = (text: string): boolean => {
  for (let at = longDigits - 1; at < text.length; at += longDigits) {
    if (!isDigitOrPoint(text.charCodeAt(at))) continue;
    let [first, end] = [at, at + 1];
    while (first > 0 && isDigitOrPoint(text.charCodeAt(first - 1))) first--;
    while (isDigitOrPoint(text.charCodeAt(end))) end++;
    if (end - first >= longDigits) return true;
  }
  return false;
};

const isDigitOrPoint = (code: number): boolean => (code >= zero && code <= nine) || code === point;

/**
 * JSON.parse (RFC 8259) that loses no digit: a number is a plain number when a double holds exactly what is written, else an
 * ExactNumber. Of equal keys the last wins; `__proto__` is an own property. Throws SyntaxError, also beyond
 * `jsonDepthMax` levels.
 */
export const parseExactJson = (text: string): unknown => {
  if (text.length > jsonDepthMax && nestsTooDeep(text)) {
    throw new SyntaxError(`JSON is nested more than ${jsonDepthMax} levels deep`);
  }
  const parsed = parsedOrUndefined(text);
  if (parsed === undefined) return JSON.parse(text);
  const numbers = numbersOf(parsed);
  if (numbers === 0 || (numbers === 1 && !hasLongRow(text)) || !mayBeInexact.test(text)) return parsed;
  const mark = randomUUID();
  return unmarked(JSON.parse(withMarks(text, mark)), mark);
};

/**
 * Valid JSON with each number that a double cannot hold as a text that begins with a mark, which nobody can guess. A parser of
 * its own takes five times as long.
 */
const withMarks = (text: string, mark: string): string => {
  let marked = '';
  let copied = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfText(text, index);
    else if (code === minus || (code >= zero && code <= nine)) {
      const end = endOfNumber(text, index);
      const literal = text.slice(index, end);
      if (exactOf(literal) instanceof ExactNumber) {
        marked += `${text.slice(copied, index)}"${mark}${literal}"`;
        copied = end;
      }
      index = end - 1;
    }
  }
  return marked + text.slice(copied);
};

const [quote, backslash, minus, point, zero, nine] = [34, 92, 45, 46, 48, 57];

/** The index of the closing quote. */
const endOfText = (text: string, start: number): number => {
  let index = start + 1;
  while (text.charCodeAt(index) !== quote) index += text.charCodeAt(index) === backslash ? 2 : 1;
  return index;
};

/** The index after a number: digits and the signs `+`, `-`, `.`, `e` and `E`. */
const endOfNumber = (text: string, start: number): number => {
  let index = start + 1;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if ((code < zero || code > nine) && !'+-.eE'.includes(text[index] as string)) break;
  }
  return index;
};

const unmarked = (value: unknown, mark: string): unknown => {
  if (typeof value === 'string') return value.startsWith(mark) ? new ExactNumber(value.slice(mark.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  // An own `__proto__` is assigned like any other name.
  for (const name of Object.keys(members)) members[name] = unmarked(members[name], mark);
  return members;
};

/** JSON.stringify that writes an ExactNumber as it was read. */
export const stringifyExact = (value: unknown): string =>
  stringify(value, null, undefined, [
    {
      test: (candidate) => candidate instanceof ExactNumber,
      stringify: (candidate) => (candidate as ExactNumber).text,
    },
  ]) ?? 'null';
