import { z } from '@hono/zod-openapi';
import { datasetName } from '../../parameters.ts';
import { defineRoute } from '../../route.ts';
import { rowWriter } from './json.ts';
import { badParameter, filterOf, orderOf, splitQuery } from './query.ts';

/** Cursors are opaque to clients. */
const encode = (cursor: string): string => Buffer.from(cursor).toString('base64url');
const decode = (cursor: string): string => Buffer.from(cursor, 'base64url').toString();

const pageSizeDefault = 50;

export const exploreDataset = defineRoute({
  path: '/datasets/{name}',
  subject: 'facts',
  hasDynamicQuery: true,
  summary: 'Rows of a dataset that match the parameters',
  description:
    'Each parameter names a column and a value: numbers, booleans and dates must be equal to it, text must contain it, ignoring case. The suffixes `__eq __ne __gt __gte __lt __lte __in __contains __startswith __isnull __ismisfit` select another test; `__in` expects values separated by commas, or a JSON array. A column of exactly that name has precedence over a suffix. `_sort` is a column, `-` before it sorts in descending order, commas separate several; cells without a value come last. `_first` is 1 to 1000, default 50; `_after` is the `next` of the previous page and continues in the version of that page.',
  params: { name: datasetName },
  response: {
    schema: z.object({ rows: z.array(z.looseObject({})), total: z.int(), next: z.string().nullable() }),
    example: { rows: [{ AppID: 20200, Name: 'Galactic Bowling', Price: 19.99 }], total: 1, next: null },
  },
  errorCodes: ['NOT_FOUND'],
  async handle({ name }, { datasets, config }, { pairs }) {
    const dataset = datasets.getByName(name);
    const { own, tests } = splitQuery(pairs, ['_sort', '_first', '_after']);
    const first = own.get('_first');
    const limit = first === undefined ? pageSizeDefault : Number(first);
    if (!/^\d{1,9}$/.test(first ?? '1') || limit < 1 || limit > config.pageSizeMax)
      throw badParameter('_first', `_first must be a whole number from 1 to ${config.pageSizeMax}`);
    const cursor = own.get('_after');
    const after = cursor === undefined ? undefined : decode(cursor);
    const version = datasets.versionOf(dataset, after === undefined ? undefined : versionOfCursor(after));
    const page = await datasets.rows(dataset, {
      where: filterOf(version, tests),
      orderBy: orderOf(version, own.get('_sort')),
      versionId: version.id,
      limit,
      fromEnd: false,
      after,
    });
    const write = rowWriter(version);
    const last = page.rows.at(-1);
    const next = page.hasAfter && last ? JSON.stringify(encode(page.cursorOf(last))) : 'null';
    const body = `{"rows":[${page.rows.map(write).join(',')}],"total":${page.total},"next":${next}}`;
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  },
});

const versionOfCursor = (cursor: string): number => {
  const [, id] = /^(\d{1,15})\./.exec(cursor) ?? [];
  if (id === undefined) throw badParameter('_after', '_after must be the `next` of a previous page');
  return Number(id);
};
