import { parseListLiteral } from './list-literal.ts';
import { dayUs, parseInstant } from './time.ts';
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

/** The kind of a single cell. */
export const cellKinds = {
  /** A whole number of at most 15 digits. */
  integer: 0,
  /** A longer whole number that fits in 64 bits. */
  wide: 1,
  /** A number with a decimal point and at most 18 digits. */
  decimal: 2,
  /** A number with an exponent or with more digits. */
  float: 3,
  /** Digits that are an identifier, not a number: with leading zeros, or too long for 64 bits. */
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
const floatForm = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const monthStart = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i;
const booleans: Readonly<Record<string, number>> = { true: 1, false: 0 };
const looseBooleans: Readonly<Record<string, number>> = { '1': 1, '0': 0, yes: 1, no: 0, y: 1, n: 0, t: 1, f: 0 };

/**
 * Parses cells one by one: `parse(text)` returns the kind and sets the fields to the parsed value. One object serves all
 * cells, because allocating a result for each would cost more than parsing.
 */
export class CellParser {
  /** The value of an integer or float, the digits of a decimal without its point, a boolean as 0 or 1, days or microseconds. */
  number = 0;
  /** The value where a double cannot represent it. */
  wide = 0n;
  /** Digits after the decimal point. */
  scale = 0;
  /** Digits before the decimal point. */
  wholeDigits = 0;
  items: readonly string[] = [];

  /** Parses a cell that is not empty and returns its kind. */
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
      // Subtraction from zero, because negation would yield -0.
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

  /** A cell that begins like a number but is not a plain one. */
  #parseOther(text: string): number {
    const trimmed = text.trim();
    if (trimmed.length < text.length) return this.parse(trimmed);
    if (text.length > 40) return cellKinds.text;
    if (text.length >= 8 && text.charCodeAt(0) !== 45) {
      // Most longer cells that begin with an ISO date are instants, so no other form is tried for them.
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

/** How the cells of a column are stored. */
export interface ColumnPlan {
  readonly type: ColumnType;
  /** INTEGER and DECIMAL: the number of digits of the longest value. */
  readonly precision: number;
  /** Digits after the point of a DECIMAL; its values are stored as whole numbers of this scale. */
  readonly scale: number;
  /** Whether its numbers are stored as 64-bit integers, because a double would round some. */
  readonly wide: boolean;
  /** Whether the client has stated the type, which then accepts more spellings: `yes` for BOOLEAN, `a,b` for STRING_LIST. */
  readonly isExplicit: boolean;
}

/** A column of a dataset version, as the catalogue of the version describes it. */
export interface DatasetColumn extends ColumnPlan {
  /** The header as written, or with a number appended where another column has the same header. */
  readonly name: string;
  /** The header as written. */
  readonly header: string;
  /** The name of the column in the file of the version: its name, changed where the file could not have it. */
  readonly field: string;
  /** Whether all texts of the column are ASCII, so that their case can be ignored without Unicode's rules. */
  readonly isAscii: boolean;
  /** Number of cells without a value, misfits included. */
  readonly nulls: number;
  /** Number of cells whose text does not fit the type. */
  readonly misfits: number;
}

/** Whether the cells of a column are numbers. */
export const isNumeric = ({ type }: Pick<ColumnPlan, 'type'>): boolean =>
  type === 'INTEGER' || type === 'DECIMAL' || type === 'FLOAT';

/** Whether a column is stored as text (lists as JSON); the others are stored as numbers. */
export const isTextual = ({ type }: Pick<ColumnPlan, 'type'>): boolean => type === 'STRING' || type === 'STRING_LIST';

const powers = Array.from({ length: 19 }, (_each, exponent) => 10 ** exponent);

/**
 * The stored value of a parsed cell: text for textual columns, a number, or a bigint in wide columns. Undefined when the
 * cell does not fit the type of its column.
 */
export const encodeCell = (
  { type, scale, wide, isExplicit: isExplicitType }: ColumnPlan,
  text: string,
  kind: number,
  parsed: CellParser,
): string | number | bigint | undefined => {
  switch (type) {
    case 'STRING':
      return text;
    case 'INTEGER':
      if (kind === cellKinds.integer) return wide ? BigInt(parsed.number) : parsed.number;
      return kind === cellKinds.wide && wide ? parsed.wide : undefined;
    case 'DECIMAL': {
      const isWhole = kind === cellKinds.integer || kind === cellKinds.wide;
      if (!isWhole && kind !== cellKinds.decimal) return undefined;
      const more = scale - parsed.scale;
      if (more < 0 || parsed.wholeDigits + scale > 18) return undefined;
      const isWide = kind === cellKinds.wide || parsed.wholeDigits + parsed.scale > 15;
      if (!wide) return isWide ? undefined : parsed.number * (powers[more] as number);
      return (isWide ? parsed.wide : BigInt(parsed.number)) * 10n ** BigInt(more);
    }
    case 'FLOAT': {
      if (kind > cellKinds.float) return undefined;
      const value = Number(text);
      return Number.isFinite(value) ? value : undefined;
    }
    case 'BOOLEAN':
      if (kind === cellKinds.boolean) return parsed.number;
      return isExplicitType ? looseBooleans[text.trim().toLowerCase()] : undefined;
    case 'DATE':
      return kind === cellKinds.date ? parsed.number : undefined;
    case 'DATE_TIME':
      if (kind === cellKinds.dateTime) return parsed.number;
      return kind === cellKinds.date ? withinTime(parsed.number * dayUs) : undefined;
    case 'STRING_LIST':
      if (kind === cellKinds.list) return JSON.stringify(parsed.items);
      return isExplicitType ? JSON.stringify(text.split(',').map((item) => item.trim())) : undefined;
  }
};

/** Undefined beyond the safe integers, where microseconds would be rounded. */
const withinTime = (atUs: number): number | undefined => (Number.isSafeInteger(atUs) ? atUs : undefined);
