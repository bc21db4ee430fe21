import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countWords, readText, stringBytesOf, WordWriter, wordsMax } from '../../src/indices/text-words.ts';

/** Of every width and around the length from which on a text has another form. */
const text = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .record({
      unit: fc.constantFrom('a', 'ÿ', 'Ā', '\u0000', '𝄞', '\ud800'),
      length: fc.integer({ min: 250, max: 260 }),
    })
    .map(({ unit, length }) => unit.repeat(length)),
);

const wordsOf = (of: string): number[] => {
  const writer = new WordWriter(wordsMax(of.length) + 1);
  const { words } = writer;
  words.fill(-1);
  const end = writer.write(1, of, 0, of.length);
  expect(words[0]).toBe(-1);
  expect([...words.subarray(end)].every((word) => word === -1)).toBe(true);
  expect(countWords(words, 1)).toBe(end - 1);
  expect(readText(words, 1)).toBe(of);
  return [...words.subarray(1, end)];
};

it('the words of a text have its code units, and no others begin with them', () => {
  fc.assert(
    fc.property(text, text, (first, second) => {
      const [some, others] = [wordsOf(first), wordsOf(second)];
      const begin = others.slice(0, some.length);
      expect(begin.join() === some.join()).toBe(first === second);
    }),
    { numRuns: 1000 },
  );
});

it('a part of a text has the words that it has alone', () => {
  fc.assert(
    fc.property(text, text, text, (before, part, after) => {
      const writer = new WordWriter(1);
      writer.provideRoom(part.length);
      const end = writer.write(0, before + part + after, before.length, before.length + part.length);
      expect([...writer.words.subarray(0, end)]).toEqual(wordsOf(part));
    }),
  );
});

it.each([
  ['', 1],
  ['abc', 1],
  ['abcd', 2],
  ['a'.repeat(254), 64],
  ['a'.repeat(255), 66],
  ['ж', 3],
])('%s takes a word for each four bytes behind its length', (of, words) => {
  const written = new WordWriter(100).write(0, of, 0, of.length);
  expect(written).toBe(words);
});

it('a string takes a head and steps of 8 bytes', () => {
  const writer = new WordWriter(100);
  for (const [of, bytes] of [
    ['a'.repeat(9), 32],
    ['ж'.repeat(4), 24],
    ['ж'.repeat(5), 32],
  ] as const) {
    writer.write(0, of, 0, of.length);
    expect(stringBytesOf(writer.words, 0)).toBe(bytes);
  }
});
