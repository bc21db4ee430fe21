const months = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july'],
  ...['august', 'september', 'october', 'november', 'december'],
];
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
/** Abbreviations with more than three letters. */
const longAbbreviations = ['sept', 'tues', 'thur', 'thurs', 'wednes', 'satur'];

/** Three letters as a number, without regard to case. */
const lettersOf = (first: number, second: number, third: number): number =>
  ((first & 31) << 10) | ((second & 31) << 5) | (third & 31);

/** Three letters of a text as a number, without allocation. */
const lettersAt = (text: string, at: number): number =>
  lettersOf(text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2));

const weekdayMark = 13;
/** By the first three letters: the number of a month, `weekdayMark` for a weekday, 0 for other letters. */
const words = new Uint8Array(1 << 15);
for (const [index, month] of months.entries()) words[lettersAt(month, 0)] = index + 1;
for (const weekday of weekdays) words[lettersAt(weekday, 0)] = weekdayMark;

const longWords = new Set([...months, ...weekdays, ...longAbbreviations]);

/** Whether a text may begin with a month or a weekday: nearly all other texts are sorted out by it. */
export const beginsLikeDate = (text: string): boolean => words[lettersAt(text, 0)] !== 0;

/** The same by the codes of the first three characters. */
export const mayBeginDate = (first: number, second: number, third: number): boolean =>
  words[lettersOf(first, second, third)] !== 0;

/** Where the ASCII letters that begin at `at` end. */
export const lettersEnd = (text: string, at: number): number => {
  let end = at;
  while (end < text.length) {
    const letter = text.charCodeAt(end) | 32;
    if (letter < 97 || letter > 122) break;
    end += 1;
  }
  return end;
};

/** What the letters from `start` to `end` are: the month from 1, 13 for a weekday, or 0. */
const wordAt = (text: string, start: number, end: number): number => {
  if (end - start < 3) return 0;
  const word = words[lettersAt(text, start)] as number;
  if (word === 0 || end - start === 3) return word;
  return longWords.has(text.slice(start, end).toLowerCase()) ? word : 0;
};

/** The month from 1 that the letters from `start` to `end` name in English; 0 for other words. */
export const monthAt = (text: string, start: number, end: number): number => {
  const word = wordAt(text, start, end);
  return word === weekdayMark ? 0 : word;
};

/** Where the weekday with its comma and blank ends that a text begins with; 0 without one. The day is not checked. */
export const weekdayEnd = (text: string): number => {
  let end = lettersEnd(text, 0);
  if (wordAt(text, 0, end) !== weekdayMark) return 0;
  if (text.charCodeAt(end) === 46) end += 1;
  if (text.charCodeAt(end) === 44) end += 1;
  return text.charCodeAt(end) === 32 ? end + 1 : 0;
};
