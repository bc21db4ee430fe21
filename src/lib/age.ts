import { civilFromDays, daysFromCivil, formatInstant } from './time.ts';

const dayMs = 86_400_000;

/** Days from 1970-01-01 to the day of UTC that holds an instant in milliseconds. */
export const dayOfMs = (atMs: number): number => Math.floor(atMs / dayMs);

/** The days from 1970-01-01 to a day of UTC that holds an instant in microseconds. */
export const dayOfUs = (atUs: number): number => Math.floor(atUs / (dayMs * 1000));

/** The date of UTC, `YYYY-MM-DD`, that holds an instant in milliseconds. */
export const dateOfMs = (atMs: number): string => formatInstant(atMs * 1000).slice(0, 10);

/**
 * Completed years on a day, both as days since 1970-01-01; null before the birth. A person born on 29 February completes
 * a year on 1 March in years without that day.
 */
export const ageOn = (birthDay: number, day: number): number | null => {
  if (day < birthDay) return null;
  const birth = civilFromDays(birthDay);
  const on = civilFromDays(day);
  const hadBirthday = on.month > birth.month || (on.month === birth.month && on.day >= birth.day);
  return on.year - birth.year - (hadBirthday ? 0 : 1);
};

/**
 * The last day on which those were born who have completed so many years on `day`: `ageOn(birthDay, day) >= years` is
 * `birthDay <= lastBirthDay(years, day)`.
 */
export const lastBirthDay = (years: number, day: number): number => {
  const { year, month, day: dayOfMonth } = civilFromDays(day);
  const monthEnd = daysFromCivil(month === 12 ? year - years + 1 : year - years, (month % 12) + 1, 1) - 1;
  return Math.min(daysFromCivil(year - years, month, dayOfMonth), monthEnd);
};

/** The first day on which somebody who was born on a day has completed so many years, both as days since 1970-01-01. */
const birthdayOf = (birthDay: number, years: number): number => {
  const { year, month, day } = civilFromDays(birthDay);
  // In years without it, 29 February is the day before 1 March plus one: 1 March.
  return daysFromCivil(year + years, month, day);
};

/** The days on which somebody who was born on a day enters each band of `ageBands`. */
export const bandDaysOf = (birthDay: number): number[] => ageBands.map(({ from }) => birthdayOf(birthDay, from));

/** Counts completed years on one day for many births, without splitting each date into year, month and day. */
export const createAges = (day: number): ((birthDay: number) => number | null) => {
  const bounds: number[] = [];
  const boundOf = (years: number): number => {
    for (let next = bounds.length; next <= years; next++) bounds.push(lastBirthDay(next, day));
    return bounds[years] as number;
  };
  return (birthDay) => {
    if (birthDay > day) return null;
    let years = Math.floor((day - birthDay) / 365.2425);
    while (birthDay > boundOf(years)) years--;
    while (birthDay <= boundOf(years + 1)) years++;
    return years;
  };
};

/** Ranges of ages, both ends inside; the last one is open. */
export const ageBands: readonly { readonly from: number; readonly to: number | null }[] = [
  { from: 0, to: 17 },
  { from: 18, to: 24 },
  { from: 25, to: 34 },
  { from: 35, to: 44 },
  { from: 45, to: 54 },
  { from: 55, to: 64 },
  { from: 65, to: null },
];

/** The index of an age's band in `ageBands`. */
export const ageBandOf = (age: number): number => ageBands.findIndex(({ to }) => to === null || age <= to);

/** The name of a band: `25-34`, `65+`. */
export const ageBandLabels: readonly string[] = ageBands.map(({ from, to }) =>
  to === null ? `${from}+` : `${from}-${to}`,
);

/** The band that a name stands for; null for any other text. */
export const ageBandOfLabel = (label: string): (typeof ageBands)[number] | null =>
  ageBands[ageBandLabels.indexOf(label)] ?? null;
