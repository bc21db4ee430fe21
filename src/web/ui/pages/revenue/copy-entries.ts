import type { CopyEntry } from '../../components/copy-as.tsx';
import type { PivotRequest } from './load-pivot.ts';
import type { Dimension, MeasureName } from './search.ts';

const keyFields: Readonly<Record<Dimension, string>> = {
  USER_STATUS: 'userStatus',
  CITY: 'city',
  COUNTRY: 'country',
  GENDER: 'gender',
  AGE_BAND: 'ageBand { label }',
  HAS_IMAGE: 'hasImage',
  PRODUCT: 'productId',
  USER: 'userId',
  PERIOD: 'periodStart periodEnd',
  EXPERIMENT: 'experiment',
  VARIANT: 'variant',
  ACCOUNT_TYPE: 'accountType',
  EVENT_TYPE: 'eventType',
};

const measureField = (measure: MeasureName): string => (measure === 'share' ? 'sum shareOfSum' : measure);

/** The query of a pivot as a person would write it, with its variables. */
const questionOf = ({ source, rows, columns, measure, grain, timeZone, where, asOf }: PivotRequest) => {
  const groupBy = columns ? [rows, columns] : [rows];
  const hasPeriods = groupBy.includes('PERIOD');
  const figures = [...new Set(['count', ...measureField(measure).split(' ')])].join(' ');
  const query = `query Revenue($where: EnrichedFilter, $asOf: AsOfInput, $after: String) {
  enrichedAggregate(
    source: ${source}
    groupBy: [${groupBy.join(', ')}]${hasPeriods ? `\n    grain: ${grain}` : ''}
    timeZone: ${JSON.stringify(timeZone)}
    where: $where
    asOf: $asOf
    first: 1000
    after: $after
  ) {
    nodes { key { ${groupBy.map((name) => keyFields[name]).join(' ')} } measures { ${figures} } }
    total { ${figures} }
    totalCount
    pageInfo { hasNextPage endCursor }
    snapshot { sequence }
  }
}`;
  return { query, variables: { where, asOf } };
};

/** Text in single quotes of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

interface Server {
  readonly origin: string;
  /** Whether requests need a key, which is not copied. */
  readonly needsKey: boolean;
}

const curlOf = (request: PivotRequest, { origin, needsKey }: Server): string =>
  [
    `curl -s ${origin}/graphql -H 'content-type: application/json'`,
    ...(needsKey ? [`-H "x-api-key: $ASOF_KEY"`] : []),
    `-d ${quoted(JSON.stringify(questionOf(request)))}`,
  ].join(' \\\n  ');

const typeScriptOf = (request: PivotRequest, { origin, needsKey }: Server): string => {
  const { query, variables } = questionOf(request);
  return `const query = \`${query.replaceAll('`', '\\`')}\`;
const variables = ${JSON.stringify(variables, null, 2)};

const response = await fetch('${origin}/graphql', {
  method: 'POST',
  headers: { 'content-type': 'application/json'${needsKey ? `, 'x-api-key': 'YOUR KEY'` : ''} },
  body: JSON.stringify({ query, variables }),
});
const { data, errors } = await response.json();
if (errors) throw new Error(errors[0].message);
console.log(data.enrichedAggregate.nodes);
`;
};

const graphqlOf = (request: PivotRequest): string => {
  const { query, variables } = questionOf(request);
  return `${query}\n\n# variables\n${JSON.stringify(variables, null, 2).replaceAll(/^/gm, '# ')}\n`;
};

export const copyEntries = (request: PivotRequest, server: Server): readonly CopyEntry[] => [
  { label: 'GraphQL', text: () => graphqlOf(request) },
  { label: 'curl', text: () => curlOf(request, server) },
  { label: 'TypeScript', text: () => typeScriptOf(request, server) },
];
