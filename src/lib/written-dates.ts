import { civilFromDays, daysFromCivil } from './time.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const fullNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** The maximum length of a date: `September 30, 2008` and a few spaces. */
const lengthMax = 24;

/** `2008-10-21`, `2008/10/21`: the year first, because otherwise day and month are ambiguous. */
const yearFirst = /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})$/;
/** `Oct 21, 2008`, `October 21 2008`, `Oct. 21, 2008`. */
const monthFirst = /^([A-Za-z]{3,9})\.? (\d{1,2})(?:,| ) ?(\d{4})$/;
/** `21 Oct 2008`, `21-Oct-2008`, `21. October 2008`. */
const dayFirst = /^(\d{1,2})(?:\. | |-)([A-Za-z]{3,9})\.?(?:,? |-)(\d{4})$/;

const monthOf = (name: string): number => {
  const word = name.toLowerCase();
  const index = word.length === 3 ? months.indexOf(word) : word === 'sept' ? 8 : fullNames.indexOf(word);
  return index + 1;
};

const daysOf = (year: number, month: number, day: number): number | null => {
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const days = daysFromCivil(year, month, day);
  // February 30 would become a day of March.
  return civilFromDays(days).month === month ? days : null;
};

/** Parses `2008-10-21`, the most frequent form, without a regular expression. */
const isoDays = (text: string): number | null => {
  if (text.charCodeAt(7) !== 45) return null;
  const number = (from: number, to: number): number => {
    let value = 0;
    for (let at = from; at < to; at += 1) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) return Number.NaN;
      value = value * 10 + digit;
    }
    return value;
  };
  const [year, month, day] = [number(0, 4), number(5, 7), number(8, 10)];
  return month <= 12 && day <= 31 && year >= 0 ? daysOf(year, month, day) : null;
};

/**
 * Days from 1970-01-01 to a date in one of the unambiguous forms: ISO 8601, `2008/10/21`, and forms with the month as an
 * English word (`Oct 21, 2008`, `21 October 2008`). Null for any other text, also for a month without a day.
 */
export const parseWrittenDate = (text: string): number | null => {
  if (text.length < 8 || text.length > lengthMax) return null;
  if (text.length === 10 && text.charCodeAt(4) === 45) return isoDays(text);
  const iso = yearFirst.exec(text);
  if (iso) return daysOf(Number(iso[1]), Number(iso[3]), Number(iso[4]));
  const american = monthFirst.exec(text);
  if (american) return daysOf(Number(american[3]), monthOf(american[1] ?? ''), Number(american[2]));
  const european = dayFirst.exec(text);
  if (european) return daysOf(Number(european[3]), monthOf(european[2] ?? ''), Number(european[1]));
  return null;
};

/** Formats days from 1970-01-01 as `2008-10-21`. */
export const formatDays = (days: number): string => {
  const { year, month, day } = civilFromDays(days);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
};
