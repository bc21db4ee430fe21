import { z } from '@hono/zod-openapi';
import { groupsOf, type QueryText } from '../../../domains/datasets/query-text.ts';
import { groupWriter } from '../../../domains/datasets/row-text.ts';
import { datasetName } from '../../parameters.ts';
import { defineRoute } from '../../route.ts';
import { after, first, groupBy, groupSort, measures, search, timeZone, versionNumber, where } from './parameters.ts';
import {
  basisOf,
  decodeCursor,
  encodeCursor,
  pageSizeOf,
  pageUrl,
  readQuery,
  testsDescription,
  whereOf,
} from './query.ts';

const query = {
  _group_by: groupBy,
  _measures: measures,
  _sort: groupSort,
  _search: search,
  _where: where,
  _first: first,
  _after: after,
  _version: versionNumber,
  _time_zone: timeZone,
};

/** Before the name of a measure or key column in a condition on groups. */
const havingPrefix = '_having.';

export const aggregateDataset = defineRoute({
  operationId: 'aggregateDataset',
  tag: 'Datasets',
  path: '/datasets/{name}/aggregate',
  subject: 'facts',
  hasDynamicQuery: true,
  basis: basisOf(query),
  summary: 'Groups of the rows of a dataset with their measures',
  description: `${testsDescription} Only rows that match are grouped. \`${havingPrefix}count__gt=5\` returns only groups whose measure or key column passes the test, with the same suffixes. \`_sort\` names measures and key columns; by default groups are in the order of their keys. \`next\` is the URL of the next page. \`excluded_count\` is the number of rows of which a cell is left out, by a parameter or by a measure, because it does not fit the type of its column.`,
  params: { name: datasetName },
  query,
  response: {
    schema: z.object({
      groups: z.array(z.looseObject({})),
      total: z.int(),
      excluded_count: z.int(),
      next: z.string().nullable(),
    }),
    example: {
      groups: [{ 'Release date': '2008-01-01', count: 1, total: 19.99 }],
      total: 1,
      excluded_count: 0,
      next: null,
    },
  },
  errorCodes: ['NOT_FOUND'],
  async handle(parsed, services, context) {
    const { dataset, version, input, tests } = readQuery(services, context, query, parsed);
    const textOf = (path: '_group_by' | '_measures' | '_sort'): QueryText | undefined => {
      const text = input[path];
      return text === undefined ? undefined : { path, text };
    };
    const isOnGroups = ([name]: readonly [string, string]): boolean => name.startsWith(havingPrefix);
    const request = groupsOf(version, {
      groupBy: textOf('_group_by'),
      measures: textOf('_measures'),
      orderBy: textOf('_sort'),
      having: tests.filter(isOnGroups).map(([name, text]) => [name.slice(havingPrefix.length), text]),
    });
    const requested = {
      ...request,
      where: whereOf(
        version,
        tests.filter((test) => !isOnGroups(test)),
        input._where,
      ),
      search: input._search,
      versionId: version.id,
      timeZone: input._time_zone ?? 'UTC',
      limit: pageSizeOf(input._first, services),
      after: input._after === undefined ? undefined : decodeCursor(input._after),
    };
    const page = await services.datasetGroups.groups(dataset, requested, context.work);
    const last = page.groups.at(-1);
    const path = `/datasets/${encodeURIComponent(dataset.name)}/aggregate`;
    const next = page.hasAfter && last ? pageUrl(context, path, { _after: encodeCursor(page.cursorOf(last)) }) : null;
    const rest = { total: page.total, excluded_count: page.excludedCount, next };
    const groups = page.groups.map(groupWriter(version, request));
    const body = `{"groups":[${groups.join(',')}],${JSON.stringify(rest).slice(1)}`;
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  },
});
