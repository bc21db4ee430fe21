import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';

let opened: OpenApp;
beforeAll(async () => {
  opened = await openApp({
    settings: { datasetCellLengthMax: '1000', recordBytesMax: '100kB', datasetColumnsMax: '100' },
  });
});
afterAll(() => opened.close());

const linesOf = async (importId: number): Promise<(number | null)[]> => {
  const { data } = await opened.query<{ rejectedRecords: { nodes: { line: number; import: { id: string } }[] } }>(
    'query ($import: ID!) { rejectedRecords(import: $import, first: 100) { nodes { line import { id } } } }',
    { import: Buffer.from(`Import:${importId}`).toString('base64url') },
  );
  return (data?.rejectedRecords.nodes ?? []).map(({ line }) => line).sort((a, b) => a - b);
};

it.each<[string, string | Uint8Array, { read: number; rejected: number; lines: number[] }]>([
  ['ragged rows', 'a,b\n1,2\n3\n4,5,6\n7,8\n', { read: 4, rejected: 2, lines: [3, 4] }],
  ['a quote that is never closed', 'a,b\n1,2\n3,"open\n4,5\n6,7\n', { read: 4, rejected: 1, lines: [3] }],
  ['text after a closing quote', 'a,b\n1,"x,y"z\n3,"4"\n', { read: 2, rejected: 1, lines: [2] }],
  ['a NUL', 'a,b\n1,x\0y\n3,4\n', { read: 2, rejected: 1, lines: [2] }],
  ['a cell that is too long', `a,b\n1,${'x'.repeat(1001)}\n3,4\n`, { read: 2, rejected: 1, lines: [2] }],
  ['a record that is too long', `a,b\n1,"${'x'.repeat(100_001)}"\n3,4\n`, { read: 2, rejected: 1, lines: [2] }],
  ['invalid UTF-8', Buffer.from('a,b\n1,\xff\n3,\xc3\xa9\n', 'latin1'), { read: 2, rejected: 1, lines: [2] }],
  ['Windows-1252', Buffer.from('a,b\n1,\xff\n3,\xe9\n', 'latin1'), { read: 2, rejected: 0, lines: [] }],
  ['UTF-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), { read: 1, rejected: 0, lines: [] }],
  ['a byte order mark', '\ufeffa,b\n1,2\n', { read: 1, rejected: 0, lines: [] }],
  ['carriage returns', 'a,b\r1,2\r3,4\r', { read: 2, rejected: 0, lines: [] }],
  ['carriage returns with line feeds', 'a,b\r\n1,2\r\n\r\n"3\r\n3",4\r\n', { read: 2, rejected: 0, lines: [] }],
  ['semicolons', 'a;b\n1;2,5\n', { read: 1, rejected: 0, lines: [] }],
  ['no end of line', 'a,b\n1,2', { read: 1, rejected: 0, lines: [] }],
])('counts and rejects the rows of a file with %s', async (what, csv, { read, rejected, lines }) => {
  const imported = await importCsv(opened, `hostile ${what}`, csv);
  expect(imported).toMatchObject({ status: 200, read, rejected, accepted: read - rejected, unchanged: 0 });
  expect(await linesOf(imported.id)).toEqual(lines);
  expect(await rowsOf(opened, `hostile ${what}`)).toHaveLength(read - rejected);
});

it.each<[string, string | Uint8Array]>([
  ['nothing', ''],
  ['blank lines', '\n\n  \n'],
  ['a gzip file', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])],
  ['HTML', '<!doctype html><title>no</title>'],
  ['JSON', '[{"a": 1}]'],
  ['too many columns', `${Array.from({ length: 5000 }, (_each, at) => `c${at}`).join()}\n`],
  ['a header that is not closed', '"a,b\n1,2\n'],
])('rejects a file with %s as NOT_A_TABLE', async (_what, csv) => {
  expect(await importCsv(opened, 'refused', csv)).toMatchObject({ status: 422, error: { code: 'NOT_A_TABLE' } });
  expect((await opened.get('/datasets/refused')).status).toBe(404);
});

it.each([
  ['a header only', 'a,b\n'],
  ['only rows that cannot be read', 'a,b\n1,2,3\n4,5,6\n'],
])('a file with %s does not replace a version', async (_what, csv) => {
  await importCsv(opened, 'kept', 'a,b\n1,2\n');
  expect(await importCsv(opened, 'kept', csv)).toMatchObject({ status: 422, error: { code: 'NOT_A_TABLE' } });
  expect(await rowsOf(opened, 'kept')).toHaveLength(1);
});

it.each([
  ['a row', '2\n', { read: 200_002, rejected: 0 }],
  ['a row over the limit', `"${'z'.repeat(100_001)}"\n`, { read: 200_002, rejected: 1 }],
  ['nothing', '', { read: 1, rejected: 0 }],
])('a file of one column has hundreds of thousands of empty rows in front of %s', async (what, end, counts) => {
  const csv = `v\n1\n${'\n'.repeat(200_000)}${end}`;
  expect(await importCsv(opened, `empty rows before ${what}`, csv)).toMatchObject({ status: 200, ...counts });
});

it('a file with a header only is a dataset without rows', async () => {
  expect(await importCsv(opened, 'empty', 'a,b\n')).toMatchObject({ status: 200, read: 0, accepted: 0 });
  expect(await rowsOf(opened, 'empty')).toHaveLength(0);
});

it('formulas are exported unchanged, and prefixed with an apostrophe when safe=1', async () => {
  await importCsv(opened, 'formulas', 'text,n\n=1+1,-1\n"@SUM(A1)",2\n"a,""b"" \nc",3\n');
  expect(await (await opened.get('/datasets/formulas/export')).text()).toBe(
    'text,n\r\n=1+1,-1\r\n@SUM(A1),2\r\n"a,""b"" \nc",3\r\n',
  );
  expect(await (await opened.get('/datasets/formulas/export?safe=1&n__lt=3')).text()).toBe(
    "text,n\r\n'=1+1,-1\r\n'@SUM(A1),2\r\n",
  );
});

it('the length of the text to search for is limited', async () => {
  await importCsv(opened, 'needles', 'text\nabc\n');
  const response = await opened.get(`/datasets/needles?text=${'x'.repeat(257)}`);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('setting datasetNeedleLengthMax');
});

it('a query that exceeds its time limit fails and names the setting', async () => {
  const own = await openApp({ settings: { datasetQueryMsMax: '1' } });
  try {
    await importCsv(
      own,
      'slow',
      `text\n${Array.from({ length: 100_000 }, (_each, at) => `some words to look through ${at}\n`).join('')}`,
    );
    const response = await own.get('/datasets/slow/profile');
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('setting datasetQueryMsMax');
  } finally {
    await own.close();
  }
});

it.each(['../x', 'a/b', '', ' a', '.a', 'a'.repeat(101), 'a\u0000'])('the dataset name %j is refused', async (name) => {
  const response = await opened.get(`/datasets?wait=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'https://files.example/x.csv', name }),
  });
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
});
