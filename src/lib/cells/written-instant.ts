import type { WrittenInstant } from '../field-reader.ts';
import type { DateOrder } from '../import-options.ts';
import { formatInstant, instantMaxUs, instantMinUs, parseInstant } from '../time.ts';
import { DateForm } from './date-form.ts';
import { TimeForm } from './time-form.ts';

/**
 * Digits in front of the point of a number of seconds, milliseconds, microseconds or nanoseconds since 1970, and how many of
 * the digits behind them are microseconds. The numbers of one unit are years away from those of the next: nine and ten digits
 * of seconds are the years 1973 to 2286. Fewer digits are refused, because `20240305` is a date to its writer.
 */
const microsBehind = (digits: number): number | undefined => {
  const units: Readonly<Record<number, number>> = { 9: 6, 10: 6, 12: 3, 13: 3, 15: 0, 16: 0, 18: -3, 19: -3 };
  return units[digits];
};

const plainNumber = /^-?\d+(?:\.\d+)?$/;
const epochNumber = /^([1-9]\d*)(?:\.(\d+))?$/;

/** A comment of RFC 5322 such as `(CEST)`, or a zone of RFC 9557 such as `[Europe/Berlin]`, behind an offset that decides. */
const zoneComment = /((?:[+-]\d\d:?\d\d|Z))\s*(?:\([^()]*\)|\[[^[\]]*\])$/i;

/**
 * Reads an instant as senders of records write it: the texts of `parseInstant`, numbers since 1970 by their count of digits,
 * RFC 5322 (`Mon, 1 May 2023 10:00:00 +0200`), the text of a JavaScript Date, months in letters, slashes and points. Dates
 * whose day and month could be exchanged are refused. Never throws.
 */
export const readWrittenInstant = (written: string): WrittenInstant => {
  const text = written.trim();
  if (plainNumber.test(text)) return epochInstant(text);
  const plain = text.replace(zoneComment, '$1');
  const usual = parseInstant(plain);
  if (usual !== null) return { atUs: usual };
  const time = parsedIn(plain, null);
  if (time === null) return { problem: `must be a date and time like 2017-01-31T10:00:00Z from ${span()}` };
  const { date } = time;
  if (date.isDigits && date.canBeDayFirst && date.canBeMonthFirst && date.day !== date.month)
    return { problem: 'may begin with the day or the month: it must be a date and time like 2017-01-31T10:00:00Z' };
  const read = date.isDigits ? parsedIn(plain, date.canBeDayFirst ? 'DMY' : 'MDY') : time;
  return inRange(read?.atUs());
};

/** A year has four digits: what `05.03.24` begins with is not known. */
const parsedIn = (text: string, order: DateOrder | null): TimeForm | null => {
  const form = new TimeForm(new DateForm(order, false));
  return form.parse(text) ? form : null;
};

const epochInstant = (text: string): WrittenInstant => {
  const [, whole = '', fraction = ''] = epochNumber.exec(text) ?? [];
  const micros = microsBehind(whole.length);
  if (micros === undefined)
    return {
      problem:
        'must be a date and time like 2017-01-31T10:00:00Z, or seconds, milliseconds, microseconds or nanoseconds since 1970 in 10, 13, 16 or 19 digits',
    };
  const digits = micros < 0 ? whole.slice(0, micros) : whole + fraction.slice(0, micros).padEnd(micros, '0');
  return inRange(Number(digits));
};

const inRange = (atUs: number | undefined): WrittenInstant =>
  atUs !== undefined && atUs >= instantMinUs && atUs <= instantMaxUs
    ? { atUs }
    : { problem: `must be a date and time from ${span()}` };

const span = (): string => `${formatInstant(instantMinUs).slice(0, 10)} to ${formatInstant(instantMaxUs).slice(0, 10)}`;
