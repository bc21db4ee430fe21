import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDictionary } from '../../src/indices/dictionary.ts';
import { absentUint32 } from '../../src/indices/growable.ts';
import { TextColumn } from '../../src/lib/text-column.ts';

test('dictionary codes are dense and stable and map back to their text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), (texts) => {
      const dictionary = createDictionary();
      const codes = texts.map((text) => dictionary.intern(text));
      const distinct = [...new Set(texts)];

      expect(dictionary.size).toBe(distinct.length);
      expect(codes).toEqual(texts.map((text) => distinct.indexOf(text)));
      expect(codes.map((code) => dictionary.textOf(code))).toEqual(texts);
    }),
  );
});

test('looking up an unknown text assigns no code', () => {
  const dictionary = createDictionary();
  expect(dictionary.codeOf('london')).toBeUndefined();
  expect(dictionary.size).toBe(0);
  dictionary.intern('');
  dictionary.intern('__proto__');
  expect(dictionary.codeOf('')).toBe(0);
  expect(dictionary.codeOf('__proto__')).toBe(1);
  expect(dictionary.codeOf('constructor')).toBeUndefined();
});

test('textOf throws for a code that was never assigned', () => {
  expect(() => createDictionary().textOf(0)).toThrow(RangeError);
});

test('reads the codes of many texts as of each of them alone', () => {
  // Of every width, the longest id included, and so many that texts of one shard share a tag.
  const wide = fc.constantFrom('ж', 'é', '\u0000', '漢字', '𝄞', 'u', 'ж'.repeat(256), 'a'.repeat(256), '');
  const text = fc.oneof(fc.string({ maxLength: 3 }), wide, fc.string({ unit: 'binary', maxLength: 5 }));
  const many = Array.from({ length: 20_000 }, (_, index) => `${index}`);
  const dictionary = createDictionary();
  const expected = new Map(many.map((each) => [each, dictionary.intern(each)]));
  fc.assert(
    fc.property(fc.array(text), fc.array(text, { maxLength: 2000 }), (known, requested) => {
      for (const each of known) expected.set(each, dictionary.intern(each));
      const texts = [...requested, ...known, ...requested, 'never', ...many.slice(known.length, 3000)];
      const codes = new Uint32Array(texts.length);
      dictionary.readCodes(texts, codes);
      expect([...codes]).toEqual(texts.map((each) => expected.get(each) ?? absentUint32));
    }),
    { numRuns: 50 },
  );
  const codes = new Uint32Array(many.length + 20_000);
  const absent = many.map((each) => `${each}x`);
  dictionary.readCodes([...many, ...absent], codes);
  expect([...codes]).toEqual([...many.map((_, index) => index), ...absent.map(() => absentUint32)]);
});

test('the texts of a column get the codes that they get one by one, and null gets none', () => {
  const text = fc.oneof(fc.string({ maxLength: 2 }), fc.string({ unit: 'binary', maxLength: 40 }), fc.constant(null));
  fc.assert(
    fc.property(fc.array(text), fc.array(text), (first, second) => {
      const [together, alone] = [createDictionary(), createDictionary()];
      for (const texts of [first, second]) {
        const codes = texts.map((each) => (each === null ? -1 : alone.intern(each)));
        expect([...together.internAll(TextColumn.of(texts))]).toEqual(codes);
        for (const [index, code] of codes.entries()) if (code >= 0) expect(together.textOf(code)).toBe(texts[index]);
      }
      expect(together.size).toBe(alone.size);
    }),
  );
});
