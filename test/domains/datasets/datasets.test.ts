import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';

let opened: OpenApp;
beforeAll(async () => {
  opened = await openApp({ onDisk: true });
});
afterAll(() => opened.close());

const types = async (name: string): Promise<Record<string, string>> => {
  const { data } = await opened.query<{ dataset: { columns: { name: string; type: string }[] } }>(
    'query ($name: String!) { dataset(name: $name) { columns { name type } } }',
    { name },
  );
  return Object.fromEntries((data?.dataset.columns ?? []).map((column) => [column.name, column.type]));
};

describe('column types', () => {
  it('the type of a column is inferred from all of its cells', async () => {
    const csv = `whole,long,money,rate,yes,day,written,at,list,zip,text
1,9007199254740993,1.5,1e3,TRUE,2020-02-29,"Oct 21, 2008",2020-01-01T10:00:00.123456Z,"['a', ""b's""]",01234,x
-2,-9007199254740995,-0.25,2.5e-7,false,2020-03-01,3 Feb 2020,2020-01-01 11:00:00+01:00,"[""c"",""d""]",90210,
`;
    expect(await importCsv(opened, 'typed', csv)).toMatchObject({ state: 'SUCCEEDED', read: 2, accepted: 2 });
    expect(await types('typed')).toEqual({
      whole: 'INTEGER',
      long: 'INTEGER',
      money: 'DECIMAL',
      rate: 'FLOAT',
      yes: 'BOOLEAN',
      day: 'DATE',
      written: 'DATE',
      at: 'DATE_TIME',
      list: 'STRING_LIST',
      zip: 'STRING',
      text: 'STRING',
    });
    const text = await (await opened.get('/datasets/typed')).text();
    expect(text).toContain('"long":9007199254740993,"money":1.5,');
    expect(text).toContain('"long":-9007199254740995,"money":-0.25,');
    expect(text).toContain(
      `"written":"2008-10-21","at":"2020-01-01T10:00:00.123456Z","list":["a","b's"],"zip":"01234"`,
    );
    expect(await rowsOf(opened, 'typed', '&long=9007199254740993')).toHaveLength(1);
    expect(await rowsOf(opened, 'typed', '&long=9007199254740992')).toHaveLength(0);
    expect(await rowsOf(opened, 'typed', '&long__gt=9007199254740992.5')).toHaveLength(1);
  });

  it('the type of a column is inferred from the whole file, not only from its beginning', async () => {
    const rows = Array.from({ length: 30_000 }, (_each, at) => `${at},${at},${at}`);
    rows[29_000] = '29000,1.125,12345678901234567';
    await importCsv(opened, 'late', `id,money,long\n${rows.join('\n')}\n`);
    expect(await types('late')).toEqual({ id: 'INTEGER', money: 'DECIMAL', long: 'INTEGER' });
    const text = await (await opened.get('/datasets/late?id=29000')).text();
    expect(text).toContain('{"id":29000,"money":1.125,"long":12345678901234567}');
    expect(await rowsOf(opened, 'late', '&money=28999')).toEqual([{ id: 28999, money: 28999, long: 28999 }]);
  });

  it('the text of a misfit is stored, counted and found by filters', async () => {
    const csv = `n,m\n${Array.from({ length: 19 }, (_each, at) => `${at},x`).join('\n')}\nNot yet,y\n`;
    await importCsv(opened, 'misfits', csv);
    expect(await rowsOf(opened, 'misfits', '&n__ismisfit=1')).toEqual([{ n: null, m: 'y' }]);
    expect(await rowsOf(opened, 'misfits', '&n__contains=NOT%20Y')).toEqual([{ n: null, m: 'y' }]);
    const exported = await (await opened.get('/datasets/misfits/export?m=y')).text();
    expect(exported).toBe('n,m\r\nNot yet,y\r\n');
  });

  it('an import from a location that does not exist returns a SourceError', async () => {
    const { data } = await opened.query(
      `mutation ($file: String!) { startImport(input: { target: DATASET, datasetName: "missing", source: { location: $file } }) { __typename } }`,
      { file: 'x' },
    );
    expect(data).toEqual({ startImport: { __typename: 'SourceError' } });
  });
});

