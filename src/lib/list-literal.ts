const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  "'": "'",
  '"': '"',
  '\\': '\\',
  '/': '/',
};

const numberItem = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Where a number at `at` ends; -1 where there is none. */
const numberEnd = (text: string, at: number): number => {
  numberItem.lastIndex = at;
  return numberItem.test(text) ? numberItem.lastIndex : -1;
};

const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 13 || code === 10;

const isText = (item: unknown): item is string =>
  typeof item === 'string' && item.isWellFormed() && !item.includes('\0');

/** Appends the quoted string that begins at `start` to the items, and returns where it ends; -1 when it does not. */
const readQuoted = (text: string, start: number, items: string[]): number => {
  const quote = text[start];
  let at = start + 1;
  let item = '';
  for (;;) {
    const from = at;
    while (at < text.length && text[at] !== quote && text[at] !== '\\') at += 1;
    if (at > from) item += text.slice(from, at);
    if (at >= text.length) return -1;
    if (text[at] === quote) break;
    at += 1;
    const name = text[at] ?? '';
    at += 1;
    const digits = name === 'x' ? 2 : name === 'u' ? 4 : 0;
    if (digits > 0) {
      const code = text.slice(at, at + digits);
      if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(code)) return -1;
      item += String.fromCharCode(Number.parseInt(code, 16));
      at += digits;
    } else item += escapes[name] ?? `\\${name}`;
  }
  items.push(item);
  return at + 1;
};

/**
 * Parses a list of numbers and of strings with single or double quotes and backslash escapes, as Python writes it; null
 * for other text. Numbers keep the digits that are written.
 */
const parseLooseList = (text: string): string[] | null => {
  const items: string[] = [];
  let at = 1;
  const skipSpace = (): void => {
    while (isSpace(text.charCodeAt(at))) at += 1;
  };
  skipSpace();
  if (text[at] === ']') return at === text.length - 1 ? items : null;
  for (;;) {
    const quote = text[at];
    if (quote === "'" || quote === '"') {
      const end = readQuoted(text, at, items);
      if (end < 0) return null;
      at = end;
    } else {
      const end = numberEnd(text, at);
      if (end < 0) return null;
      items.push(text.slice(at, end));
      at = end;
    }
    skipSpace();
    if (text[at] === ']') return at === text.length - 1 && items.every(isText) ? items : null;
    if (text[at] !== ',') return null;
    at += 1;
    skipSpace();
    // Python allows a trailing comma.
    if (text[at] === ']') return at === text.length - 1 && items.every(isText) ? items : null;
  }
};

/** Parses a list in JSON or Python notation, `["a", "b"]`, `['a', "b"]` or `[1, 2]`, to its texts; null for other text. */
export const parseListLiteral = (text: string): string[] | null => {
  if (!(text.startsWith('[') && text.endsWith(']'))) return null;
  if (text.includes("'")) {
    const items = parseLooseList(text);
    if (items) return items;
  }
  try {
    const items: unknown = JSON.parse(text);
    if (!Array.isArray(items)) return null;
    if (items.every(isText)) return items;
    // Numbers are read here, because JSON.parse rounds them.
    return items.every((item) => isText(item) || typeof item === 'number') ? parseLooseList(text) : null;
  } catch {
    return parseLooseList(text);
  }
};
