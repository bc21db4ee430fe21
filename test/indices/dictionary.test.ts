import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDictionary } from '../../src/indices/dictionary.ts';

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
