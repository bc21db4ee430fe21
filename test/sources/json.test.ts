import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber } from '../../src/lib/exact-json.ts';
import { rangeShape, recordsOf } from './source-records.ts';

const problemsOf = async (content: string | Uint8Array, options = {}): Promise<string[]> =>
  (await recordsOf(content, options)).map(({ line, problems }) =>
    problems === undefined ? `${line} ok` : `${line} ${problems[0]?.code} ${problems[0]?.message}`,
  );

describe('a JSON array', () => {
  it('returns each element with its original text and its line', async () => {
    const content = '[\n  {"a": 1.50,\n   "b": "x\\"]},"},\n\n  {"a" : 9007199254740993}\n]\n';
    expect(await recordsOf(content)).toEqual([
      { line: 2, raw: '{"a": 1.50,\n   "b": "x\\"]},"}', value: { a: 1.5, b: 'x"]},' } },
      { line: 5, raw: '{"a" : 9007199254740993}', value: { a: new ExactNumber('9007199254740993') } },
    ]);
  });

  it('may be empty, compact, begin with a byte order mark or hold brackets in strings', async () => {
    expect(await recordsOf('[]')).toEqual([]);
    expect(await recordsOf(' [\n] \n')).toEqual([]);
    expect(await recordsOf('\ufeff[{"a":1},{"b":[{}]},{"é":"[["}]')).toMatchObject([
      { raw: '{"a":1}' },
      { raw: '{"b":[{}]}' },
      { value: { é: '[[' } },
    ]);
  });

  it('refuses only the invalid elements', async () => {
    const content = '[{"a":1}, 5, "x,]", null, {"a":tru}, [1], {"a":01}, {"b":2}]';
    const reasons = await problemsOf(content);
    expect(reasons.map((reason) => reason.split(' ')[1])).toEqual([
      'ok',
      'WRONG_TYPE',
      'WRONG_TYPE',
      'WRONG_TYPE',
      'MALFORMED',
      'WRONG_TYPE',
      'MALFORMED',
      'ok',
    ]);
    const deep = `[${'['.repeat(400)}${']'.repeat(400)},{"a":1}]`;
    expect(await problemsOf(deep)).toEqual([expect.stringContaining('nested more than'), '1 ok']);
  });

  it('refuses only the elements that are too long or not UTF-8', async () => {
    const long = `[{"a":"${'é'.repeat(1000)}"},\n{"b":1}]`;
    for (const chunkBytes of [7, 65536]) {
      const [first, second] = await recordsOf(long, { chunkBytes });
      expect(first).toMatchObject({ line: 1, problems: [{ code: 'OUT_OF_RANGE' }] });
      expect(first?.problems?.[0]?.message).toBe('the record has 2008 bytes, over the limit recordBytesMax of 1000');
      expect(first?.raw).toBe(`{"a":"${'é'.repeat(497)}`);
      expect(second).toMatchObject({ line: 2, value: { b: 1 } });
    }
    const invalid = Buffer.concat([Buffer.from('[{"a":"'), Buffer.from([0xff]), Buffer.from('"},{"b":1}]')]);
    expect(await problemsOf(invalid)).toEqual(['1 MALFORMED the record is not valid UTF-8', '1 ok']);
  });

  it.each([
    ['[{"a":1}', 'it ends too early'],
    ['[{"a":1}\n,{"a":"x]', 'line 2: it ends too early'],
    ['[{"a":1},\n]', 'line 2: unexpected ]'],
    ['[,{"a":1}]', 'unexpected ,'],
    ['[{"a":1}\n{"b":2}]', 'line 2: a comma is missing'],
    ['[{"a":[1}]}]', 'unexpected }'],
    ['[{"a":1]]', 'unexpected ]'],
    ['[{"a":1}] x', 'more text after its end'],
    ['[{"a":1}]\n[{"b":1}]', 'line 2: there is more text after its end'],
  ])('is refused as a whole when broken: %s', async (content, message) => {
    const faulty = { code: 'NOT_A_TABLE', message: expect.stringContaining(message) };
    for (const chunkBytes of [1, 3, 65536]) {
      await expect(recordsOf(content, { chunkBytes, limits: { batchRecords: 1 } })).rejects.toMatchObject(faulty);
    }
  });
});

