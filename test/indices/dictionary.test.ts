import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDictionary } from '../../src/indices/dictionary.ts';
import { absentUint32 } from '../../src/indices/growable.ts';
import { CapturedColumns, LoadedColumns } from '../../src/ledger/index-files/columns.ts';
import { bufferFor, columnIn, typeOf } from '../../src/ledger/index-files/format.ts';
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
  const wide = fc.constantFrom(
    'ж',
    'é',
    '\u0000',
    '漢字',
    '𝄞',
    'u',
    'ж'.repeat(256),
    'a'.repeat(254),
    'a'.repeat(2000),
    '',
  );
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

test('a dictionary from a file has the texts that it had, also when others came while the file was written', async () => {
  const text = fc.oneof(fc.string({ maxLength: 2 }), fc.string({ unit: 'binary', maxLength: 300 }));
  await fc.assert(
    fc.asyncProperty(fc.array(text), fc.array(text), fc.nat(3000), async (before, later, many) => {
      const dictionary = createDictionary();
      for (const each of before) dictionary.intern(each);
      for (let index = 0; index < many; index++) dictionary.intern(`text ${index}`);
      const size = dictionary.size;
      const texts = Array.from({ length: size }, (_, code) => dictionary.textOf(code));
      const captured = new CapturedColumns();
      dictionary.exchange(captured);
      for (const each of later) dictionary.intern(`later ${each}`);
      const columns = (await captured.settled()).map(({ name, parts }) => {
        const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
        const column = columnIn(bufferFor(bytes), { name, type: typeOf(parts[0] as Int32Array), bytes, crc32: 0 });
        let offset = 0;
        for (const part of parts) {
          column.set(part, offset);
          offset += part.length;
        }
        return [name, column] as const;
      });
      const loaded = createDictionary();
      loaded.exchange(new LoadedColumns(new Map(columns)));
      expect(loaded.size).toBe(size);
      for (const [code, each] of texts.entries()) {
        expect(loaded.codeOf(each)).toBe(code);
        expect(loaded.textOf(code)).toBe(each);
      }
      for (const each of later) expect(loaded.codeOf(`later ${each}`)).toBeUndefined();
      const added = new Set(later.map((each) => `later ${each}`));
      expect([...added].map((each) => loaded.intern(each))).toEqual([...added].map((_, index) => size + index));
    }),
    { numRuns: 40 },
  );
});

test('reads absent texts of a column without memory for them', () => {
  const dictionary = createDictionary();
  // Absent texts in all places of the blocks in which texts are read.
  const texts = Array.from({ length: 3000 }, (_, index) => (index % 3 === 1 ? `text ${index % 7}` : null));
  const before = process.memoryUsage().arrayBuffers;
  const codes = dictionary.internAll(TextColumn.of([null, null, 'first', ...texts, null]));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  expect([...codes.subarray(0, 4)]).toEqual([-1, -1, 0, -1]);
  expect(codes.at(-1)).toBe(-1);
  expect(dictionary.size).toBe(8);
});
