import { DomainError } from '../../../src/errors.ts';
import type { DuckdbRow, DuckdbSession } from '../duckdb.ts';
import type { GroupResult, GroupsRequest, GroupsResult } from '../engine.ts';
import { countsOf } from './counts.ts';
import { cellOf, cellSql } from './decode.ts';
import { filterSql, testSql } from './filter.ts';
import { type GroupingExpression, groupingExpression } from './grouping.ts';
import { type MeasureSql, measureSql } from './measures.ts';
import { type Expression, Parameters, type Source } from './source.ts';

interface GroupsSql {
  readonly keys: readonly GroupingExpression[];
  readonly measures: readonly { readonly measure: MeasureSql; readonly names: readonly string[] }[];
}

/** A page of the groups of the rows of a version with their measures, missing values last. */
export const groupsOf = async (
  session: DuckdbSession,
  source: Source,
  request: GroupsRequest,
  groupsMax: number,
): Promise<GroupsResult> => {
  const { group, limit, offset, filter } = request;
  const keys = group.by.map((grouping) => groupingExpression(source, grouping, group.timeZone));
  const measures = request.measures.map((each, index) => {
    const measure = measureSql(source, each);
    return { measure, names: measure.aggregates.map((_aggregate, at) => `m${index}_${at}`) };
  });
  const parts: GroupsSql = { keys, measures };
  const parameters = new Parameters();
  const grouped = groupedSql(source, request, parts, parameters);
  const targets = comparables(request, parts);
  const having = request.having.map(({ index, test }) => testSql(targets[index] as Expression, test, parameters));
  const withs = `with every as materialized (${grouped}),
    passed as (select * from every where ${having.length === 0 ? 'true' : having.join(' and ')})`;
  const totals = `(select count(*) from every), (select count(*) from passed), (select coalesce(sum(misfit_rows), 0) from passed)`;
  const page = `${withs} select ${pageColumns(parts).join(', ')}, ${totals} from passed ${orderSql(request, targets)} limit ${limit} offset ${offset}`;
  const rows = await session.rows(page, parameters.values);
  // An empty page says nothing of the list.
  const [last = []] = rows.length > 0 ? rows : await session.rows(`${withs} select ${totals}`, parameters.values);
  const [every = 0, total = 0, misfitRows = 0] = last.slice(-3).map(Number);
  if (every > groupsMax)
    throw new DomainError('LIMIT_EXCEEDED', `there are more than ${groupsMax} groups (setting datasetGroupsMax)`);
  const { excludedCount } = await countsOf(session, source, filter);
  return { groups: rows.map(groupReader(parts)), total, excludedCount: misfitRows + excludedCount };
};

/** One row for each group: its keys, the aggregates of its measures, and its numbers of misfits. */
const groupedSql = (
  source: Source,
  { filter }: GroupsRequest,
  { keys, measures }: GroupsSql,
  parameters: Parameters,
): string => {
  const misfits = [...new Set(measures.flatMap(({ measure: { misfit } }) => (misfit === null ? [] : [misfit])))];
  const anyMisfit = misfits.map((misfit) => `${misfit} is not null`).join(' or ');
  const selected = [
    ...keys.map(({ sql }, index) => `${sql} as k${index}`),
    ...measures.flatMap(({ measure, names }) => measure.aggregates.map((sql, at) => `${sql} as ${names[at]}`)),
    ...measures.map(({ measure: { misfit } }, index) => `${misfit === null ? '0' : `count(${misfit})`} as e${index}`),
    `${anyMisfit === '' ? '0' : `count(*) filter (${anyMisfit})`} as misfit_rows`,
  ];
  const by = keys.map((_key, index) => index + 1).join(', ');
  return `select ${selected.join(', ')} from ${source.from} where ${filterSql(source, filter, parameters)} ${
    by === '' ? '' : `group by ${by}`
  }`;
};

/** What a page selects of a group: its keys, the aggregates of its measures, and their numbers of misfits. */
const pageColumns = ({ keys, measures }: GroupsSql): string[] => [
  ...keys.map(({ type }, index) => cellSql(type, `k${index}`)),
  ...measures.flatMap(({ measure, names }) => {
    const { type } = measure.comparable(names);
    return names.map((name) => cellSql(type, name));
  }),
  ...measures.map((_measure, index) => `e${index}`),
];

/** What conditions and orders can compare: the keys followed by the measures. */
const comparables = ({ measures: requested }: GroupsRequest, { keys, measures }: GroupsSql): Expression[] => [
  ...keys.map((key, index) => {
    const sql = `k${index}`;
    const text = key.scale > 0 ? `rtrim(rtrim(${sql}::VARCHAR, '0'), '.')` : `${sql}::VARCHAR`;
    return { ...key, sql, searchable: key.type === 'STRING_LIST' ? null : text };
  }),
  ...measures.map(({ measure, names }, index) => ({
    name: requested[index]?.function.toLowerCase() ?? '',
    ...measure.comparable(names),
  })),
];

const orderSql = ({ orders }: GroupsRequest, targets: readonly Expression[]): string => {
  const keys = targets.filter(({ sql }) => /^k\d+$/.test(sql));
  const parts = [
    ...orders.map(({ column, descending }) => `${targets[column]?.sql} ${descending ? 'desc' : 'asc'} nulls last`),
    ...keys.map(({ sql }) => `${sql} asc nulls last`),
  ];
  return parts.length === 0 ? '' : `order by ${parts.join(', ')}`;
};

const groupReader =
  ({ keys, measures }: GroupsSql) =>
  (row: DuckdbRow): GroupResult => {
    const aggregates = row.slice(keys.length);
    let at = 0;
    const cells = measures.map(({ measure, names }) => {
      at += names.length;
      return measure.cell(aggregates.slice(at - names.length, at));
    });
    return {
      key: keys.map(({ type }, index) => cellOf(type, row[index])),
      measures: cells,
      excludedCounts: measures.map((_measure, index) => Number(aggregates[at + index])),
    };
  };
