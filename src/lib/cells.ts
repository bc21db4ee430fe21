import { parseListLiteral } from './list-literal.ts';
import { parseInstant } from './time.ts';
import { parseWrittenDate } from './written-dates.ts';

export const columnTypes = [
  'STRING',
  'INTEGER',
  'DECIMAL',
  'FLOAT',
  'BOOLEAN',
  'DATE',
  'DATE_TIME',
  'STRING_LIST',
] as const;
export type ColumnType = (typeof columnTypes)[number];

/** What a cell looks like, by itself. */
export const cellKinds = {
  /** A whole number of at most 15 digits. */
  integer: 0,
  /** A longer one that 64 bits hold. */
  wide: 1,
  /** With a point, at most 18 digits. */
  decimal: 2,
  /** With an exponent, or more digits than that. */
  float: 3,
  /** Digits that are a name, not a number: with zeros in front, or too long for 64 bits. */
  code: 4,
  boolean: 5,
  date: 6,
  dateTime: 7,
  list: 8,
  text: 9,
} as const;
export const kindCount = 10;

const wideMin = -(2n ** 63n) + 1n;
const wideMax = 2n ** 63n - 1n;
const dayUs = 86_400_000_000;
const floatForm = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const monthStart = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i;
const booleans: Readonly<Record<string, number>> = { true: 1, false: 0 };
const looseBooleans: Readonly<Record<string, number>> = { '1': 1, '0': 0, yes: 1, no: 0, y: 1, n: 0, t: 1, f: 0 };

/**
 * Judges cells one by one: after `judge(text)` the fields say what was found. One object for all cells, because a
 * result of its own for each would cost more than the judging.
 */
export class CellParser {
  /** An integer's value, a decimal's digits without its point, a float's value, a boolean as 0 or 1, days or microseconds. */
  number = 0;
  /** The same as `number` where a double cannot hold it. */
  wide = 0n;
  /** Digits after the point. */
  scale = 0;
  /** Digits before the point. */
  wholeDigits = 0;
  items: readonly string[] = [];

  /** The kind of a cell that is not empty. */
  parse(text: string): number {
    const first = text.charCodeAt(0);
    if ((first >= 48 && first <= 57) || first === 45 || first === 46) return this.#parseNumber(text, first);
    if (first > 127) return cellKinds.text;
    if (first === 91) {
      const items = parseListLiteral(text);
      if (items === null) return cellKinds.text;
      this.items = items;
      return cellKinds.list;
    }
    const { length } = text;
    if (length > 24 || length < 4) return cellKinds.text;
    if (first === 32 || text.charCodeAt(length - 1) === 32) {
      const trimmed = text.trim();
      return trimmed === '' || trimmed.length === length ? cellKinds.text : this.parse(trimmed);
    }
    if (length <= 5) {
      const value = booleans[text.toLowerCase()];
      if (value === undefined) return cellKinds.text;
      this.number = value;
      return cellKinds.boolean;
    }
    if (!monthStart.test(text)) return cellKinds.text;
    return this.#parseDate(text);
  }

  #parseDate(text: string): number {
    const days = parseWrittenDate(text);
    if (days === null) return cellKinds.text;
    this.number = days;
    return cellKinds.date;
  }

  #parseNumber(text: string, first: number): number {
    const { length } = text;
    const start = first === 45 ? 1 : 0;
    let digits = 0;
    let point = -1;
    let value = 0;
    let at = start;
    for (; at < length; at += 1) {
      const code = text.charCodeAt(at);
      if (code >= 48 && code <= 57) {
        value = value * 10 + code - 48;
        digits += 1;
      } else if (code === 46 && point < 0) point = at;
      else break;
    }
    if (at < length) return this.#parseOther(text);
    if (digits === 0) return cellKinds.text;
    const wholeEnd = point < 0 ? length : point;
    const wholeDigits = wholeEnd - start;
    const scale = point < 0 ? 0 : length - point - 1;
    if (point === length - 1) return cellKinds.text;
    if (wholeDigits > 1 && text.charCodeAt(start) === 48) return cellKinds.code;
    this.scale = scale;
    this.wholeDigits = wholeDigits;
    if (digits <= 15) {
      // Subtracted from zero, because negating would make -0.
      this.number = start === 1 ? 0 - value : value;
      return point < 0 ? cellKinds.integer : cellKinds.decimal;
    }
    if (point < 0) {
      if (digits > 19) return cellKinds.code;
      const wide = BigInt(text);
      if (wide < wideMin || wide > wideMax) return cellKinds.code;
      this.wide = wide;
      return cellKinds.wide;
    }
    if (digits > 18) {
      this.number = Number(text);
      return cellKinds.float;
    }
    this.wide = BigInt(text.slice(0, point) + text.slice(point + 1));
    return cellKinds.decimal;
  }

  /** What begins like a number and goes on as something else. */
  #parseOther(text: string): number {
    const trimmed = text.trim();
    if (trimmed.length < text.length) return this.parse(trimmed);
    if (text.length > 40) return cellKinds.text;
    if (text.length >= 8 && text.charCodeAt(0) !== 45) {
      // Most of what is longer than a date begins with one: then no other form needs to be tried.
      const isInstant = text.length > 10 && text.charCodeAt(4) === 45;
      if (!isInstant && this.#parseDate(text) === cellKinds.date) return cellKinds.date;
      if (isInstant) {
        const atUs = parseInstant(text);
        if (atUs !== null) {
          this.number = atUs;
          return cellKinds.dateTime;
        }
      }
    }
    if (!floatForm.test(text)) return cellKinds.text;
    const value = Number(text);
    if (!Number.isFinite(value)) return cellKinds.text;
    this.number = value;
    return cellKinds.float;
  }
}

