const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  "'": "'",
  '"': '"',
  '\\': '\\',
  '/': '/',
};

const asTexts = (value: unknown): string[] | null => {
  if (!Array.isArray(value)) return null;
  const texts = value.map((item) => (typeof item === 'string' || typeof item === 'number' ? String(item) : null));
  return texts.includes(null) ? null : (texts as string[]);
};

/** Parses a Python list of strings with single or double quotes and backslash escapes; null for other text. */
const parsePythonList = (text: string): string[] | null => {
  const items: string[] = [];
  let at = 1;
  const skipSpace = (): void => {
    while (text[at] === ' ') at += 1;
  };
  skipSpace();
  if (text[at] === ']') return at === text.length - 1 ? items : null;
  for (;;) {
    const quote = text[at];
    if (quote !== "'" && quote !== '"') return null;
    at += 1;
    let item = '';
    while (text[at] !== quote) {
      const char = text[at];
      if (char === undefined) return null;
      at += 1;
      if (char !== '\\') {
        item += char;
        continue;
      }
      const name = text[at] ?? '';
      at += 1;
      const digits = name === 'x' ? 2 : name === 'u' ? 4 : 0;
      if (digits > 0) {
        const code = text.slice(at, at + digits);
        if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(code)) return null;
        item += String.fromCharCode(Number.parseInt(code, 16));
        at += digits;
      } else item += escapes[name] ?? `\\${name}`;
    }
    at += 1;
    items.push(item);
    skipSpace();
    if (text[at] === ']') return at === text.length - 1 && items.every((each) => each.isWellFormed()) ? items : null;
    if (text[at] !== ',') return null;
    at += 1;
    skipSpace();
    // Python allows a trailing comma.
    if (text[at] === ']') return at === text.length - 1 ? items : null;
  }
};

/** Parses a list in JSON or Python notation, `["a", "b"]` or `['a', "b"]`; null for other text. */
export const parseListLiteral = (text: string): string[] | null => {
  if (!(text.startsWith('[') && text.endsWith(']'))) return null;
  if (text.includes("'")) {
    const items = parsePythonList(text);
    if (items) return items;
  }
  try {
    const items = asTexts(JSON.parse(text));
    return items?.every((each) => each.isWellFormed() && !each.includes('\0')) ? items : null;
  } catch {
    return parsePythonList(text);
  }
};
