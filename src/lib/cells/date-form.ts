import type { DateOrder } from '../import-options.ts';
import { beginsLikeDate, lettersEnd, monthAt, weekdayEnd } from './date-words.ts';
import { digitsEnd, digitsValue, twoDigits } from './digits.ts';

const century = 100;
/** Two digits for the year are 1969 to 2068, as in POSIX. */
const pivot = 69;

const yearMax = 9999;

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Whether a date exists in the years 1 to 9999. */
export const isDate = (year: number, month: number, day: number): boolean => {
  if (year < 1 || year > yearMax || month < 1 || month > 12 || day < 1 || day > 31) return false;
  if (day <= 28) return true;
  if (month === 2) return day === 29 && isLeap(year);
  return day <= 30 || !(month === 4 || month === 6 || month === 9 || month === 11);
};

/** Formats a date as `2008-10-21`. */
export const formatDate = (year: number, month: number, day: number): string =>
  `${twoDigits[Math.floor(year / century)]}${twoDigits[year % century]}-${twoDigits[month]}-${twoDigits[day]}`;

const yearOf = (value: number, digits: number): number =>
  digits > 2 ? value : value + (value < pivot ? 20 : 19) * century;

/**
 * Reads the date at the beginning of a text. One object serves all cells: `parse` sets its fields. It compares characters and
 * uses no regular expressions, because it sees every cell of a column of such dates.
 */
export class DateForm {
  /** The date; its order is that of the column when `isDigits`. */
  year = 0;
  month = 0;
  day = 0;
  /** Whether the date is known: not when it is written in digits and the order is not known, or another. */
  isKnown = false;
  /** Where the date ends in the text. */
  end = 0;
  /** Whether the order of the parts is that of the column. */
  isDigits = false;
  canBeDayFirst = false;
  canBeMonthFirst = false;
  /** Whether the parts are separated by points, as where the day comes first. */
  hasPoints = false;
  readonly #order: DateOrder | null;
  readonly #allowsShortYear: boolean;

  constructor(order: DateOrder | null, allowsShortYear: boolean) {
    this.#order = order;
    this.#allowsShortYear = allowsShortYear;
  }

  /** Whether the text begins with a date. The fields are only valid then. */
  parse(text: string): boolean {
    const first = text.charCodeAt(0);
    if (first < 48 || first > 57) return beginsLikeDate(text) && this.#parseWords(text, weekdayEnd(text));
    const end = digitsEnd(text, 0);
    if (end <= 2) {
      const separator = text.charCodeAt(end);
      if (separator !== 45 && separator !== 47 && separator !== 46) return this.#parseDayFirst(text, 0);
      const next = text.charCodeAt(end + 1);
      return next >= 48 && next <= 57 ? this.#parseDigits(text, end) : this.#parseDayFirst(text, 0);
    }
    if (end === 4) return this.#parseYearFirst(text);
    return end === 8 && this.#parseCompact(text);
  }

