import { z } from '@hono/zod-openapi';
import { datasetName } from '../../parameters.ts';
import { defineRoute } from '../../route.ts';
import { rowWriter } from './json.ts';
import { badParameter, filterOf, orderOf, splitQuery } from './query.ts';

/** Cursors are opaque to clients. */
const encode = (place: string): string => Buffer.from(place).toString('base64url');
const decode = (cursor: string): string => Buffer.from(cursor, 'base64url').toString();

const pageSizeDefault = 50;

export const exploreDataset = defineRoute({
  path: '/datasets/{name}',
  subject: 'facts',
  anyQuery: true,
  summary: 'Rows of a dataset that match',
  description:
    'Each parameter is a column: numbers, truth values and dates are equal to it, text has it as a part, in any case. Behind the name `__eq __ne __gt __gte __lt __lte __in __contains __startswith __isnull __ismisfit` ask for something else; `__in` takes values with commas between them or a JSON array. A column of exactly that name wins over a suffix. `_sort` is a column, with `-` before it the greatest first, or several with commas; cells without a value come last. `_first` is 1 to 1000, default 50; `_after` the `next` of the page before, which goes on in the version that page was of.',
  params: { name: datasetName },
  answer: {
    schema: z.object({ rows: z.array(z.looseObject({})), total: z.int(), next: z.string().nullable() }),
    example: { rows: [{ AppID: 20200, Name: 'Galactic Bowling', Price: 19.99 }], total: 1, next: null },
  },
  refuses: ['NOT_FOUND'],
  async handle({ name }, { datasets, config }, { pairs }) {
    const dataset = datasets.getByName(name);
    const { own, tests } = splitQuery(pairs, ['_sort', '_first', '_after']);
    const first = own.get('_first');
    const limit = first === undefined ? pageSizeDefault : Number(first);
    if (!/^\d{1,9}$/.test(first ?? '1') || limit < 1 || limit > config.pageSizeMax)
      throw badParameter('_first', `_first must be a whole number from 1 to ${config.pageSizeMax}`);
    const cursor = own.get('_after');
    const after = cursor === undefined ? undefined : decode(cursor);
    const version = datasets.versionOf(dataset, after === undefined ? undefined : versionIn(after));
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

const versionIn = (place: string): number => {
  const [, id] = /^(\d{1,15})\./.exec(place) ?? [];
  if (id === undefined) throw badParameter('_after', '_after is not the next of a page');
  return Number(id);
};
