import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp();
  const csv = 'id,name,price\n9007199254740993,Apple,1.50\n2,Pear,2.25\n3,Fig,10.00\n4,Plum,\n';
  expect(await importCsv(opened, 'fruit', csv)).toMatchObject({ status: 200, accepted: 4 });
});
afterAll(() => opened.close());

const column = (name: string, test: object): object => ({ column: { name, test } });

const read = async (path: string, where: string, query = '') => {
  const response = await opened.get(`/datasets/fruit${path}?_where=${encodeURIComponent(where)}${query}`);
  return { status: response.status, text: await response.text() };
};

const namesOf = async (where: object | string, query = ''): Promise<unknown[]> => {
  const { status, text } = await read('', typeof where === 'string' ? where : JSON.stringify(where), query);
  expect(status, text).toBe(200);
  return JSON.parse(text).rows.map(({ name }: { name: unknown }) => name);
};

it('_where joins conditions with and, or and not, besides the other parameters', async () => {
  const where = { or: [column('name', { eq: 'Pear' }), { not: column('price', { lt: 5 }) }] };
  expect(await namesOf(where)).toEqual(['Pear', 'Fig', 'Plum']);
  expect(await namesOf(where, '&price__isnull=false')).toEqual(['Pear', 'Fig']);
  expect(await namesOf({ and: [] })).toHaveLength(4);
  expect(await namesOf({ or: [] })).toEqual([]);
});

it('_where reads numbers with all their digits', async () => {
  expect(await namesOf('{"column":{"name":"id","test":{"eq":9007199254740993}}}')).toEqual(['Apple']);
  expect(await namesOf('{"column":{"name":"id","test":{"eq":9007199254740992}}}')).toEqual([]);
});

it('_where selects the rows of exports, groups and facets', async () => {
  const where = JSON.stringify({ not: column('name', { startsWith: 'p' }) });
  expect((await read('/export', where)).text).toBe('id,name,price\r\n9007199254740993,Apple,1.50\r\n3,Fig,10.00\r\n');
  expect(JSON.parse((await read('/aggregate', where, '&_measures=count')).text).groups).toEqual([{ count: 2 }]);
  expect(JSON.parse((await read('/facets', where, '&_columns=name')).text).facets[0].values).toHaveLength(2);
});

it.each([
  ['{', '_where must be a condition as JSON'],
  ['[]', '_where: '],
  ['{"and":[{}]}', '_where.and.0: needs exactly one of and, or, not, column'],
  ['{"column":{"name":"price","test":{"gt":1,"lt":3}}}', '_where.column.test: needs exactly one of eq, ne'],
  ['{"column":{"name":"price","test":{"above":1}}}', '_where.column.test: '],
  ['{"column":{"name":"cost","test":{"eq":1}}}', 'there is no column \\"cost\\"'],
  [`${'{"not":'.repeat(50)}{"and":[]}${'}'.repeat(50)}`, 'nested deeper than 20'],
])('_where that cannot be read is refused: %s', async (where, message) => {
  const { status, text } = await read('', where);
  expect(status).toBe(400);
  expect(text).toContain(message);
});