  /** `2008-10-21`, `2008/1/2`, `2008.10.21`: with the year first the order of the others is certain. */
  #parseYearFirst(text: string): boolean {
    const separator = text.charCodeAt(4);
    if (separator !== 45 && separator !== 47 && separator !== 46) return false;
    const monthEnd = digitsEnd(text, 5);
    if (monthEnd === 5 || monthEnd > 7 || text.charCodeAt(monthEnd) !== separator) return false;
    const end = digitsEnd(text, monthEnd + 1);
    if (end === monthEnd + 1 || end > monthEnd + 3) return false;
    const month = digitsValue(text, 5, monthEnd);
    return this.#set(end, digitsValue(text, 0, 4), month, digitsValue(text, monthEnd + 1, end));
  }

  /** `20240305T100000`, the basic form of ISO 8601, which needs the time, because the date alone is a number. */
  #parseCompact(text: string): boolean {
    const next = text.charCodeAt(9);
    if (text.charCodeAt(8) !== 84 || !(next >= 48 && next <= 57)) return false;
    return this.#set(8, digitsValue(text, 0, 4), digitsValue(text, 4, 6), digitsValue(text, 6, 8));
  }

  /** A date with its month in letters behind an optional weekday. */
  #parseWords(text: string, start: number): boolean {
    const first = text.charCodeAt(start);
    return first >= 48 && first <= 57 ? this.#parseDayFirst(text, start) : this.#parseMonthFirst(text, start);
  }

  /** `21 Oct 2008`, `21-Oct-2008`, `21. October 2008`, `21/Oct/2008`. */
  #parseDayFirst(text: string, start: number): boolean {
    const dayEnd = digitsEnd(text, start);
    if (dayEnd === start || dayEnd > start + 2) return false;
    const monthStart = separatorEnd(text, ordinalEnd(text, dayEnd), 46);
    const monthEnd = lettersEnd(text, monthStart);
    const month = monthStart < 0 ? 0 : monthAt(text, monthStart, monthEnd);
    if (month === 0) return false;
    const yearStart = separatorEnd(text, text.charCodeAt(monthEnd) === 46 ? monthEnd + 1 : monthEnd, 44);
    const end = digitsEnd(text, yearStart);
    if (yearStart < 0 || end !== yearStart + 4) return false;
    return this.#set(end, digitsValue(text, yearStart, end), month, digitsValue(text, start, dayEnd));
  }

  /** `Oct 21, 2008`, `October 21 2008`, `Oct. 21, 2008`, `October 21st, 2008`. */
  #parseMonthFirst(text: string, start: number): boolean {
    const monthEnd = lettersEnd(text, start);
    const month = monthAt(text, start, monthEnd);
    if (month === 0) return false;
    const blank = text.charCodeAt(monthEnd) === 46 ? monthEnd + 1 : monthEnd;
    if (text.charCodeAt(blank) !== 32) return false;
    const dayStart = blank + 1;
    const dayEnd = digitsEnd(text, dayStart);
    if (dayEnd === dayStart || dayEnd > dayStart + 2) return false;
    const comma = ordinalEnd(text, dayEnd);
    const separator = text.charCodeAt(comma);
    if (separator !== 44 && separator !== 32) return false;
    const yearStart = text.charCodeAt(comma + 1) === 32 ? comma + 2 : comma + 1;
    const end = digitsEnd(text, yearStart);
    if (end !== yearStart + 4) return false;
    return this.#set(end, digitsValue(text, yearStart, end), month, digitsValue(text, dayStart, dayEnd));
  }

  /** Reads `2024-12-31`, which is known to begin the text. */
  setIso(text: string): void {
    this.#set(10, digitsValue(text, 0, 4), digitsValue(text, 5, 7), digitsValue(text, 8, 10));
  }

  #set(end: number, year: number, month: number, day: number): boolean {
    this.#setDate(year, month, day);
    this.end = end;
    this.isDigits = false;
    this.isKnown = isDate(year, month, day);
    return this.isKnown;
  }

  #setDate(year: number, month: number, day: number): void {
    this.year = year;
    this.month = month;
    this.day = day;
  }

  /** `21.10.2008`, `10/21/2008`, `21.10.08`: the order of the parts is that of the column. */
  #parseDigits(text: string, firstEnd: number): boolean {
    const separator = text.charCodeAt(firstEnd);
    const secondEnd = digitsEnd(text, firstEnd + 1);
    if (secondEnd > firstEnd + 3 || text.charCodeAt(secondEnd) !== separator) return false;
    const end = digitsEnd(text, secondEnd + 1);
    const yearDigits = end - secondEnd - 1;
    if (yearDigits !== 4 && (yearDigits !== 2 || !this.#allowsShortYear)) return false;
    const first = digitsValue(text, 0, firstEnd);
    const second = digitsValue(text, firstEnd + 1, secondEnd);
    const third = digitsValue(text, secondEnd + 1, end);
    const year = yearOf(third, yearDigits);
    this.canBeDayFirst = isDate(year, second, first);
    this.canBeMonthFirst = isDate(year, first, second);
    this.hasPoints = separator === 46;
    this.isDigits = true;
    this.end = end;
    return this.#setByOrder(year, first, second) || this.#setYearFirst(first, second, yearDigits === 2 ? third : 0);
  }

  #setByOrder(year: number, first: number, second: number): boolean {
    const order = this.#order;
    this.isKnown = order === 'DMY' ? this.canBeDayFirst : order === 'MDY' && this.canBeMonthFirst;
    if (order === 'DMY') this.#setDate(year, second, first);
    else this.#setDate(year, first, second);
    return order !== 'YMD' && (this.canBeDayFirst || this.canBeMonthFirst);
  }

  /** `24-12-31`, which only the order makes a date. */
  #setYearFirst(shortYear: number, month: number, day: number): boolean {
    if (this.#order !== 'YMD') return false;
    const year = yearOf(shortYear, 2);
    this.isKnown = day > 0 && isDate(year, month, day);
    this.#setDate(year, month, day);
    return this.isKnown || this.canBeDayFirst || this.canBeMonthFirst;
  }
}

const ordinals = new Set(['st', 'nd', 'rd', 'th']);

/** Where `st`, `nd`, `rd` or `th` at `at` ends. */
const ordinalEnd = (text: string, at: number): number => {
  const letter = text.charCodeAt(at);
  if (!(letter > 64)) return at;
  return ordinals.has(text.slice(at, at + 2).toLowerCase()) ? at + 2 : at;
};

/** Where a blank, `-`, `/` or the mark with a blank ends; -1 without a separator. */
const separatorEnd = (text: string, at: number, mark: number): number => {
  const code = text.charCodeAt(at);
  if (code === 32 || code === 45 || code === 47) return at + 1;
  return code === mark && text.charCodeAt(at + 1) === 32 ? at + 2 : -1;
};
