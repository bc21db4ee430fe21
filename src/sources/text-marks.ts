/**
 * Finds line ends and delimiters in a text that is read once from its start to its end. Each is searched again only when it
 * has been passed, so a text without carriage returns is searched for them once.
 */
export class TextMarks {
  readonly #text: string;
  readonly #delimiter: string;
  #lineFeed = -1;
  #carriageReturn = -1;
  #nextDelimiter = -1;
  #backslash = -1;
  #savedLineFeed = -1;
  #savedCarriageReturn = -1;
  #savedDelimiter = -1;
  #savedBackslash = -1;

  /** An empty delimiter is never found. */
  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
  }

  /** The next CR or LF at or after a position; the length of the text when there is none. */
  lineEnd(at: number): number {
    if (this.#lineFeed < at) this.#lineFeed = find(this.#text, '\n', at);
    if (this.#carriageReturn < at) this.#carriageReturn = find(this.#text, '\r', at);
    return this.#lineFeed < this.#carriageReturn ? this.#lineFeed : this.#carriageReturn;
  }

  /** The next delimiter at or after a position; the length of the text when there is none. */
  delimiter(at: number): number {
    if (this.#nextDelimiter < at)
      this.#nextDelimiter = this.#delimiter === '' ? this.#text.length : find(this.#text, this.#delimiter, at);
    return this.#nextDelimiter;
  }

  /** The next backslash at or after a position; the length of the text when there is none. */
  backslash(at: number): number {
    if (this.#backslash < at) this.#backslash = find(this.#text, '\\', at);
    return this.#backslash;
  }

  /** Call it at the start of a row: `restore` returns to it. */
  save(): void {
    this.#savedLineFeed = this.#lineFeed;
    this.#savedCarriageReturn = this.#carriageReturn;
    this.#savedDelimiter = this.#nextDelimiter;
    this.#savedBackslash = this.#backslash;
  }

  restore(): void {
    this.#lineFeed = this.#savedLineFeed;
    this.#carriageReturn = this.#savedCarriageReturn;
    this.#nextDelimiter = this.#savedDelimiter;
    this.#backslash = this.#savedBackslash;
  }
}

/** The position of a character at or after `from`; the length of the text when there is none. */
export const find = (text: string, character: string, from: number): number => {
  const at = text.indexOf(character, from);
  return at < 0 ? text.length : at;
};

const lineFeed = 10;
const carriageReturn = 13;

/** The position of the first CR or LF at or after `from`; the length of the text when there is none. */
export const lineEndAfter = (text: string, from: number): number => {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === lineFeed || code === carriageReturn) break;
  }
  return Math.min(at, text.length);
};

/** Where the line begins that follows a line end; -1 when text that is not read yet decides it. */
export const afterLineEnd = (text: string, end: number, isFinal: boolean): number => {
  const { length } = text;
  let at = end;
  // A text that was converted to CRLF twice has two CRs.
  for (let count = 0; text.charCodeAt(at) === carriageReturn && count < 2; count += 1) {
    if (at + 1 === length) return isFinal ? length : -1;
    if (text.charCodeAt(at + 1) === lineFeed) return at + 2;
    if (text.charCodeAt(at + 1) !== carriageReturn) break;
    at += 1;
  }
  if (isFinal || end + 1 < length || text.charCodeAt(end) !== carriageReturn) return Math.min(end + 1, length);
  return -1;
};
