import { digitsEnd } from './digits.ts';

/** Whether a text that begins with a digit looks like a code rather than a number: `14a`, `1.2.3`, `1,2,3`. */
export const isCodeLike = (text: string): boolean => {
  const { length } = text;
  let at = digitsEnd(text, 0);
  const sign = text.charCodeAt(at);
  if (sign === 46 || sign === 44) {
    let parts = 1;
    while (at < length && text.charCodeAt(at) === sign) {
      const end = digitsEnd(text, at + 1);
      if (end === at + 1) return false;
      at = end;
      parts += 1;
    }
    return at === length && parts > 2;
  }
  if (at === 0 || at === length || sign === 95) return false;
  for (; at < length; at += 1) if (!isWordCharacter(text.charCodeAt(at))) return false;
  return true;
};

const isWordCharacter = (code: number): boolean =>
  (code >= 48 && code <= 57) || code === 95 || ((code | 32) >= 97 && (code | 32) <= 122);

/** Whether a text is `true` or `false` in any case. */
export const isBoolean = (text: string): boolean => {
  const { length } = text;
  if (length !== 4 && length !== 5) return false;
  const first = text.charCodeAt(0) | 32;
  return first === (length === 4 ? 116 : 102) && text.toLowerCase() === (length === 4 ? 'true' : 'false');
};
