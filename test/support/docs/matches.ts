/** Stands for any text in a line or string; alone in a line for any lines, alone in JSON for any value. */
const anything = '…';

/** Whether `actual` is the text that a page shows, up to white space at the ends of lines and of the whole. */
export const textMatches = (expected: string, actual: string): boolean => {
  const pattern = linesOf(expected)
    .map((line) => (line.trim() === anything ? '(?:.*\\n)*?' : `${patternOf(line)}\\n`))
    .join('');
  return new RegExp(`^${pattern}$`).test(`${linesOf(actual).join('\n')}\n`);
};

/**
 * Whether `actual` is the JSON value that a page shows. `"…"` matches any value; as the last element of an array any
 * further elements; as a key any further keys.
 */
export const jsonMatches = (expected: unknown, actual: unknown): boolean => {
  if (expected === anything) return true;
  if (typeof expected === 'string')
    return typeof actual === 'string' && new RegExp(`^${patternOf(expected)}$`, 's').test(actual);
  if (Array.isArray(expected)) return Array.isArray(actual) && elementsMatch(expected, actual);
  if (isObject(expected)) return isObject(actual) && keysMatch(expected, actual);
  return Object.is(expected, actual);
};

const elementsMatch = (expected: readonly unknown[], actual: readonly unknown[]): boolean => {
  const isOpen = expected.at(-1) === anything;
  const elements = isOpen ? expected.slice(0, -1) : expected;
  if (isOpen ? actual.length < elements.length : actual.length !== elements.length) return false;
  return elements.every((element, index) => jsonMatches(element, actual[index]));
};

const keysMatch = (expected: Readonly<Record<string, unknown>>, actual: Readonly<Record<string, unknown>>): boolean => {
  const keys = Object.keys(expected).filter((key) => key !== anything);
  if (!(anything in expected) && keys.length !== Object.keys(actual).length) return false;
  return keys.every((key) => key in actual && jsonMatches(expected[key], actual[key]));
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const patternOf = (text: string): string =>
  text
    .split(anything)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*?');

const linesOf = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