describe('headers', () => {
  it('empty, repeated, long and unusual headers are accepted', async () => {
    const long = 'h'.repeat(300);
    const csv = `,__proto__,rowid,a,a,7,constructor,${long},a_2\n0,1,2,3,4,5,6,7,8\n`;
    await importCsv(opened, 'headers', csv);
    const text = await (await opened.get('/datasets/headers')).text();
    expect(text).toBe(
      `{"rows":[{"":0,"__proto__":1,"rowid":2,"a":3,"a_3":4,"7":5,"constructor":6,"${long}":7,"a_2":8}],"total":1,"excluded_count":0,"next":null,"previous":null}`,
    );
    for (const query of ['__proto__=1', 'rowid=2', 'a=3', 'a_3=4', '7=5', `${long}=7`, '=0'])
      expect(await rowsOf(opened, 'headers', `&${query}`), query).toHaveLength(1);
  });

  it('headers that end like a suffix or equal a parameter name are accepted', async () => {
    await importCsv(opened, 'suffixes', 'price,price__gt,_sort\n1,5,x\n2,6,y\n');
    expect(await rowsOf(opened, 'suffixes', '&price__gt=5')).toHaveLength(1);
    expect(await rowsOf(opened, 'suffixes', '&price__gt__gt=5')).toHaveLength(1);
    expect(await rowsOf(opened, 'suffixes', '&_sort__eq=y')).toHaveLength(1);
  });
});

