import type { ColumnTest, ColumnType } from '../../../generated/graphql.ts';
import { restParameters } from './copy-rows.ts';
import { argumentsText, curlText, EnumValue, programText } from './graphql-text.ts';
import { type Question, typeOfColumn } from './question.ts';
import type { Grouping, GroupMeasure, Sort } from './search.ts';
import { columnText, noSqlForm, quotedName, type SqlColumn, tableText, testText, whereText } from './sql-text.ts';

/** What is asked of the groups of rows. */
export interface GroupQuestion {
  readonly question: Question;
  readonly groupBy: readonly Grouping[];
  readonly measures: readonly GroupMeasure[];
  readonly having: readonly { readonly as: string; readonly test: ColumnTest }[];
  readonly sort: Sort | undefined;
  readonly zone: string;
}

/** The name of a measure when none is chosen, as the server makes it. */
export const measureName = ({ function: name, column }: GroupMeasure): string =>
  column === undefined ? name.toLowerCase() : `${name.toLowerCase()}_${column}`;

const graphqlText = ({ question, groupBy, measures, having, sort, zone }: GroupQuestion): string => {
  const { name, where, search, isPinned, version } = question;
  const args = argumentsText({
    version: isPinned ? version.id : undefined,
    groupBy: groupBy.map(({ grain, ...by }) => ({ ...by, grain: grain && new EnumValue(grain) })),
    measures: measures.map(({ function: measure, column }) => ({ function: new EnumValue(measure), column })),
    where,
    search,
    having: having.length === 0 ? undefined : having,
    orderBy: sort && [{ column: sort.id, direction: new EnumValue(sort.direction.toUpperCase()) }],
    timeZone: zone,
    first: 500,
  });
  return `{
  dataset${argumentsText({ name })} {
    aggregate${args} {
      columns
      totalCount
      excludedCount
      nodes { key measures excludedCounts }
      pageInfo { hasNextPage endCursor }
    }
  }
}
`;
};

const restGrouping = ({ column, grain, binWidth }: Grouping): string =>
  grain ? `${column}:${grain.toLowerCase()}` : binWidth ? `${column}:${binWidth}` : column;

const restMeasure = ({ function: name, column }: GroupMeasure): string =>
  column === undefined ? name.toLowerCase() : `${name.toLowerCase()}:${column}`;

/** The suffix and the text of a test of a group. */
const restTest = (test: object): readonly [string, string] => {
  const [op = 'eq', value] = Object.entries(test)[0] ?? [];
  return [op.toLowerCase(), typeof value === 'object' ? JSON.stringify(value) : String(value)];
};

const curlOfGroups = ({ question, groupBy, measures, having, sort, zone }: GroupQuestion, origin: string): string => {
  const parameters = restParameters(question);
  if (groupBy.length > 0) parameters.set('_group_by', JSON.stringify(groupBy.map(restGrouping)));
  parameters.set('_measures', JSON.stringify(measures.map(restMeasure)));
  for (const { as, test } of having) {
    const [suffix, text] = restTest(test);
    parameters.append(`_having.${as}__${suffix}`, text);
  }
  if (sort) parameters.set('_sort', JSON.stringify([`${sort.direction === 'desc' ? '-' : ''}${sort.id}`]));
  if (zone !== 'UTC') parameters.set('_time_zone', zone);
  return curlText(`${origin}/datasets/${encodeURIComponent(question.name)}/aggregate?${parameters}`);
};

const sqlMeasures: Readonly<Record<GroupMeasure['function'], (column: string) => string>> = {
  COUNT: (column) => `count(${column})`,
  COUNT_DISTINCT: (column) => `count(distinct ${column})`,
  SUM: (column) => `sum(${column})`,
  AVERAGE: (column) => `avg(${column})`,
  MIN: (column) => `min(${column})`,
  MAX: (column) => `max(${column})`,
  MEDIAN: (column) => `median(${column})`,
  P95: (column) => `quantile_disc(${column}, 0.95)`,
  STANDARD_DEVIATION: (column) => `stddev_samp(${column})`,
};

const sqlGrouping = ({ column, grain, binWidth }: Grouping, columns: readonly SqlColumn[]): string => {
  const name = columnText(columns, column);
  if (grain) return `date_trunc('${grain.toLowerCase()}', ${name})`;
  return binWidth ? `floor(${name} / ${binWidth}) * ${binWidth}` : name;
};

const sqlOfGroups = ({ question, groupBy, measures, having, sort, zone }: GroupQuestion): string => {
  const { name, version, isPinned } = question;
  const where = whereText(version.columns, question);
  const typeOf = typeOfColumn(question);
  const isLocal = zone !== 'UTC' && groupBy.some(({ column, grain }) => grain && typeOf(column) === 'DATE_TIME');
  if (where === null) return noSqlForm;
  if (isLocal) return `-- Periods of ${zone} have no short form in SQL: choose the zone UTC.`;
  const keys = groupBy.map((by) => `${sqlGrouping(by, version.columns)} as ${columnText(version.columns, by.column)}`);
  const figures = measures.map(
    (measure) =>
      `${measure.column === undefined ? 'count(*)' : sqlMeasures[measure.function](columnText(version.columns, measure.column))} as ${quotedName(measureName(measure))}`,
  );
  const typeOfGroup = (as: string): ColumnType =>
    groupBy.some(({ column }) => column === as) ? typeOf(as) : 'DECIMAL';
  const conditions = having.map(({ as, test }) => testText(columnText(version.columns, as), typeOfGroup(as), test));
  return [
    `select ${[...keys, ...figures].join(',\n  ')}`,
    `from ${tableText(name, isPinned ? version.number : undefined)}${where}`,
    ...(groupBy.length > 0 ? [`group by ${groupBy.map((_, index) => index + 1).join(', ')}`] : []),
    ...(conditions.length > 0 ? [`having ${conditions.join(' and ')}`] : []),
    ...(sort ? [`order by ${columnText(version.columns, sort.id)} ${sort.direction} nulls last`] : ['order by all']),
  ].join('\n');
};

/** The same groups in other notations. */
export const copiesOfGroups = (groups: GroupQuestion, origin: string) => [
  { label: 'GraphQL', text: () => graphqlText(groups) },
  { label: 'curl', text: () => curlOfGroups(groups, origin) },
  { label: 'TypeScript', text: () => programText(origin, graphqlText(groups)) },
  { label: 'SQL', text: () => sqlOfGroups(groups) },
];