describe('JSON Lines', () => {
  it('returns each non-blank line as a record', async () => {
    expect(await recordsOf('\n{"a":1}\r\n\n  \n {"b":2} \n{"c":3}')).toEqual([
      { line: 2, raw: '{"a":1}', value: { a: 1 } },
      { line: 5, raw: ' {"b":2} ', value: { b: 2 } },
      { line: 6, raw: '{"c":3}', value: { c: 3 } },
    ]);
  });

  it('refuses only the invalid and over-long lines', async () => {
    const content = `{"a":1}\n{"a":\n[1]\n"x"\n{"a":"${'x'.repeat(5000)}"}\n{"b":2}\n`;
    for (const chunkBytes of [11, 65536]) {
      const reasons = await problemsOf(content, { chunkBytes });
      expect(reasons.map((reason) => reason.split(' ').slice(0, 2).join(' '))).toEqual([
        '1 ok',
        '2 MALFORMED',
        '3 WRONG_TYPE',
        '4 WRONG_TYPE',
        '5 OUT_OF_RANGE',
        '6 ok',
      ]);
      expect((await recordsOf(content, { chunkBytes }))[4]?.raw).toHaveLength(1000);
    }
    const invalid = Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xc3]), Buffer.from('"}\n{"b":1}')]);
    expect(await problemsOf(invalid)).toEqual(['1 ok', '2 MALFORMED the record is not valid UTF-8', '3 ok']);
  });

  it('returns the same records in chunks of any size, also around bytes that are not UTF-8 and lines that are too long', async () => {
    const line = fc.oneof(
      fc
        .constantFrom('', '', ' ', '{"a":1}', '{"é":"😀"}', ' {"a":[]}', '{"a":', '5', '\ufeff{"a":1}')
        .map(Buffer.from),
      fc.constantFrom([0xff], [0x7b, 0x80, 0x7d], [0xc3], [0x0d], [0xf0, 0x9f, 0x98]).map(Buffer.from),
      fc.integer({ min: 985, max: 995 }).map((length) => Buffer.from(`{"a":"é${'x'.repeat(length)}"}`)),
    );
    const ends = fc.constantFrom('\n', '\r\n').map(Buffer.from);
    const lines = fc.array(fc.tuple(line, ends), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 80 }), async (rows, chunkBytes) => {
        const content = Buffer.concat([Buffer.from('{"first":1}\n'), ...rows.flat()]);
        // Byte by byte, no line is within one chunk.
        const expected = await Promise.all(
          rows.map(async ([row, end], index) => {
            const [record] = (await recordsOf(Buffer.concat([Buffer.from('{}\n'), row, end]), { chunkBytes: 1 })).slice(
              1,
            );
            return record ? [{ ...record, line: index + 2 }] : [];
          }),
        );
        expect((await recordsOf(content, { chunkBytes })).slice(1)).toEqual(expected.flat());
        expect((await recordsOf(content)).slice(1)).toEqual(expected.flat());
      }),
      { numRuns: 60 },
    );
  });

  it('must begin with an object', async () => {
    for (const content of ['{\n  "a": 1\n', '{"a":1} {"b":1}\n', `{"a":"${'x'.repeat(5000)}"}`]) {
      const message = expect.stringContaining('line 1 is not a record');
      await expect(recordsOf(content)).rejects.toMatchObject({ code: 'NOT_A_TABLE', message });
    }
  });
});

describe('a mapping of cities', () => {
  const options = { shape: rangeShape };

  it('returns one record per range', async () => {
    const content =
      '{\n "london": [\n  {"start": "10.10.0.0", "end": "10.10.255.255"},\n  {"end": "b", "start": "a", "x": 1}],' +
      '\n "none": [],\n "m\\u00fcnchen": [{"cidr": "10.0.0.0/8"}, {"start": 9007199254740993}]}';
    for (const chunkBytes of [1, 65536]) {
      expect(await recordsOf(content, { ...options, chunkBytes })).toEqual([
        {
          line: 3,
          raw: '{"city":"london","start":"10.10.0.0","end":"10.10.255.255"}',
          value: { city: 'london', start: '10.10.0.0', end: '10.10.255.255' },
        },
        { line: 4, raw: '{"city":"london","start":"a","end":"b"}', value: { city: 'london', start: 'a', end: 'b' } },
        { line: 6, raw: '{"city":"münchen","cidr":"10.0.0.0/8"}', value: { city: 'münchen', cidr: '10.0.0.0/8' } },
        {
          line: 6,
          raw: '{"city":"münchen","start":9007199254740993}',
          value: { city: 'münchen', start: new ExactNumber('9007199254740993') },
        },
      ]);
    }
  });

  it('may be on one line or empty, and JSON Lines of ranges are not a mapping', async () => {
    expect(await recordsOf('{"london":[{"start":"a","end":"b"}]}\n', options)).toMatchObject([
      { value: { city: 'london', start: 'a', end: 'b' } },
    ]);
    expect(await recordsOf('{}', options)).toEqual([]);
    expect(await recordsOf('{"start":"a","end":"b","city":"c"}\n{"cidr":"d","city":"e"}', options)).toMatchObject([
      { value: { start: 'a', end: 'b', city: 'c' } },
      { value: { cidr: 'd', city: 'e' } },
    ]);
  });

  it('refuses only the invalid ranges', async () => {
    const reasons = await problemsOf('{"a":[5,{"start":tru},{"start":"x"}]}', options);
    expect(reasons.map((reason) => reason.split(' ')[1])).toEqual(['WRONG_TYPE', 'MALFORMED', 'ok']);
  });

  it.each([
    ['{"a":[], "b": 5}', 'expected a list after "b"'],
    ['{"a":[] "b": []}', 'unexpected "'],
    ['{"a":[],}', 'unexpected }'],
    ['{"a":[]', 'it ends too early'],
    ['{"a":[]}\n{"b":[]}', 'line 2: there is more text after its end'],
    ['{"a":[], "\\x": []}', 'a key is not valid text'],
  ])('is refused as a whole when broken: %s', async (content, message) => {
    const faulty = { code: 'NOT_A_TABLE', message: expect.stringContaining(message) };
    await expect(recordsOf(content, options)).rejects.toMatchObject(faulty);
  });
});
