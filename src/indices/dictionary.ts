/** Texts and their codes, which are dense from 0, so that columns and indices hold small integers. */
export interface ReadonlyDictionary {
  readonly size: number;
  /** Code of a text, undefined when it was never interned. */
  codeOf(text: string): number | undefined;
  /** Text of a code; throws RangeError for a code that no text has. */
  textOf(code: number): string;
}

/** A dictionary that assigns codes in the order in which texts are first interned. */
export interface Dictionary extends ReadonlyDictionary {
  /** Code of a text; a new text gets the next code. */
  intern(text: string): number;
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
      // The Map first: only it can throw.
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