/** How the cells of a column are kept. */
export interface ColumnPlan {
  readonly type: ColumnType;
  /** Digits after the point of a DECIMAL: its values are kept as whole numbers of so many places. */
  readonly scale: number;
  /** Whether its numbers need 64 bits, because a double would round some. */
  readonly wide: boolean;
  /** A type that was asked for takes more spellings: `yes` for BOOLEAN, `a,b` for STRING_LIST. */
  readonly isExplicit: boolean;
}

/** A column of a dataset version, as the catalogue of the version describes it. */
export interface DatasetColumn extends ColumnPlan {
  /** The header as written, or with a number appended where another column has the same header. */
  readonly name: string;
  /** The header as written. */
  readonly header: string;
  /** Number of cells without a value, misfits included. */
  readonly nulls: number;
  /** Number of cells whose text does not fit the type. */
  readonly misfits: number;
}

/** A column kept as text, lists as JSON; the others are kept as numbers. */
export const isTextual = ({ type }: Pick<ColumnPlan, 'type'>): boolean => type === 'STRING' || type === 'STRING_LIST';

const powers = Array.from({ length: 19 }, (_each, exponent) => 10 ** exponent);

/**
 * The value to keep of a judged cell: text for textual columns, a number, or a bigint in wide columns. Undefined when
 * the cell does not fit its column's type.
 */
export const encodeCell = (
  { type, scale, wide, isExplicit: isAsked }: ColumnPlan,
  text: string,
  kind: number,
  judged: CellParser,
): string | number | bigint | undefined => {
  switch (type) {
    case 'STRING':
      return text;
    case 'INTEGER':
      if (kind === cellKinds.integer) return wide ? BigInt(judged.number) : judged.number;
      return kind === cellKinds.wide && wide ? judged.wide : undefined;
    case 'DECIMAL': {
      const isWhole = kind === cellKinds.integer || kind === cellKinds.wide;
      if (!isWhole && kind !== cellKinds.decimal) return undefined;
      const more = scale - judged.scale;
      if (more < 0 || judged.wholeDigits + scale > 18) return undefined;
      const isWide = kind === cellKinds.wide || judged.wholeDigits + judged.scale > 15;
      if (!wide) return isWide ? undefined : judged.number * (powers[more] as number);
      return (isWide ? judged.wide : BigInt(judged.number)) * 10n ** BigInt(more);
    }
    case 'FLOAT': {
      if (kind > cellKinds.float) return undefined;
      const value = Number(text);
      return Number.isFinite(value) ? value : undefined;
    }
    case 'BOOLEAN':
      if (kind === cellKinds.boolean) return judged.number;
      return isAsked ? looseBooleans[text.trim().toLowerCase()] : undefined;
    case 'DATE':
      return kind === cellKinds.date ? judged.number : undefined;
    case 'DATE_TIME':
      if (kind === cellKinds.dateTime) return judged.number;
      return kind === cellKinds.date ? withinTime(judged.number * dayUs) : undefined;
    case 'STRING_LIST':
      if (kind === cellKinds.list) return JSON.stringify(judged.items);
      return isAsked ? JSON.stringify(text.split(',').map((item) => item.trim())) : undefined;
  }
};

/** Half of what a double counts exactly: beyond it, microseconds would be rounded. */
const withinTime = (atUs: number): number | undefined => (Number.isSafeInteger(atUs) ? atUs : undefined);
