import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonRecord } from '../../src/sources/json-lines.ts';
import { createRecordBytes } from '../../src/sources/record-bytes.ts';
import { readRecordStream } from '../../src/sources/record-stream.ts';

const recordBytesMax = 120;

const value = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -0,
    1.5,
    1e30,
    '',
    'a',
    'é',
    '\u{1f600}',
    'a "b"',
    '\\',
    'x'.repeat(60),
    '],[{',
    '\ud800',
  ),
  fc.integer(),
  fc.array(fc.constantFrom(1, 'a'), { maxLength: 2 }),
);
const object = fc.record({ id: value, name: value, more: value }, { requiredKeys: [] });
/** How the elements are written, and what is no object. */
const element = fc.oneof(
  { weight: 6, arbitrary: object.map((each) => JSON.stringify(each)) },
  { weight: 1, arbitrary: object.map((each) => JSON.stringify(each, null, 1)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('1', '"{}"', '[{"id":1}]', '{"id":01}', '{"id":1,}', '{ }', '{"__proto__":1}'),
  },
);

it('reads each element of a list as it is read alone, however the list is divided', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(element, { maxLength: 12 }),
      fc.constantFrom(',', ' , ', ',\n'),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
      fc.nat(40),
      async (elements, separator, sizes, fault) => {
        const list = Buffer.from(`[${elements.join(separator)}]`);
        // In one of some lists an element is no text.
        const at = list.indexOf('"x');
        if (fault === 0 && at > 0) list[at + 1] = 0xff;
        async function* chunks() {
          for (let from = 0, index = 0; from < list.length; index++) {
            const size = sizes[index % sizes.length] as number;
            yield list.subarray(from, from + size);
            from += size;
          }
        }
        const found: unknown[] = [];
        const options = { recordBytesMax, bodyBytesMax: 10_000, onIgnored: () => undefined };
        for await (const records of readRecordStream(chunks(), options)) found.push(...records);
        let start = 1;
        let line = 1;
        const expected = elements.map((each) => {
          const bytes = createRecordBytes(recordBytesMax);
          const end = start + Buffer.byteLength(each);
          bytes.add(list, start, end);
          const record = jsonRecord(line, bytes.drain());
          start = end + separator.length;
          line += (each + separator).split('\n').length - 1;
          return record;
        });
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 400 },
  );
});
