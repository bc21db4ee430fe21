import { numberText } from './exact-json.ts';

/** The longest id, in UTF-16 code units. */
export const textIdLengthMax = 256;

/** Whether text can be an id: 1 to 256 code units, well-formed UTF-16, no NUL. */
export const isTextId = (text: string): boolean => {
  if (text.length === 0 || text.length > textIdLengthMax) return false;
  let hasSurrogate = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // NUL ends a text in C.
    if (code === 0) return false;
    if ((code & 0xf800) === 0xd800) hasSurrogate = true;
  }
  // Lone surrogates are stored apart by SQLite and read back equal.
  return !hasSurrogate || text.isWellFormed();
};

/**
 * The id that a JSON value spells, or null. Text stays exactly as it is, never trimmed, compared by code unit; a JSON
 * number becomes its decimal text, so that `1` and `"1"` are one id and `"0001"` is another.
 */
export const textId = (value: unknown): string | null => {
  const text = typeof value === 'string' ? value : numberText(value);
  return text !== null && isTextId(text) ? text : null;
};
