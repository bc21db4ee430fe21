import type { DateOrder } from '../import-options.ts';
import { civilFromDays, daysFromCivil } from '../time.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const fullNames = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july'],
  ...['august', 'september', 'october', 'november', 'december'],
];

/** `2008-10-21`, `2008/1/2`, `2008.10.21`: with the year first the order of the others is certain. */
const yearFirst = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/;
/** `20240305T100000`, the basic form of ISO 8601, which needs the time, because the date alone is a number. */
const compact = /^(\d{4})(\d\d)(\d\d)(?=T\d)/;
/** The weekday that some date-times begin with; it is not checked. */
const weekday = '(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\\.?,? )?';
/** `Oct 21, 2008`, `October 21 2008`, `Oct. 21, 2008`, `October 21st, 2008`. */
const monthFirst = new RegExp(`^${weekday}([a-z]{3,9})\\.? (\\d{1,2})(?:st|nd|rd|th)?(?:,| ) ?(\\d{4})(?!\\d)`, 'i');
/** `21 Oct 2008`, `21-Oct-2008`, `21. October 2008`, `21/Oct/2008`. */
const dayFirst = new RegExp(
  `^${weekday}(\\d{1,2})(?:st|nd|rd|th)?(?:\\.? |-|/)([a-z]{3,9})\\.?(?:,? |-|/)(\\d{4})(?!\\d)`,
  'i',
);
/** `21.10.2008`, `10/21/2008`, `21.10.08`: the order of the parts is that of the column. */
const digits = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/;
const century = 100;
/** Two digits for the year are 1969 to 2068, as in POSIX. */
const pivot = 69;

const yearMax = 9999;

/** An index of three letters, without regard to case and without allocation. */
const lettersAt = (text: string): number =>
  ((text.charCodeAt(0) & 31) << 10) | ((text.charCodeAt(1) & 31) << 5) | (text.charCodeAt(2) & 31);

const dateWords = new Uint8Array(1 << 15);
for (const word of [...months, 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) dateWords[lettersAt(word)] = 1;

/** Whether a text may begin with a month or a weekday: nearly all other texts are sorted out by it. */
export const beginsLikeDate = (text: string): boolean => dateWords[lettersAt(text)] === 1;

const monthOf = (name: string): number => {
  const word = name.toLowerCase();
  const index = word.length === 3 ? months.indexOf(word) : word === 'sept' ? 8 : fullNames.indexOf(word);
  return index + 1;
};

/** Days from 1970-01-01; null for a date that does not exist and for years beyond 1 to 9999. */
export const daysOfDate = (year: number, month: number, day: number): number | null => {
  if (year < 1 || year > yearMax || month < 1 || month > 12 || day < 1 || day > 31) return null;
  const days = daysFromCivil(year, month, day);
  // February 30 would become a day of March.
  return day <= 28 || civilFromDays(days).month === month ? days : null;
};

const yearOf = (text: string): number => {
  const year = Number(text);
  if (text.length > 2) return year;
  return year + (year < pivot ? 20 : 19) * century;
};

/** Reads the date at the beginning of a text. One object serves all cells: `parse` sets its fields. */
export class DateForm {
  /** Days from 1970-01-01; null when the order is not known and the date is written in digits. */
  days: number | null = null;
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
    if (first >= 48 && first <= 57) {
      const iso = yearFirst.exec(text);
      if (iso !== null) return this.#set(iso, 1, 3, 4);
      const basic = compact.exec(text);
      if (basic !== null) return this.#set(basic, 1, 2, 3);
      const inDigits = digits.exec(text);
      if (inDigits !== null) return this.#parseDigits(inDigits);
    }
    const european = dayFirst.exec(text);
    if (european !== null) return this.#set(european, 3, 2, 1);
    const american = monthFirst.exec(text);
    return american !== null && this.#set(american, 3, 1, 2);
  }

  #set(match: RegExpExecArray, year: number, month: number, day: number): boolean {
    const name = match[month] as string;
    const number = name.charCodeAt(0) > 57 ? monthOf(name) : Number(name);
    this.days = daysOfDate(Number(match[year]), number, Number(match[day]));
    this.end = match[0].length;
    this.isDigits = false;
    return this.days !== null;
  }

  #parseDigits([all, first = '', separator, second = '', last = '']: RegExpExecArray): boolean {
    if (last.length === 2 && !this.#allowsShortYear) return false;
    const [a, b, year] = [Number(first), Number(second), yearOf(last)];
    const dayFirstDays = daysOfDate(year, b, a);
    const monthFirstDays = daysOfDate(year, a, b);
    const order = this.#order;
    const isShortYearFirst = order === 'YMD' && last.length === 2;
    const yearFirstDays = isShortYearFirst ? daysOfDate(yearOf(first.padStart(2, '0')), b, Number(last)) : null;
    this.canBeDayFirst = dayFirstDays !== null;
    this.canBeMonthFirst = monthFirstDays !== null;
    this.hasPoints = separator === '.';
    this.isDigits = true;
    this.end = all.length;
    this.days = order === 'DMY' ? dayFirstDays : order === 'MDY' ? monthFirstDays : yearFirstDays;
    return this.canBeDayFirst || this.canBeMonthFirst || yearFirstDays !== null;
  }
}
