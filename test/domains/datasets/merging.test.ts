import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';

let opened: OpenApp;
beforeAll(async () => {
  opened = await openApp();
});
afterAll(() => opened.close());

const errorOf = async (name: string, csv: string, query: string) => {
  const { status, error } = await importCsv(opened, name, csv, query);
  return { status, code: error?.code, message: error?.message };
};

const rejectedLines = async (importId: number): Promise<number[]> => {
  const { data } = await opened.query<{ rejectedRecords: { nodes: { line: number }[] } }>(
    'query ($import: ID!) { rejectedRecords(import: $import, first: 100) { nodes { line } } }',
    { import: Buffer.from(`Import:${importId}`).toString('base64url') },
  );
  return (data?.rejectedRecords.nodes ?? []).map(({ line }) => line).sort((a, b) => a - b);
};

describe('the types of a dataset apply to the files that are added to it', () => {
  it('codes that are text stay text, so that an upsert finds its keys', async () => {
    await importCsv(opened, 'codes', 'code,v\n007,1\n2.10,2\n2.20,3\n', '&mode=upsert&key=code');
    await importCsv(opened, 'codes', 'code,v\n2.10,9\n2.20,8\n', '&mode=upsert');
    expect(await rowsOf(opened, 'codes')).toEqual([
      { code: '007', v: 1 },
      { code: '2.10', v: 9 },
      { code: '2.20', v: 8 },
    ]);
  });

  it('a stated type holds for appended files', async () => {
    await importCsv(opened, 'versions', 'name,version\na,3.1\nb,3.2\n', '&types=version=STRING');
    await importCsv(opened, 'versions', 'name,version\nc,3.10\nd,3.20\n', '&mode=append');
    expect((await rowsOf(opened, 'versions')).map(({ version }) => version)).toEqual(['3.1', '3.2', '3.10', '3.20']);
  });

  it('keys that are numbers are equal by value, however they are written', async () => {
    await importCsv(opened, 'prices', 'price,n\n1.50,1\n2.25,2\n1000.00,3\n', '&mode=upsert&key=price');
    const second = await importCsv(opened, 'prices', 'price,n\n1.5,10\n"1,000.00",30\n', '&mode=upsert');
    expect(second).toMatchObject({ accepted: 2, rejected: 0 });
    expect(await rowsOf(opened, 'prices')).toEqual([
      { price: 1.5, n: 10 },
      { price: 2.25, n: 2 },
      { price: 1000, n: 30 },
    ]);
  });

  it('dates are read in the order that the dataset has', async () => {
    await importCsv(opened, 'days', 'day,n\n31.12.2024,1\n01.02.2024,2\n', '&mode=upsert&key=day');
    await importCsv(opened, 'days', 'day,n\n01.02.2024,20\n03.04.2024,3\n', '&mode=upsert');
    expect(await rowsOf(opened, 'days')).toEqual([
      { day: '2024-12-31', n: 1 },
      { day: '2024-02-01', n: 20 },
      { day: '2024-04-03', n: 3 },
    ]);
  });

  it('a text where the dataset has numbers is a misfit and changes no type', async () => {
    await importCsv(opened, 'counts', 'id,n\n1,10\n2,20\n');
    await importCsv(opened, 'counts', 'id,n\n3,many\n4,40\n', '&mode=append');
    expect(await rowsOf(opened, 'counts', '&n__gte=20')).toEqual([
      { id: 2, n: 20 },
      { id: 4, n: 40 },
    ]);
    expect(await rowsOf(opened, 'counts', '&n__ismisfit=1')).toEqual([{ id: 3, n: null }]);
  });

  it('longer and finer numbers widen a column and keep the earlier values', async () => {
    await importCsv(opened, 'wide', 'id,n\n1,5\n2,7\n');
    await importCsv(opened, 'wide', 'id,n\n3,12345678901234567890.25\n', '&mode=append');
    const text = await (await opened.get('/datasets/wide?_columns=n')).text();
    expect(text).toContain('[{"n":5},{"n":7},{"n":12345678901234567890.25}]');
  });
});

