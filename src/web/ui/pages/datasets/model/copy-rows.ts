import { argumentsText, curlText, EnumValue, programText } from './graphql-text.ts';
import type { Question } from './question.ts';
import type { Sort } from './search.ts';
import { columnText, noSqlForm, tableText, whereText } from './sql-text.ts';

/** A page of rows, as many as copied examples ask for. */
const rowsAsked = 100;

/** The parameters of REST that select rows. */
export const restParameters = ({ where, search, isPinned, version }: Question): URLSearchParams => {
  const parameters = new URLSearchParams();
  if (where !== undefined) parameters.set('_where', JSON.stringify(where));
  if (search !== undefined) parameters.set('_search', search);
  if (isPinned) parameters.set('_version', String(version.number));
  return parameters;
};

/** As a JSON array: names may contain commas. */
const sortText = ({ id, direction }: Sort): string => JSON.stringify([`${direction === 'desc' ? '-' : ''}${id}`]);

export const exportFormats = ['csv', 'ndjson', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Where all rows of a question are as a file. `safe`: no cell is a formula for a spreadsheet. */
export const exportPath = (
  question: Question,
  { format, sort, safe }: { readonly format: ExportFormat; readonly sort: Sort | undefined; readonly safe?: boolean },
): string => {
  const parameters = restParameters(question);
  parameters.set('_format', format);
  if (sort !== undefined) parameters.set('_sort', sortText(sort));
  if (safe) parameters.set('_safe', '1');
  return `/datasets/${encodeURIComponent(question.name)}/export?${parameters}`;
};

const graphqlText = (question: Question, sort: Sort | undefined): string => {
  const { name, where, search, isPinned, version } = question;
  const fields = version.columns.map(
    (column, index) => `        c${index}: value${argumentsText({ column: column.name })}`,
  );
  const args = argumentsText({
    version: isPinned ? version.id : undefined,
    where,
    search,
    orderBy: sort && [{ column: sort.id, direction: new EnumValue(sort.direction.toUpperCase()) }],
    first: rowsAsked,
  });
  return `{
  dataset${argumentsText({ name })} {
    rows${args} {
      totalCount
      excludedCount
      nodes {
${fields.join('\n')}
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
`;
};

const curlOfRows = (question: Question, sort: Sort | undefined, origin: string): string => {
  const parameters = restParameters(question);
  if (sort !== undefined) parameters.set('_sort', sortText(sort));
  parameters.set('_first', String(rowsAsked));
  return curlText(`${origin}/datasets/${encodeURIComponent(question.name)}?${parameters}`);
};

const sqlOfRows = (question: Question, sort: Sort | undefined): string => {
  const { name, version, isPinned } = question;
  const where = whereText(version.columns, question);
  if (where === null) return noSqlForm;
  const order =
    sort === undefined ? '' : `\norder by ${columnText(version.columns, sort.id)} ${sort.direction} nulls last`;
  const table = tableText(name, isPinned ? version.number : undefined);
  return `select *\nfrom ${table}${where}${order}\nlimit ${rowsAsked}`;
};

/** The same rows in other notations. */
export const copiesOfRows = (question: Question, sort: Sort | undefined, origin: string) => [
  { label: 'GraphQL', text: () => graphqlText(question, sort) },
  { label: 'curl', text: () => curlOfRows(question, sort, origin) },
  { label: 'TypeScript', text: () => programText(origin, graphqlText(question, sort)) },
  { label: 'SQL', text: () => sqlOfRows(question, sort) },
];