describe('dataset versions', () => {
  const queryStock = async (query: string) =>
    (await opened.query<{ dataset: Record<string, unknown> }>(`{ dataset(name: "stock") { ${query} } }`)).data?.dataset;

  it('every version of a dataset is retained and can be compared', async () => {
    await importCsv(opened, 'stock', 'sku,count,note\na,1,x\nb,2,y\nc,3,z\n');
    const upserted = await importCsv(opened, 'stock', 'count,sku,note\n2,b,y\n30,c,z\n4,d,\n', '&mode=upsert&key=sku');
    expect(upserted).toMatchObject({ read: 3, accepted: 2, unchanged: 1, rejected: 0 });
    expect(await rowsOf(opened, 'stock')).toEqual([
      { sku: 'a', count: 1, note: 'x' },
      { sku: 'b', count: 2, note: 'y' },
      { sku: 'c', count: 30, note: 'z' },
      { sku: 'd', count: 4, note: null },
    ]);
    expect(await importCsv(opened, 'stock', 'sku,count,note\ne,5.5,\n', '&mode=append')).toMatchObject({ accepted: 1 });
    expect(await rowsOf(opened, 'stock')).toHaveLength(5);
    const found = await queryStock('versions { nodes { id number rowCount import { read accepted unchanged } } }');
    const nodes = (found as { versions: { nodes: { id: string; number: number; rowCount: number }[] } }).versions.nodes;
    expect(nodes.map(({ number, rowCount }) => [number, rowCount])).toEqual([
      [3, 5],
      [2, 4],
      [1, 3],
    ]);
    const [third, second, first] = nodes.map(({ id }) => id);
    expect(await queryStock(`rows(version: "${first}") { totalCount nodes { values provenance { line } } }`)).toEqual({
      rows: {
        totalCount: 3,
        nodes: [
          { values: ['a', 1, 'x'], provenance: { line: 2 } },
          { values: ['b', 2, 'y'], provenance: { line: 3 } },
          { values: ['c', 3, 'z'], provenance: { line: 4 } },
        ],
      },
    });
    expect(
      await queryStock(`diff(from: "${first}", to: "${second}") { added removed changed columnsAdded columnsRemoved }`),
    ).toEqual({
      diff: { added: 1, removed: 0, changed: 1, columnsAdded: [], columnsRemoved: [] },
    });
    expect(await queryStock(`diff(from: "${second}", to: "${third}") { added removed changed }`)).toEqual({
      diff: { added: 1, removed: 0, changed: 0 },
    });
    const failed = await importCsv(opened, 'stock', 'sku,other\nf,1\n', '&mode=append');
    expect(failed).toMatchObject({ status: 422, error: { code: 'SCHEMA_CHANGED' } });
    expect(await rowsOf(opened, 'stock')).toHaveLength(5);
  });

  it('the rows of a difference come in pages, with both values of each changed cell', async () => {
    await importCsv(opened, 'parts', 'sku,price,note\na,1,x\nb,2,y\nc,3,z\nd,4,w\n', '&key=sku');
    await importCsv(
      opened,
      'parts',
      'note,sku,price\nx,a,1.00\ny,b,2.5\n,c,soon\nn,e,5\nn,f,6\n',
      '&key=sku&types=price=DECIMAL',
    );
    const ask = async (selection: string) => {
      const { data, errors } = await opened.query<{ dataset: { versions: { nodes: { id: string }[] } } }>(
        '{ dataset(name: "parts") { versions { nodes { id } } } }',
      );
      expect(errors).toBeUndefined();
      const [to, from] = data?.dataset.versions.nodes.map(({ id }) => id) ?? [];
      return opened.query<{ dataset: { diff: Record<string, { pageInfo: { endCursor: string } }> } }>(
        `{ dataset(name: "parts") { diff(from: "${from}", to: "${to}") { ${selection} } } }`,
      );
    };
    const { data } = await ask(`added removed changed
      changedRows { totalCount nodes { key from { values } to { values } cells { column from to fromMisfit toMisfit } } }
      removedRows { totalCount nodes { values provenance { line } } }
      addedRows(first: 1) { totalCount nodes { values provenance { line } } pageInfo { hasNextPage endCursor } }`);
    const { addedRows, ...others } = data?.dataset.diff ?? {};
    expect(others).toEqual({
      ...{ added: 2, removed: 1, changed: 2 },
      changedRows: {
        totalCount: 2,
        nodes: [
          {
            ...{ key: ['b'], from: { values: ['b', 2, 'y'] }, to: { values: ['y', 'b', '2.5'] } },
            cells: [{ column: 'price', from: 2, to: '2.5', fromMisfit: null, toMisfit: null }],
          },
          {
            ...{ key: ['c'], from: { values: ['c', 3, 'z'] }, to: { values: [null, 'c', null] } },
            cells: [
              { column: 'note', from: 'z', to: null, fromMisfit: null, toMisfit: null },
              { column: 'price', from: 3, to: null, fromMisfit: null, toMisfit: 'soon' },
            ],
          },
        ],
      },
      removedRows: { totalCount: 1, nodes: [{ values: ['d', 4, 'w'], provenance: { line: 5 } }] },
    });
    const cursor = addedRows?.pageInfo.endCursor ?? '';
    expect(addedRows).toEqual({
      totalCount: 2,
      nodes: [{ values: ['n', 'e', '5'], provenance: { line: 5 } }],
      pageInfo: { hasNextPage: true, endCursor: cursor },
    });
    const rest = await ask(`addedRows(first: 5, after: "${cursor}") { nodes { values } pageInfo { hasNextPage } }`);
    expect(rest.data?.dataset.diff).toEqual({
      addedRows: { nodes: [{ values: ['n', 'f', '6'] }], pageInfo: { hasNextPage: false } },
    });
    const refused = await ask(`removedRows(after: "${cursor}") { totalCount }`);
    expect(refused.errors?.[0]?.message).toContain('after is a cursor of another list');
  });

  it('an import and the version that it made name each other', async () => {
    await importCsv(opened, 'linked', 'n\n1\n');
    await importCsv(opened, 'linked', 'n\n2\n');
    const { data } = await opened.query(
      '{ dataset(name: "linked") { versions { nodes { number import { datasetVersion { number } } } } } }',
    );
    expect(data).toEqual({
      dataset: {
        versions: {
          nodes: [2, 1].map((number) => ({ number, import: { datasetVersion: { number } } })),
        },
      },
    });
  });

  it('later pages of a list come from the version of its first page', async () => {
    await importCsv(opened, 'replaced', 'n\n1\n2\n3\n');
    const first = (await (await opened.get('/datasets/replaced?_first=2&_sort=-n')).json()) as { next: string };
    await importCsv(opened, 'replaced', 'n\n7\n8\n9\n');
    const { pathname, search, searchParams } = new URL(first.next);
    const rest = await (await opened.get(`${pathname}${search}`)).json();
    expect(rest).toMatchObject({ rows: [{ n: 1 }], total: 3, next: null });
    const other = await opened.get(`/datasets/replaced?_first=2&_after=${searchParams.get('_after')}`);
    expect(other.status).toBe(400);
  });

  it('a failed import leaves no files, and its name can be used again', async () => {
    await importCsv(opened, 'solid', 'n\n1\n');
    const files = await readdir(join(opened.data, 'datasets'));
    expect(await importCsv(opened, 'solid', '')).toMatchObject({ status: 422, error: { code: 'NOT_A_TABLE' } });
    expect(await importCsv(opened, 'solid', '\xff\xfen\0')).toMatchObject({ status: 422 });
    expect(await readdir(join(opened.data, 'datasets'))).toEqual(files);
    expect(await readdir(join(opened.data, 'uploads'))).toEqual([]);
    expect(await rowsOf(opened, 'solid')).toEqual([{ n: 1 }]);
    expect(await importCsv(opened, 'solid', 'n\n2\n')).toMatchObject({ status: 200 });
  });

  it('deleting a dataset deletes the files of all its versions', async () => {
    const own = await openApp({ onDisk: true });
    onTestFinished(own.close);
    await importCsv(own, 'deleted', 'n\n1\n');
    const { data } = await own.query<{ dataset: { id: string } }>('{ dataset(name: "deleted") { id } }');
    await own.query('mutation ($id: ID!) { deleteDataset(input: { datasetId: $id }) { __typename } }', {
      id: data?.dataset.id,
    });
    expect(await readdir(join(own.data, 'datasets'))).toEqual([]);
    expect((await own.get('/datasets/deleted')).status).toBe(404);
    expect(await importCsv(own, 'deleted', 'm\n2\n')).toMatchObject({ status: 200 });
    expect(await rowsOf(own, 'deleted')).toEqual([{ m: 2 }]);
  });
});

