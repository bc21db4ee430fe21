import { z } from '@hono/zod-openapi';
import { columnsOf, orderOf } from '../../../domains/datasets/query-text.ts';
import { jsonRows } from '../../../domains/datasets/row-text.ts';
import { mapInSlices } from '../../../lib/yielding.ts';
import { datasetName } from '../../parameters.ts';
import { defineRoute } from '../../route.ts';
import { after, before, columns, first, search, sort, versionNumber, where } from './parameters.ts';
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
  _columns: columns,
  _sort: sort,
  _search: search,
  _where: where,
  _first: first,
  _after: after,
  _before: before,
  _version: versionNumber,
};

export const exploreDataset = defineRoute({
  operationId: 'getDatasetRows',
  tag: 'Datasets',
  path: '/datasets/{name}',
  subject: 'facts',
  hasDynamicQuery: true,
  basis: basisOf(query),
  summary: 'Rows of a dataset that match the parameters',
  description: `${testsDescription} Rows are in the order of the file unless \`_sort\` is there. \`next\` and \`previous\` are the URLs of the pages after and before, in the version of this page; null without one. \`excluded_count\` is the number of rows left out only because a cell that a parameter compares does not fit the type of its column; \`__ismisfit\` finds them.`,
  params: { name: datasetName },
  query,
  response: {
    schema: z.object({
      rows: z.array(z.looseObject({})),
      total: z.int(),
      excluded_count: z.int(),
      next: z.string().nullable(),
      previous: z.string().nullable(),
    }),
    example: {
      rows: [{ AppID: 20200, Name: 'Galactic Bowling', Price: 19.99 }],
      total: 2,
      excluded_count: 0,
      next: 'http://127.0.0.1:4000/datasets/games?Name=bowling&_first=1&_after=MS5CYUFhMV9fLjQ5',
      previous: null,
    },
  },
  errorCodes: ['NOT_FOUND'],
  async handle(parsed, services, context) {
    const { dataset, version, input, tests } = readQuery(services, context, query, parsed);
    const { _columns, _sort, _first, _after, _before } = input;
    const text = (path: string, value: string | undefined) => (value === undefined ? undefined : { path, text: value });
    const columnsText = text('_columns', _columns);
    const sortText = text('_sort', _sort);
    const request = {
      where: whereOf(version, tests, input._where),
      search: input._search,
      orderBy: sortText && orderOf(version, sortText),
      versionId: version.id,
      limit: pageSizeOf(_first, services),
      fromEnd: _before !== undefined,
      after: _after === undefined ? undefined : decodeCursor(_after),
      before: _before === undefined ? undefined : decodeCursor(_before),
    };
    const page = await services.datasets.rows(dataset, request, context.work);
    const { line } = jsonRows(version, columnsText ? columnsOf(version, columnsText) : [...version.columns.keys()]);
    const path = `/datasets/${encodeURIComponent(dataset.name)}`;
    const urlOf = (exists: boolean, name: '_after' | '_before', row: (typeof page.rows)[number] | undefined) =>
      exists && row ? pageUrl(context, path, { [name]: encodeCursor(page.cursorOf(row)) }) : null;
    const rest = {
      total: page.total,
      excluded_count: page.excludedCount,
      next: urlOf(page.hasAfter, '_after', page.rows.at(-1)),
      previous: urlOf(page.hasBefore, '_before', page.rows[0]),
    };
    const lines = await mapInSlices(page.rows, line);
    const body = `{"rows":[${lines.join(',')}],${JSON.stringify(rest).slice(1)}`;
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  },
});
