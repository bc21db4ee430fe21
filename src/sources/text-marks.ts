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
  #savedLineFeed = -1;
  #savedCarriageReturn = -1;
  #savedDelimiter = -1;

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

  /** Call it at the start of a row: `restore` returns to it. */
  save(): void {
    this.#savedLineFeed = this.#lineFeed;
    this.#savedCarriageReturn = this.#carriageReturn;
    this.#savedDelimiter = this.#nextDelimiter;
  }

  restore(): void {
    this.#lineFeed = this.#savedLineFeed;
    this.#carriageReturn = this.#savedCarriageReturn;
    this.#nextDelimiter = this.#savedDelimiter;
  }
}

/** The position of a character at or after `from`; the length of the text when there is none. */
export const find = (text: string, character: string, from: number): number => {
  const at = text.indexOf(character, from);
  return at < 0 ? text.length : at;
};

/** The position of the first CR or LF at or after `from`; the length of the text when there is none. */
export const lineEndAfter = (text: string, from: number): number => {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) break;
  }
  return Math.min(at, text.length);
};
