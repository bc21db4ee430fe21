import { describe, expect, it } from 'vitest';
import { rangeShape, recordsOf, statusShape } from './source-records.ts';

const header = 'user_id,created_at,status';

const reasonsOf = async (content: string | Uint8Array, options = {}): Promise<string[]> =>
  (await recordsOf(content, options)).map(({ line, problems }) => `${line} ${problems?.[0]?.message ?? 'ok'}`);

describe('readCsv', () => {
  it('reads rows as text by column, with line and raw text', async () => {
    const content = `\ufeff${header}, note \r\n0001,2017-01-01,paying,"a ""b"",\r\nc"\r\n\r\n2,,x, é \n3,2017,y,`;
    for (const chunkBytes of [1, 2, 65536]) {
      const records = await recordsOf(content, { chunkBytes });
      expect(records.map(({ line, raw, value }) => ({ line, raw, value: { ...value } }))).toEqual([
        {
          line: 2,
          raw: '0001,2017-01-01,paying,"a ""b"",\r\nc"',
          value: { user_id: '0001', created_at: '2017-01-01', status: 'paying', note: 'a "b",\r\nc' },
        },
        { line: 5, raw: '2,,x, é ', value: { user_id: '2', status: 'x', note: 'é' } },
        { line: 6, raw: '3,2017,y,', value: { user_id: '3', created_at: '2017', status: 'y' } },
      ]);
    }
  });

  it('accepts a file without rows, columns in any order, and a column named __proto__', async () => {
    expect(await recordsOf(header)).toEqual([]);
    const [record] = await recordsOf(`__proto__,status,user_id,created_at,\nx,s,u,c,`);
    expect(Object.entries(record?.value ?? {})).toEqual([
      ['__proto__', 'x'],
      ['status', 's'],
      ['user_id', 'u'],
      ['created_at', 'c'],
    ]);
    expect(await recordsOf('cidr,city\n10.0.0.0/8,x', { shape: rangeShape })).toMatchObject([{ line: 2 }]);
  });

  it('rejects only the faulty rows', async () => {
    const rows = ['1,2', '1,2,3,4', 'a,"b"c,d', 'a,b"c,d', 'a,b,c', '"x\ny",b,c', `"${'z'.repeat(2000)}",b,c`, 'd,e,f'];
    for (const chunkBytes of [5, 65536]) {
      const reasons = await reasonsOf([header, ...rows].join('\n'), { chunkBytes });
      expect(reasons).toEqual([
        '2 the row has 2 cells, the header 3',
        '3 the row has 4 cells, the header 3',
        '4 ok',
        '5 ok',
        '6 ok',
        '7 ok',
        expect.stringContaining('9 the record has 2006 bytes, over the limit recordBytesMax'),
        '10 ok',
      ]);
    }
  });

  it('rejects only the row that is not UTF-8', async () => {
    const content = Buffer.concat([Buffer.from(`${header}\na,`), Buffer.from([0xff]), Buffer.from(',c\nd,é,f')]);
    for (const chunkBytes of [1, 2, 65536])
      expect(await reasonsOf(content, { chunkBytes })).toEqual(['2 the record is not valid UTF-8', '3 ok']);
  });

  it('rejects only the line of a quote that is never closed', async () => {
    const reasons = await reasonsOf(`${header}\na,b,c\nd,"e,f\n${'g,h,i\n'.repeat(500)}`);
    expect(reasons.slice(0, 3)).toEqual(['2 ok', '3 a quote opens in this row and is never closed', '4 ok']);
    expect(reasons).toHaveLength(502);
  });

  it.each([
    ['user_id,status\n1,2', 'missing columns: created_at; the header, line 1, has the columns user_id, status'],
    ['\n\nUser_id,created_at,status\n', 'missing columns: user_id; the header, line 3'],
    [`${header},user_id\n1,2,3,4`, 'has the column user_id twice'],
    ['"user_id,created_at,status\n1,2,3', 'the header, line 1, cannot be read: a quote opens'],
    ['just some text', 'missing columns'],
    [Buffer.from([0x75, 0xff, 0x0a]), 'has the columns uÿ'],
  ])('rejects the whole file for its header: %j', async (content, message) => {
    const faulty = { code: 'NOT_A_TABLE', message: expect.stringContaining(message) };
    await expect(recordsOf(content, { shape: statusShape })).rejects.toMatchObject(faulty);
  });

  it('names the nearest column set in the error', async () => {
    const message = expect.stringMatching(/^missing columns: end; .*; expected start,end,city or cidr,city or /);
    await expect(recordsOf('start,city,x,y\n', { shape: rangeShape })).rejects.toMatchObject({ message });
  });
});
