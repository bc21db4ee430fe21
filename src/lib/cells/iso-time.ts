const digit = (text: string, at: number): number => {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : -1000;
};

/** Two digits as a number, negative when they are not digits. */
const two = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Whether a text begins with `2024-12-31`, a date that exists from the year 1 on. Without allocation, because it is called for each cell. */
export const isIsoDate = (text: string): boolean => {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return false;
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  if (year < 1 || two(text, 0) < 0 || two(text, 2) < 0 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  if (day <= 28) return true;
  if (month === 2) return day === 29 && isLeap(year);
  return day <= 30 || !(month === 4 || month === 6 || month === 9 || month === 11);
};

/** Where `10:00:00` or `10:00:00.123` after a date of ten characters and a separator ends; -1 when there is no such time. */
export const isoTimeEnd = (text: string): number => {
  const separator = text.charCodeAt(10);
  if (separator !== 32 && separator !== 84 && separator !== 116) return -1;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return -1;
  const [hour, minute, second] = [two(text, 11), two(text, 14), two(text, 17)];
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  if (text.charCodeAt(19) !== 46) return 19;
  let at = 20;
  while (digit(text, at) >= 0) at += 1;
  return at === 20 ? -1 : at;
};
