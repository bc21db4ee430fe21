import { fold } from '../../../src/lib/fold.ts';
import type { Parameters } from './source.ts';

/**
 * Letters of Unicode 14 and later, which `toLowerCase` of this Node may know and DuckDB does not.
 */
const newCapitals = [
  ...[0x1c89, 0xa7cb, 0xa7cc, 0xa7ce, 0xa7d2, 0xa7d4, 0xa7da, 0xa7dc],
  ...Array.from({ length: 22 }, (_each, index) => 0x10d50 + index),
  ...Array.from({ length: 25 }, (_each, index) => 0x16ea0 + index),
]
  .map((code) => String.fromCodePoint(code))
  .filter((letter) => letter.toLowerCase() !== letter);
const newSmalls = newCapitals.map((letter) => letter.toLowerCase());

/** The signs that `fold` leaves as they are, and noncharacters that stand for them while DuckDB makes letters small. */
const [keptSigns, substitutes] = ['\u0130\u212a', '\ufffe\uffff'];

const quoted = (text: string): string => `'${text}'`;
const [before, after] = [
  [quoted(keptSigns + newCapitals.join('')), quoted(substitutes + newSmalls.join(''))],
  [quoted(`${substitutes}ς`), quoted(`${keptSigns}σ`)],
].map((pair) => pair.join(', '));

/** A text in SQL as `fold` writes it. */
const foldedSql = (text: string): string => `translate(lower(translate(${text}, ${before})), ${after})`;

/** Letters that come from a sign that `fold` keeps, and letters whose capitals DuckDB does not know. */
const unsafe = new RegExp(`[ki${keptSigns}]`);
const unknown = new RegExp(`[${newSmalls.join('')}]`, 'u');

/**
 * The condition that a text contains, or begins with, another text, ignoring case as `fold` does. `lower` alone is several
 * times faster, so it selects first where it finds everything that `fold` finds, and `fold` decides only where they differ.
 */
export const textMatch = (
  text: string,
  needle: string,
  { isAscii, isStart, parameters }: { isAscii: boolean; isStart: boolean; parameters: Parameters },
): string => {
  const folded = fold(needle);
  const compare = (sql: string, value: string): string =>
    `${isStart ? 'starts_with' : 'contains'}(${sql}, ${parameters.add(value)})`;
  if (isAscii) return compare(`lower(${text})`, folded);
  if (newSmalls.length > 0 && unknown.test(folded)) return compare(foldedSql(text), folded);
  // Both signs become a letter in `lower`; small sigma has a second form at the end of a word.
  const lowered = folded.replaceAll('\u212a', 'k').replaceAll('\u0130', 'i');
  const quick = compare(folded.includes('σ') ? `replace(lower(${text}), 'ς', 'σ')` : `lower(${text})`, lowered);
  return unsafe.test(folded) ? `(${quick} and ${compare(foldedSql(text), folded)})` : quick;
};
