import { z } from '@hono/zod-openapi';
import type { Services } from '../../../context.ts';
import type { DatasetVersion } from '../../../domains/datasets/columns.ts';
import { badParameter, columnsOf } from '../../../domains/datasets/query-text.ts';
import { cellJson } from '../../../domains/datasets/row-text.ts';
import type { Cell } from '../../../lib/cell-text.ts';
import { datasetName } from '../../parameters.ts';
import { defineRoute } from '../../route.ts';
import { columns, first, search, versionNumber, where } from './parameters.ts';
import { basisOf, basisOfVersion, pageSizeOf, readQuery, testsDescription, whereOf } from './query.ts';

const columnsDefault = 10;

/** The columns that a request names; by default the first ten. Throws BAD_REQUEST for too many. */
const indexesOf = (
  version: DatasetVersion,
  text: string | undefined,
  { config: { datasetStatisticsColumnsMax: columnsMax } }: Pick<Services, 'config'>,
): number[] => {
  if (text === undefined) return [...version.columns.keys()].slice(0, Math.min(columnsDefault, columnsMax));
  const indexes = columnsOf(version, { path: '_columns', text });
  if (indexes.length <= columnsMax) return indexes;
  throw badParameter(
    '_columns',
    `_columns must name at most ${columnsMax} columns (setting datasetStatisticsColumnsMax)`,
  );
};

const jsonResponse = (body: string): Response =>
  new Response(body, { headers: { 'content-type': 'application/json' } });

interface Count {
  readonly value: Cell;
  readonly count: number;
}

const countsJson = (counts: readonly Count[], type: string | undefined): string =>
  `[${counts.map(({ value, count }) => `{"value":${cellJson(value, type)},"count":${count}}`).join(',')}]`;

const countSchema = z.object({ value: z.unknown(), count: z.int() });

const facetsQuery = { _columns: columns, _first: first, _search: search, _where: where, _version: versionNumber };

export const facetsOfDataset = defineRoute({
  operationId: 'getDatasetFacets',
  tag: 'Datasets',
  path: '/datasets/{name}/facets',
  subject: 'facts',
  hasDynamicQuery: true,
  basis: basisOf(facetsQuery),
  summary: 'The most frequent values of columns of a dataset',
  description: `${testsDescription} Only rows that match count. \`_columns\` names at most as many columns as the setting datasetStatisticsColumnsMax (50), by default the first ${columnsDefault}; \`_first\` is the number of values of each (default 50). Items of lists count individually; \`other_count\` is the sum of the counts of all other values. \`excluded_count\` is the number of rows left out only because a cell that a parameter compares does not fit the type of its column.`,
  params: { name: datasetName },
  query: facetsQuery,
  response: {
    schema: z.object({
      facets: z.array(z.object({ column: z.string(), values: z.array(countSchema), other_count: z.int() })),
      excluded_count: z.int(),
    }),
    example: {
      facets: [{ column: 'Windows', values: [{ value: true, count: 100 }], other_count: 0 }],
      excluded_count: 0,
    },
  },
  errorCodes: ['NOT_FOUND'],
  async handle(parsed, services, context) {
    const { version, input, tests } = readQuery(services, context, facetsQuery, parsed);
    const request = {
      columns: indexesOf(version, input._columns, services).map((index) => version.columns[index]?.name ?? ''),
      where: whereOf(version, tests, input._where),
      search: input._search,
      limit: pageSizeOf(input._first, services),
    };
    const found = await services.datasets.facets(version, request, context.work);
    const facets = found.map(({ column: index, buckets, otherCount }) => {
      const column = version.columns[index];
      const values = countsJson(buckets, column?.type);
      return `{"column":${JSON.stringify(column?.name)},"values":${values},"other_count":${otherCount}}`;
    });
    return jsonResponse(`{"facets":[${facets.join(',')}],"excluded_count":${found[0]?.excludedCount ?? 0}}`);
  },
});

interface ProfileInput {
  readonly name: string;
  readonly _version?: number | undefined;
}

/** Throws NOT_FOUND for an unknown dataset or version. */
const profiledOf = ({ datasets }: Pick<Services, 'datasets'>, { name, _version }: ProfileInput) => {
  const dataset = datasets.getByName(name);
  const version = _version === undefined ? datasets.current(dataset) : datasets.versionByNumber(dataset, _version);
  return { dataset, version };
};

export const profileOfDataset = defineRoute({
  operationId: 'getDatasetProfile',
  tag: 'Datasets',
  path: '/datasets/{name}/profile',
  subject: 'facts',
  basis(services, { input, context }) {
    const { dataset, version } = profiledOf(services, input as ProfileInput);
    return basisOfVersion(dataset, version, context);
  },
  summary: 'Statistics of columns of a dataset',
  description: `\`_columns\` names at most as many columns as the setting datasetStatisticsColumnsMax (50), by default the first ${columnsDefault}. \`nulls\` counts cells without a value, \`misfits\` those of them whose text does not fit the type; \`mean\`, \`median\` and \`histogram\` are those of numbers, the histogram also that of dates; \`most_common\` has the ten most frequent values.`,
  params: { name: datasetName },
  query: { _columns: columns, _version: versionNumber },
  response: {
    schema: z.object({
      columns: z.array(
        z.object({
          name: z.string(),
          header: z.string(),
          type: z.string(),
          nulls: z.int(),
          misfits: z.int(),
          distinct: z.int(),
          min: z.unknown(),
          max: z.unknown(),
          mean: z.number().nullable(),
          median: z.number().nullable(),
          histogram: z.array(z.object({ from: z.unknown(), to: z.unknown(), count: z.int() })),
          most_common: z.array(countSchema),
        }),
      ),
    }),
  },
  errorCodes: ['NOT_FOUND'],
  async handle({ name, _columns, _version }, { datasets, config }, { work }) {
    const { version } = profiledOf({ datasets }, { name, _version });
    const indexed = datasets.columns(version);
    const texts: string[] = [];
    // One after the other, so that one request does not occupy all processes of the engine.
    for (const index of indexesOf(version, _columns, { config })) {
      const of = indexed[index] as (typeof indexed)[number];
      const { name: columnName, header, type, nulls, misfits } = of.column;
      const { distinct, min, max, mean, median, histogram, mostCommon } = await datasets.profile(of, work);
      const buckets = histogram.map(
        ({ from, to, count }) => `{"from":${cellJson(from, type)},"to":${cellJson(to, type)},"count":${count}}`,
      );
      const head = JSON.stringify({ name: columnName, header, type, nulls, misfits, distinct }).slice(0, -1);
      const range = `"min":${cellJson(min, type)},"max":${cellJson(max, type)},"mean":${mean},"median":${median}`;
      texts.push(`${head},${range},"histogram":[${buckets.join(',')}],"most_common":${countsJson(mostCommon, type)}}`);
    }
    return jsonResponse(`{"columns":[${texts.join(',')}]}`);
  },
});
