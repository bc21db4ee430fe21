import type { Yielder } from '../lib/yielding.ts';
import { partsOf, type Span } from './key-sort.ts';

/** Positions of which one key may have the code units. */
const positionsMax = 16;
/** The code units that have digits, and one cell for the end of a text. */
const cells = 257;
/** One more than the greatest code unit. */
const unitsEnd = 65_536;
/** All whole numbers up to it are exact as doubles, and all their differences. */
const keysMax = 2 ** 52;
/** Code units of a key whose digits are any. */
const anyUnits = 3;

/** Which code units the texts have at each position. */
interface Alphabets {
  readonly seen: Uint8Array;
  shortest: number;
  longest: number;
  /** Whether all code units that were read have digits. */
  isNarrow: boolean;
}

/**
 * Writes a number for each text, which is less for a text that comes before by its code units from `offset` on. It holds as
 * many of them as it has room for: at each position, the digits are those of the units that occur there. Returns the offset of
 * the rest, by which texts with equal numbers are in order; undefined without a rest: they are equal from `offset` on.
 */
export const readTextKeys = async (
  texts: readonly string[],
  keys: Float64Array,
  offset: number,
  maybeYield: Yielder,
): Promise<number | undefined> => {
  const all = { from: 0, to: texts.length };
  const found = { seen: new Uint8Array(positionsMax * cells), shortest: Infinity, longest: 0, isNarrow: true };
  for (const part of partsOf(all)) {
    readAlphabets(texts, part, offset, found);
    await maybeYield();
  }
  const digits = found.isNarrow ? digitsOf(found, offset) : undefined;
  for (const part of partsOf(all)) {
    if (digits) writeKeys(texts, part, { keys, offset, ...digits });
    else writeWideKeys(texts, part, { keys, offset });
    await maybeYield();
  }
  const next = offset + (digits ? digits.positions : anyUnits);
  return next < found.longest ? next : undefined;
};

const readAlphabets = (texts: readonly string[], { from, to }: Span, offset: number, found: Alphabets): void => {
  const { seen } = found;
  let { shortest, longest, isNarrow } = found;
  for (let index = from; index < to; index++) {
    const text = texts[index] as string;
    const { length } = text;
    if (length < shortest) shortest = length;
    if (length > longest) longest = length;
    const end = Math.min(length, offset + positionsMax);
    for (let position = offset, row = 1; position < end; position++, row += cells) {
      const unit = text.charCodeAt(position);
      if (unit < cells - 1) seen[row + unit] = 1;
      else isNarrow = false;
    }
  }
  Object.assign(found, { shortest, longest, isNarrow });
};

interface Digits {
  /** By position and code unit; the first cell of a position is the end of a text. */
  readonly digits: Uint16Array;
  /** By position. */
  readonly radixes: Uint16Array;
  readonly positions: number;
}

const digitsOf = ({ seen, shortest, longest }: Alphabets, offset: number): Digits => {
  const digits = new Uint16Array(seen.length);
  const radixes = new Uint16Array(positionsMax);
  let possible = 1;
  for (let position = 0; position < positionsMax; position++) {
    if (offset + position >= longest) return { digits, radixes, positions: position };
    // The end is the first digit where a text may have ended.
    let radix = offset + position >= shortest ? 1 : 0;
    const row = position * cells;
    for (let cell = 1; cell < cells; cell++) if (seen[row + cell] === 1) digits[row + cell] = radix++;
    possible *= radix;
    if (possible > keysMax) return { digits, radixes, positions: position };
    radixes[position] = radix;
  }
  return { digits, radixes, positions: positionsMax };
};

interface WrittenKeys {
  readonly keys: Float64Array;
  readonly offset: number;
}

const writeKeys = (
  texts: readonly string[],
  { from, to }: Span,
  { keys, offset, digits, radixes, positions }: WrittenKeys & Digits,
): void => {
  for (let index = from; index < to; index++) {
    const text = texts[index] as string;
    const ofText = Math.max(0, Math.min(positions, text.length - offset));
    let key = 0;
    let position = 0;
    for (let row = 1; position < ofText; position++, row += cells)
      key = key * (radixes[position] as number) + (digits[row + text.charCodeAt(offset + position)] as number);
    for (; position < positions; position++) key *= radixes[position] as number;
    keys[index] = key;
  }
};

const writeWideKeys = (texts: readonly string[], { from, to }: Span, { keys, offset }: WrittenKeys): void => {
  for (let index = from; index < to; index++) {
    const text = texts[index] as string;
    let key = 0;
    for (let position = offset; position < offset + anyUnits; position++)
      key = key * (unitsEnd + 1) + (position < text.length ? text.charCodeAt(position) + 1 : 0);
    keys[index] = key;
  }
};
