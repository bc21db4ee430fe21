import type { AsOf } from '../../../data/view.ts';
import { argumentsText, programText } from './graphql-text.ts';

/** The parameters of `POST /sql` for a state of the facts. */
export const sqlParameters = (asOf: AsOf | null): URLSearchParams => {
  const parameters = new URLSearchParams();
  if (asOf?.sequence !== undefined) parameters.set('sequence', String(asOf.sequence));
  if (asOf?.knownAt !== undefined) parameters.set('known_at', asOf.knownAt);
  if (asOf?.validAt !== undefined) parameters.set('valid_at', asOf.validAt);
  return parameters;
};

const graphqlText = (text: string, asOf: AsOf | null): string =>
  `{\n  sql${argumentsText({ query: text, first: 1000, asOf: asOf ?? undefined })} {\n    columns { name type }\n    rows\n    isTruncated\n    warnings\n  }\n}\n`;

const curlText = (text: string, asOf: AsOf | null, origin: string): string => {
  const parameters = sqlParameters(asOf).toString();
  const url = `${origin}/sql${parameters === '' ? '' : `?${parameters}`}`;
  const quoted = (part: string): string => `'${part.replaceAll("'", "'\\''")}'`;
  return `curl -s -H "x-api-key: $ASOF_KEY" -H 'content-type: application/sql' ${quoted(url)} --data-binary ${quoted(text)}`;
};

/** The same statement in other notations. */
export const copiesOfSql = (text: string, asOf: AsOf | null, origin: string) => [
  { label: 'GraphQL', text: () => graphqlText(text, asOf) },
  { label: 'curl', text: () => curlText(text, asOf, origin) },
  { label: 'TypeScript', text: () => programText(origin, graphqlText(text, asOf)) },
  { label: 'SQL', text },
];