describe('the keys of an upsert', () => {
  it('a file with the same key twice is refused, and its lines are named', async () => {
    await importCsv(opened, 'twice', 'id,v\n1,1\n', '&mode=upsert&key=id');
    expect(await errorOf('twice', 'id,v\n2,5\n3,6\n2,7\n', '&mode=upsert')).toEqual({
      status: 400,
      code: 'BAD_REQUEST',
      message: expect.stringMatching(/"id" is not unique in the file.*lines 2 and 4 \("2"\)/),
    });
    expect(await rowsOf(opened, 'twice')).toEqual([{ id: 1, v: 1 }]);
  });

  it('a dataset with the same key twice is refused, and stays as it is', async () => {
    await importCsv(opened, 'repeated', 'id,v\n1,10\n1,20\n');
    expect(await errorOf('repeated', 'id,v\n1,5\n', '&mode=upsert&key=id')).toMatchObject({
      status: 400,
      message: expect.stringContaining('not unique in the dataset'),
    });
    expect(await rowsOf(opened, 'repeated')).toHaveLength(2);
  });

  it('rows without a key are rejected with their lines', async () => {
    await importCsv(opened, 'keyless', 'id,v\n1,a\n', '&mode=upsert&key=id');
    const second = await importCsv(opened, 'keyless', 'id,v\n,x\n ,y\nNA,z\n2,b\n', '&mode=upsert');
    expect(second).toMatchObject({ read: 4, accepted: 1, unchanged: 0, rejected: 3 });
    expect(await rejectedLines(second.id)).toEqual([2, 3, 4]);
    expect(await rowsOf(opened, 'keyless')).toEqual([
      { id: 1, v: 'a' },
      { id: 2, v: 'b' },
    ]);
  });

  it('a key of several columns identifies a row by all of them', async () => {
    await importCsv(opened, 'pairs', 'a,b,v\n1,x,1\n1,y,2\n', '&mode=upsert&key=a,b');
    const second = await importCsv(opened, 'pairs', 'b,a,v\ny,1,20\nx,2,3\nx,1,1\n', '&mode=upsert');
    expect(second).toMatchObject({ accepted: 2, unchanged: 1 });
    expect(await rowsOf(opened, 'pairs')).toEqual([
      { a: 1, b: 'x', v: 1 },
      { a: 1, b: 'y', v: 20 },
      { a: 2, b: 'x', v: 3 },
    ]);
  });
});

describe('a replace that accepts nothing', () => {
  it.each([
    ['a header only', 'id,v\n'],
    ['rows of another length', 'id,v\n1,2,3\n4,5,6\n'],
    ['open quotes only', 'id,v\n1,"a\n'],
  ])('fails for a file with %s and leaves the version that is there', async (what, csv) => {
    const name = `kept ${what}`;
    await importCsv(opened, name, 'id,v\n1,a\n2,b\n');
    const { status, code } = await errorOf(name, csv, '');
    expect({ status, code }).toEqual({ status: 422, code: 'NOT_A_TABLE' });
    expect(await rowsOf(opened, name)).toHaveLength(2);
  });
});

it('an import says how it read per cent and currencies', async () => {
  const csv = 'name;share;price\na;12 %;5,00 €\nb;7,5 %;1.200,00 €\n';
  const imported = await importCsv(opened, 'shares', csv, '&types=share=DECIMAL,price=DECIMAL');
  expect(imported).toMatchObject({
    dialect: { warnings: [expect.stringMatching(/^column "share": .*per cent/), expect.stringContaining('"price"')] },
  });
  expect(await rowsOf(opened, 'shares')).toEqual([
    { name: 'a', share: 12, price: 5 },
    { name: 'b', share: 7.5, price: 1200 },
  ]);
});