describe('a dry run', () => {
  it('a dry run returns columns and the first rejects and stores nothing', async () => {
    const own = await openApp({
      onDisk: true,
      settings: { importFolder: new URL('../../fixtures', import.meta.url).pathname },
    });
    onTestFinished(own.close);
    const { data } = await own.query(`mutation {
      startImport(input: { target: DATASET, datasetName: "try", source: { location: "songs.csv" }, dryRun: true, types: [{ column: "Tags", type: STRING_LIST }] }) {
        ... on StartImportPayload { import { state read accepted rejected inferredColumns { name type } firstRejects { line problems { message } } } }
      }
    }`);
    expect(data).toEqual({
      startImport: {
        import: {
          state: 'SUCCEEDED_WITH_REJECTS',
          read: 6,
          accepted: 5,
          rejected: 1,
          inferredColumns: [
            { name: '', type: 'INTEGER' },
            { name: 'Title', type: 'STRING' },
            { name: 'Released', type: 'STRING' },
            { name: 'Price', type: 'DECIMAL' },
            { name: 'Languages', type: 'STRING_LIST' },
            { name: 'Live', type: 'BOOLEAN' },
            { name: 'Tags', type: 'STRING_LIST' },
          ],
          firstRejects: [{ line: 6, problems: [{ message: 'the row has 3 cells, the header 7' }] }],
        },
      },
    });
    expect(
      (await own.query('{ imports { nodes { id } } rejectedRecords { totalCount } datasets { totalCount } }')).data,
    ).toEqual({
      imports: { nodes: [] },
      rejectedRecords: { totalCount: 0 },
      datasets: { totalCount: 0 },
    });
    expect(await readdir(join(own.data, 'datasets'))).toEqual([]);
  });
});
