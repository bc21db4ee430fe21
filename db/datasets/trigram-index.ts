import { fold } from '../../src/lib/fold.ts';
import type { Table } from './table.ts';

const separator = '\0';

/** Bits of the signature of a chunk; a chunk of 1024 rows has a few thousand distinct trigrams. */
const signatureBits = 2 ** 15;
const signatureWords = signatureBits / 32;

/** A Bloom filter of the folded trigrams of each chunk: a chunk that lacks a trigram need not be read. */
interface Signatures {
  readonly words: Uint32Array;
}

const bitOf = (text: string, at: number): number => {
  const hash =
    (Math.imul(text.charCodeAt(at), 0x9e3779b1) ^
      Math.imul(text.charCodeAt(at + 1), 0x85ebca6b) ^
      Math.imul(text.charCodeAt(at + 2), 0xc2b2ae35)) >>>
    0;
  return (hash ^ (hash >>> 15)) & (signatureBits - 1);
};

const signaturesOf = (table: Table, column: number): Signatures => {
  const { spans } = table.file;
  const words = new Uint32Array(spans.length * signatureWords);
  for (let chunk = 0; chunk < spans.length; chunk += 1) {
    const text = fold(table.file.text(column, chunk));
    const base = chunk * signatureWords;
    for (let at = 0; at + 2 < text.length; at += 1) {
      const bit = bitOf(text, at);
      words[base + (bit >>> 5)] = (words[base + (bit >>> 5)] as number) | (1 << (bit & 31));
    }
  }
  return { words };
};

/** Searches of a column before its signatures are computed. */
const scansMax = 1;

/**
 * The chunks that may contain a folded text: all chunks for the first search of a column and for texts of fewer than three
 * characters, otherwise the chunks that have all trigrams of the text. The check is cheap even when it excludes no chunk.
 */
const chunksToRead = (table: Table, column: number, folded: string): number[] => {
  const all = table.file.spans.map((_span, chunk) => chunk);
  if (folded.length < 3 || all.length < 4) return all;
  const searches = table.cached(
    `searches ${column}`,
    () => ({ count: 0 }),
    () => 8,
  );
  searches.count += 1;
  if (searches.count <= scansMax) return all;
  const { words } = table.cached(
    `signatures ${column}`,
    () => signaturesOf(table, column),
    ({ words: { byteLength } }) => byteLength,
  );
  const bits = Array.from({ length: folded.length - 2 }, (_each, at) => bitOf(folded, at));
  return all.filter((chunk) => {
    const base = chunk * signatureWords;
    return bits.every((bit) => (((words[base + (bit >>> 5)] as number) >>> (bit & 31)) & 1) === 1);
  });
};

/**
 * A mask of the rows of a textual column whose text contains `needle`, ignoring case unless `isExact`. A needle that begins
 * or ends with NUL matches only at the beginning or end of the text.
 */
export const maskOfMatchingTexts = (table: Table, column: number, needle: string, isExact: boolean): Uint8Array => {
  const mask = new Uint8Array(table.rows);
  const pattern = isExact ? needle : fold(needle);
  const core = fold(needle.replaceAll(separator, ''));
  for (const chunk of chunksToRead(table, column, core)) {
    const { firstRow } = table.file.spans[chunk] as { firstRow: number };
    const plain = table.file.text(column, chunk);
    // With NUL at both ends, the first and last texts are delimited like the others.
    const text = `${separator}${isExact ? plain : fold(plain)}${separator}`;
    let row = -1;
    let rowEnd = 0;
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, rowEnd)) {
      // The matching text begins at the last NUL that is not after the first character of the match.
      while (rowEnd <= at) {
        row += 1;
        rowEnd = text.indexOf(separator, rowEnd + 1);
      }
      mask[firstRow + row] = 1;
    }
  }
  return mask;
};
