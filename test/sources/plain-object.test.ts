import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineReader, jsonRecord } from '../../src/sources/json-lines.ts';
import { PlainObjectReader } from '../../src/sources/plain-object.ts';
import type { SourceRecord } from '../../src/sources/source.ts';

const limit = 2000;

const recordsIn = (bytes: Buffer, chunkBytes: number): SourceRecord[] => {
  const records: SourceRecord[] = [];
  const reader = createLineReader(limit, (record) => void records.push(record));
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  reader.finish();
  return records;
};

/** Each line by itself, read by `JSON.parse`. */
const expectedIn = (lines: readonly string[]): SourceRecord[] =>
  lines.flatMap((text, index) => {
    const raw = text.endsWith('\r') ? text.slice(0, -1) : text;
    return raw.trim() === '' ? [] : [jsonRecord(index + 1, { raw })];
  });

const names = fc.constantFrom('id', 'at', 'price', 'a b', '1', 'é', '__proto__', 'toString', '');
const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.stringMatching(/^-?\d{1,17}(\.\d{0,9})?([eE][+-]?\d{1,2})?$/),
  fc.constantFrom('-0', '0', '-0.0', '00', '.5', '5.', '-', '1.2.3', '999999999999999', '0.00000000000001'),
);
const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"plain"', '"2024-01-31T10:00:00Z"', '"tab\t"', '"\u007f"', '"\\u0041"', '"open', '""'),
  numberText,
  numberText,
  fc.constantFrom('null', 'true', 'false', 'nul', 'truer', '{}', '[1]', '{"id":1}', ''),
);
const space = fc.constantFrom('', '', '', ' ', '  ', '\t');
const member = fc.tuple(space, names, space, space, value, space);
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '', ' '),
    fc.oneof(fc.array(member, { maxLength: 4 }), fc.uniqueArray(member, { maxLength: 5, selector: (each) => each[1] })),
    fc.constantFrom('', '', '', '', '\r', ' ', ' \r', ',', '}', '\r\r'),
  )
  .map(([before, members, after]) => {
    const texts = members.map(([a, name, b, c, text, d]) => `${a}${JSON.stringify(name)}${b}:${c}${text}${d}`);
    return `${before}{${texts.join(',')}}${after}`;
  });

describe('lines of JSON', () => {
  it('are read as JSON.parse reads each of them', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.integer({ min: 1, max: 3000 }), (lines, chunkBytes) => {
        // The same once more, when the names are known.
        const all = [...lines, ...lines].map((text) => text.replaceAll('\n', ' ').toWellFormed());
        const records = recordsIn(Buffer.from(`${all.join('\n')}\n`), chunkBytes);
        expect(records).toStrictEqual(expectedIn(all));
      }),
      { numRuns: 2000 },
    );
  });

  it('are read without JSON.parse when they have the names of an earlier one', () => {
    const reader = new PlainObjectReader();
    const read = (text: string) => {
      const bytes = Buffer.from(`x${text}\n`);
      return reader.read({ bytes, text: bytes.toString('latin1') }, 1, bytes.length - 1);
    };
    expect(read('{"id":1}')).toBeNull();
    reader.learn({ id: 1, city: 'a', price: 2, isOpen: true });
    expect(read('{"id":1,"city":"Köln am langen Rhein","price":-12.50,"isOpen":false}\r')).toEqual({
      value: { id: 1, city: 'Köln am langen Rhein', price: -12.5, isOpen: false },
      raw: '{"id":1,"city":"Köln am langen Rhein","price":-12.50,"isOpen":false}',
    });
    expect(read('{ "id": "a text of some length", "price": null }')?.value).toEqual({
      id: 'a text of some length',
      price: null,
    });
    for (const other of ['{"city":"a","id":1}', '{"id":1,"id":2}', '{"id":1,"new":2}', '{"id":1234567890123456}'])
      expect(read(other)).toBeNull();
  });
});
