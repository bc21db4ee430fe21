import { isDate } from './date-form.ts';

/** Two digits as a number; negative when they are not digits. */
const two = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
};

/** Whether a text of at least ten characters begins with `2024-12-31`, a date of the years 1 to 9999 that exists. */
export const isIsoDate = (text: string): boolean => {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return false;
  const centuries = two(text, 0);
  const years = two(text, 2);
  return centuries >= 0 && years >= 0 && isDate(centuries * 100 + years, two(text, 5), two(text, 8));
};

/** Where `10:00:00` or `10:00:00.123` after a date of ten characters and a separator ends; -1 when there is no such time. */
export const isoTimeEnd = (text: string): number => {
  const { length } = text;
  if (length < 19) return -1;
  const separator = text.charCodeAt(10);
  if (separator !== 32 && separator !== 84 && separator !== 116) return -1;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return -1;
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  if (length === 19 || text.charCodeAt(19) !== 46) return 19;
  let at = 20;
  while (at < length && text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at += 1;
  return at === 20 ? -1 : at;
};
