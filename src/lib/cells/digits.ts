/** Where the digits that begin at `at` end. */
export const digitsEnd = (text: string, at: number): number => {
  const { length } = text;
  let end = at;
  while (end < length) {
    const code = text.charCodeAt(end);
    if (code < 48 || code > 57) break;
    end += 1;
  }
  return end;
};

/** The number of up to nine digits from `start` to `end`. */
export const digitsValue = (text: string, start: number, end: number): number => {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
};

/** `00` to `99`. */
export const twoDigits: readonly string[] = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));
