/** Microseconds in a day. */
export const dayUs = 86_400_000_000;

/**
 * The first and last instant, in microseconds since 1970 UTC: 1685-01-01 and the end of 2254, the whole years in which
 * a double counts every microsecond exactly (2^53 of them are 285 years on each side of 1970).
 */
export const instantMinUs = -8_993_635_200_000_000;
export const instantMaxUs = 8_993_721_599_999_999;

/** The largest whole number that is not above a / b. */
const floorDiv = (a: number, b: number): number => Math.floor(a / b);

/**
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar, month 1 to 12. This is days_from_civil of
 * Howard Hinnant, https://howardhinnant.github.io/date_algorithms.html: years begin in March there.
 */
export const daysFromCivil = (year: number, month: number, day: number): number => {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = floorDiv(marchYear, 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.trunc((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.trunc(yearOfEra / 4) - Math.trunc(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

export interface CivilDate {
  year: number;
  month: number;
  day: number;
}

/** The date of a day counted from 1970-01-01; civil_from_days of the same source. */
export const civilFromDays = (days: number): CivilDate => {
  const shifted = days + 719_468;
  const era = floorDiv(shifted, 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.trunc(
    (dayOfEra - Math.trunc(dayOfEra / 1460) + Math.trunc(dayOfEra / 36_524) - Math.trunc(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.trunc(yearOfEra / 4) - Math.trunc(yearOfEra / 100));
  const marchMonth = Math.trunc((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.trunc((153 * marchMonth + 2) / 5) + 1,
  };
};

const daysInMonth = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

/** Two digits as a number, -1 when they are not digits: charCodeAt past the end is NaN, which no comparison lets in. */
const twoDigits = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
};

/** Where the digits that begin at `at` end. */
const digitsEnd = (text: string, at: number): number => {
  let end = at;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1;
  return end;
};

/** Microseconds of the fraction digits in [from, to), of which those beyond the sixth are cut off. */
const fractionUs = (text: string, from: number, to: number): number => {
  let us = 0;
  for (let digit = 0; digit < 6; digit += 1) {
    us = us * 10 + (from + digit < to ? text.charCodeAt(from + digit) - 48 : 0);
  }
  return us;
};

/** Where `UTC` or `GMT` that begins at `at` ends; `at` itself when neither does. */
const utcEnd = (text: string, at: number): number => {
  const [a, b, c] = [text.charCodeAt(at) | 32, text.charCodeAt(at + 1) | 32, text.charCodeAt(at + 2) | 32];
  const isUtc = a === 117 && b === 116 && c === 99;
  const isGmt = a === 103 && b === 109 && c === 116;
  return isUtc || isGmt ? at + 3 : at;
};

/**
 * Microseconds that local time is ahead of UTC, from the end of an instant's text, perhaps after one space: `Z`, `UTC`,
 * `GMT`, `±HH:MM`, `±HHMM`, `±HH`; no zone is UTC. Null for anything else.
 */
const offsetUs = (text: string, start: number): number | null => {
  if (text.length === start) return 0;
  const at = text.charCodeAt(start) === 32 ? start + 1 : start;
  const length = text.length - at;
  const first = text.charCodeAt(at);
  if (first === 90 || first === 122) return length === 1 ? 0 : null;
  if (first !== 43 && first !== 45) return length === 3 && utcEnd(text, at) > at ? 0 : null;
  const hours = twoDigits(text, at + 1);
  const hasColon = text.charCodeAt(at + 3) === 58;
  const minutes = length === 3 ? 0 : twoDigits(text, at + (hasColon ? 4 : 3));
  if (length !== 3 && length !== (hasColon ? 6 : 5)) return null;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return null;
  return (first === 45 ? -60_000_000 : 60_000_000) * (hours * 60 + minutes);
};

const dateDays = (text: string): number | null => {
  const century = twoDigits(text, 0);
  const yearOfCentury = twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (century < 0 || yearOfCentury < 0 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return null;
  const year = century * 100 + yearOfCentury;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return daysFromCivil(year, month, day);
};

/**
 * Reads RFC 3339 and its usual relatives: `YYYY-MM-DD` (its start) or `YYYY-MM-DDTHH:MM[:SS[.f]]` with `T`, `t` or one
 * space, then a zone: `Z`, `UTC`, `GMT`, `±HH:MM`, `±HHMM`, `±HH`, or nothing (UTC). A fraction is cut off after
 * microseconds. Null for all else: impossible dates, hour 24, second 60, instants outside `instantMinUs` to `instantMaxUs`.
 */
export const parseInstant = (text: string): number | null => {
  const days = dateDays(text);
  if (days === null) return null;
  let us = days * dayUs;
  if (text.length > 10) {
    const separator = text.charCodeAt(10);
    const hour = twoDigits(text, 11);
    const minute = twoDigits(text, 14);
    if ((separator !== 84 && separator !== 116 && separator !== 32) || text.charCodeAt(13) !== 58) return null;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return null;
    us += (hour * 60 + minute) * 60_000_000;
    let at = 16;
    if (text.charCodeAt(at) === 58) {
      const second = twoDigits(text, at + 1);
      if (second < 0 || second > 59) return null;
      us += second * 1_000_000;
      at += 3;
      const sign = text.charCodeAt(at);
      if (sign === 46 || sign === 44) {
        const end = digitsEnd(text, at + 1);
        if (end === at + 1) return null;
        us += fractionUs(text, at + 1, end);
        at = end;
      }
    }
    const ahead = offsetUs(text, at);
    if (ahead === null) return null;
    us -= ahead;
  }
  return us >= instantMinUs && us <= instantMaxUs ? us : null;
};

/** 00 to 99. */
const pairs: readonly string[] = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));

/** Two digits of a whole number below 100. */
const pair = (value: number): string => pairs[value] as string;

const yearText = (year: number): string =>
  year >= 1000 && year <= 9999 ? String(year) : String(year).padStart(4, '0');

/** The fraction of a second with its point, without zeros at its end; nothing for zero. */
const fractionText = (micros: number): string => {
  if (micros === 0) return '';
  const digits = `.${pair(Math.trunc(micros / 10_000))}${pair(Math.trunc(micros / 100) % 100)}${pair(micros % 100)}`;
  return micros % 10 === 0 ? digits.replace(/0+$/, '') : digits;
};

/** RFC 3339 with `Z`; the fraction has 1 to 6 digits and is left out when zero. Throws RangeError for no instant. */
export const formatInstant = (us: number): string => {
  if (!Number.isSafeInteger(us)) throw new RangeError(`not an instant: ${us}`);
  const days = floorDiv(us, dayUs);
  const withinDay = us - days * dayUs;
  const seconds = Math.trunc(withinDay / 1_000_000);
  const minutes = Math.trunc(seconds / 60);
  const time = `${pair(Math.trunc(minutes / 60))}:${pair(minutes % 60)}:${pair(seconds % 60)}`;
  return `${formatDays(days)}T${time}${fractionText(withinDay % 1_000_000)}Z`;
};

/** Formats days from 1970-01-01 as `2008-10-21`. */
export const formatDays = (days: number): string => {
  const { year, month, day } = civilFromDays(days);
  return `${yearText(year)}-${pair(month)}-${pair(day)}`;
};
