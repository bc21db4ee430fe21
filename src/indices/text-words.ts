/**
 * Texts as words of 32 bits, so that to compare or hash one takes a step for each four of its code units. Words are equal only
 * where the texts are, and the words of no text begin those of another one.
 *
 * A short text, whose code units are bytes, has its length in the first byte and its code units in those behind it. Any other
 * text has a word for its form and a word for its length before them, and two bytes for each code unit if it has a greater one.
 * What is left of the last word is 0.
 */

/** The first byte, where it is not the length. */
const longForm = 255;
/** Added to it where code units take two bytes. */
const wideForm = 256;

/** No text of so many code units has more words. */
export const wordsMax = (units: number): number => 2 + ((units + 1) >>> 1);

/** An array into which texts are written as words. */
export class WordWriter {
  words: Int32Array;

  constructor(capacity: number) {
    this.words = new Int32Array(capacity);
  }

  /** Makes room for a text of so many code units, when it is written at 0; what was written is lost. */
  provideRoom(units: number): void {
    if (wordsMax(units) > this.words.length) this.words = new Int32Array(wordsMax(units));
  }

  /** Writes the words of a part of a text from one position on; returns the position behind them. There is room for `wordsMax`. */
  write(at: number, text: string, start: number, end: number): number {
    const length = end - start;
    if (length >= longForm) return this.#writeLong(at, text, start, end);
    const { words } = this;
    let position = at;
    let word = length;
    let shift = 8;
    /** All bits that any code unit has. */
    let bits = 0;
    for (let index = start; index < end; index++) {
      const unit = text.charCodeAt(index);
      bits |= unit;
      word |= unit << shift;
      shift += 8;
      if (shift === 32) {
        words[position++] = word;
        word = 0;
        shift = 0;
      }
    }
    if (bits > 0xff) return this.#writeLong(at, text, start, end);
    if (shift > 0) words[position++] = word;
    return position;
  }

  #writeLong(at: number, text: string, start: number, end: number): number {
    const { words } = this;
    const isNarrow = isOneByteText(text, start, end);
    words[at] = isNarrow ? longForm : longForm | wideForm;
    words[at + 1] = end - start;
    const unitBits = isNarrow ? 8 : 16;
    let position = at + 2;
    let word = 0;
    let shift = 0;
    for (let index = start; index < end; index++) {
      word |= text.charCodeAt(index) << shift;
      shift += unitBits;
      if (shift === 32) {
        words[position++] = word;
        word = 0;
        shift = 0;
      }
    }
    if (shift > 0) words[position++] = word;
    return position;
  }
}

/** How many words the text has that starts at a position. */
export const countWords = (words: Int32Array, at: number): number => {
  const first = words[at] as number;
  const length = lengthOf(words, at);
  if (!isLong(first)) return 1 + (length >>> 2);
  return 2 + (isWide(first) ? (length + 1) >>> 1 : (length + 3) >>> 2);
};

/** How many code units the text has that starts at a position. */
const lengthOf = (words: Int32Array, at: number): number => {
  const first = words[at] as number;
  return isLong(first) ? (words[at + 1] as number) : first & 0xff;
};

/** The text whose words start at a place. */
export const readText = (words: Int32Array, at: number): string => {
  const first = words[at] as number;
  const length = lengthOf(words, at);
  const offset = words.byteOffset + 4 * at + (isLong(first) ? 8 : 1);
  return isWide(first)
    ? Buffer.from(words.buffer, offset, 2 * length).toString('utf16le')
    : Buffer.from(words.buffer, offset, length).toString('latin1');
};

/** What V8 takes for the text as a string: it makes them in steps of 8 bytes. */
export const stringBytesOf = (words: Int32Array, at: number): number => {
  const bytes = lengthOf(words, at) * (isWide(words[at] as number) ? 2 : 1);
  return stringHeadBytes + 8 * Math.ceil(bytes / 8);
};

/** What V8 takes for a string beside its code units. */
const stringHeadBytes = 16;

const isLong = (first: number): boolean => (first & 0xff) === longForm;
const isWide = (first: number): boolean => (first & 0x1ff) === (longForm | wideForm);

const isOneByteText = (text: string, start: number, end: number): boolean => {
  for (let index = start; index < end; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
};
