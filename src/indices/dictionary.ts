/** Texts as dense codes from 0 in order of first sight, so that columns and indices hold small integers. */
export interface Dictionary {
  readonly size: number;
  /** Code of a text, undefined when it was never interned. */
  codeOf(text: string): number | undefined;
  /** Code of a text, a new one on first sight. */
  intern(text: string): number;
  /** Text of a code; throws RangeError on a code that was never given out. */
  textOf(code: number): string;
}

/** Holds up to 2^24 texts, the limit of a Map in V8; beyond it `intern` throws RangeError. */
export const createDictionary = (): Dictionary => {
  const codes = new Map<string, number>();
  const texts: string[] = [];

  return {
    get size() {
      return texts.length;
    },
    codeOf: (text) => codes.get(text),
    intern(text) {
      const known = codes.get(text);
      if (known !== undefined) return known;
      const code = texts.length;
      // The Map first: it is the one that can refuse.
      codes.set(text, code);
      texts.push(text);
      return code;
    },
    textOf(code) {
      const text = texts[code];
      if (text === undefined) throw new RangeError(`no text has code ${code}`);
      return text;
    },
  };
};
