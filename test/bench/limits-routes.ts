import { gzipSync } from 'node:zlib';
import type { HostileRequest } from './limits-documents.ts';

/** The dataset that the requests read. */
export const wideDataset = 'wide';

const aliased = (count: number, field: string): string =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')} }`;
const of = `dataset(name: "${wideDataset}")`;
const wideFields = Array.from({ length: 50 }, (_, index) => `a${index}: amount`).join(' ');
const widePage = `{ transactions(first: 1000) { nodes { ${wideFields} } } }`;
const manyPages = aliased(8, 'transactions(first: 1000) { nodes { id userId occurredAt amount productId ip } }');

const documents: readonly (readonly [name: string, query: string])[] = [
  ['rows of a dataset, 10 times', aliased(10, `${of} { rows(first: 1000) { nodes { values } } }`)],
  [
    'profiles of 60 columns',
    `{ ${of} { columns { name profile { distinctCount min max mean median mostCommon { value } } } } }`,
  ],
  ['facets of 60 columns', `{ ${of} { facets(first: 100) { buckets { value count } } } }`],
  ['eight pages of 1000', manyPages],
];

const reads: readonly HostileRequest[] = [
  ...documents.map(([name, query]) => ({ name, caller: 'read' as const, body: JSON.stringify({ query }) })),
  ...['gzip', 'br'].map((coding) => ({
    name: `a page of 1000 with 50 fields, ${coding}`,
    caller: 'read' as const,
    headers: { 'accept-encoding': coding },
    body: JSON.stringify({ query: widePage }),
  })),
  ...[
    ['export of a dataset as CSV', `/datasets/${wideDataset}/export`],
    ['export of a dataset as JSON Lines', `/datasets/${wideDataset}/export?_format=ndjson`],
    ['export of a dataset as Parquet', `/datasets/${wideDataset}/export?_format=parquet`],
    ['export of a sorted dataset', `/datasets/${wideDataset}/export?_sort=c1`],
    ['rows of a dataset by REST', `/datasets/${wideDataset}?_first=1000`],
    ['rows of a query as CSV', `/graphql.csv?${new URLSearchParams({ query: `query a ${widePage}` })}`],
    ['rows of a query as JSON', `/graphql?${new URLSearchParams({ query: `query a ${widePage}` })}`],
  ].map(([name = '', path = '']) => ({ name, path, method: 'GET' as const, caller: 'read' as const })),
];

const megabytes = 1_000_000;

/** An upload of a file for an import that is waited for. */
const upload = (name: string, target: string, content: string): HostileRequest => {
  const query = `mutation ($file: File!) { startImport(input: { target: ${target}, source: { file: $file } }) { __typename } }`;
  const part = (head: string, value: string): string =>
    `--b\r\ncontent-disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
  return {
    name,
    caller: 'ingest',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    body: [
      part('name="operations"', JSON.stringify({ query, variables: { file: null } })),
      part('name="map"', '{"0":["variables.file"]}'),
      part('name="0"; filename="f.jsonl"', content),
      '--b--\r\n',
    ].join(''),
  };
};

const events = (
  name: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): HostileRequest => ({
  name,
  caller: 'ingest',
  path: '/events?summary=1',
  headers: { 'content-type': 'application/x-ndjson', ...headers },
  body,
});

const gzipped = { 'content-encoding': 'gzip' };

const transactions = Array.from({ length: 15_000 }, (_, index) => ({
  ...{ transactionId: `bench-${index}`, userId: `u${index % 100}`, occurredAt: '2025-01-01T00:00:00Z' },
  ...{ productId: 'p', amount: '1.5' },
}));
const record =
  'mutation ($t: [TransactionInput]!) { recordTransactions(input: { transactions: $t }) { ... on RecordTransactionsPayload { results { index outcome } } } }';

const writes: readonly HostileRequest[] = [
  {
    name: 'a mutation of 15,000 records',
    caller: 'ingest',
    body: JSON.stringify({ query: record, variables: { t: transactions } }),
  },
  upload('an upload of 20 MB, one line', 'TRANSACTIONS', 'x'.repeat(20 * megabytes)),
  upload('an upload of 20 MB, rejects', 'TRANSACTIONS', '{"a":1,"b":"xxxxxxxx"}\n'.repeat((20 * megabytes) / 23)),
  events('events, 8 MB of rejects', '{"a":1}\n'.repeat(megabytes)),
  events('events, gzip bomb of one line', gzipSync(Buffer.alloc(300 * megabytes, ' ')), gzipped),
  events('events, gzip bomb of empty lines', gzipSync(Buffer.alloc(300 * megabytes, '\n')), gzipped),
  events('events, gzip bomb of rejects', gzipSync('{}\n'.repeat(100 * megabytes)), gzipped),
  events('events, an array of 8 MB', `[${'{},'.repeat(2 * megabytes)}{}]`, { 'content-type': 'application/json' }),
];

export const hostileRoutes: readonly HostileRequest[] = [...reads, ...writes];
