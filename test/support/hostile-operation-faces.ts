import fc from 'fast-check';
import { faultOf, type HostileRequest, sendRequest } from './hostile-faces.ts';
import { type HostileOperation, operationMutationOf } from './hostile-operations.ts';

/** Operations of many kinds of fields, arguments and variables, all of them accepted by a server. */
export const operations: readonly HostileOperation[] = (
  [
    [
      'query ($w: TransactionFilter, $n: Int = 3) { transactions(where: $w, first: $n) { nodes { ...t user { userId } } totalCount pageInfo { endCursor } } } fragment t on Transaction { amount userId }',
      { w: { userIds: ['u1', 'u2'], amountAtLeast: '1.5', not: { cities: ['oslo'] } }, n: 2 },
    ],
    [
      'query ($g: [EnrichedDimension!]!) { enrichedAggregate(groupBy: $g, first: 5) { nodes { key { userStatus city } measures { count sum } } totalCount } }',
      { g: ['USER_STATUS', 'CITY'] },
    ],
    [
      'query Q($u: [ID!]!, $at: DateTime!) { userStatuses(userIds: $u, at: $at) { status explanation { rule } } server { version } }',
      { u: ['u1', 'u2'], at: '2025-06-01T00:00:00Z' },
    ],
    [
      'query ($w: ExperimentEventFilter, $s: AsOfInput) { experimentEvents(where: $w, asOf: $s, first: 2) { nodes { eventId userId } totalCount } }',
      { w: { or: [{ variants: ['A'] }, { not: { countries: ['SE'] } }] }, s: { sequence: '0' } },
    ],
    [
      'query ($b: Boolean!, $ids: [ID!]!) { nodes(ids: $ids) @include(if: $b) { id ... on User { userId } } ... @skip(if: $b) { datasets { nodes { name } } } }',
      { b: true, ids: ['VXNlcjp1MQ'] },
    ],
    [
      '{ __schema { types { name fields(includeDeprecated: true) { name } } } __type(name: "Transaction") { kind } }',
      {},
    ],
    ['query ($a: [String!]!) { ipCities(addresses: $a) { text problem ipCity { city } } }', { a: ['1.2.3.4', '::1'] }],
    ['query ($q: String!) { sql(query: $q, first: 3) { rowCount } }', { q: 'select 1 as a' }],
    [
      'mutation ($input: RecordTransactionsInput!) { recordTransactions(input: $input) { __typename ... on Error { code message } } }',
      {
        input: {
          transactions: [
            {
              transactionId: '1',
              userId: 'u1',
              occurredAt: '2025-01-01',
              productId: 'p',
              amount: '1.5',
              ip: '1.2.3.4',
            },
          ],
        },
      },
    ],
    [
      'mutation ($input: StartConversationInput!) { startConversation(input: $input) { __typename ... on Error { code } } }',
      { input: { uuid: '0b8f7c1e-6a5b-4f43-9d0e-5b0d1c2a3e4f', symbol: 'a' } },
    ],
    [
      'subscription ($s: [Letter!], $every: Duration!) { dashboard(symbols: $s, every: $every) { total { count } symbols { symbol count } } }',
      { s: ['a', 'b'], every: 'PT1S' },
    ],
  ] as const
).map(([query, variables]) => ({ query, variables: JSON.stringify(variables) }));

const json = { 'content-type': 'application/json' };

const bodyOf = ({ query, variables }: HostileOperation, more = ''): string =>
  `{"query":${JSON.stringify(query)},"variables":${variables}${more}}`;

const post = (path: string, headers: Readonly<Record<string, string>>, body: string): HostileRequest => ({
  method: 'POST',
  path,
  headers,
  body,
});

const form = ({ query, variables }: HostileOperation): string =>
  `query=${encodeURIComponent(query.toWellFormed())}&variables=${encodeURIComponent(variables.toWellFormed())}`;

const multipart = (operation: HostileOperation): string =>
  [
    `--b\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${bodyOf(operation)}\r\n`,
    '--b\r\ncontent-disposition: form-data; name="map"\r\n\r\n{"0":["variables.input"]}\r\n',
    '--b\r\ncontent-disposition: form-data; name="0"; filename="f.csv"\r\n\r\na\r\n--b--\r\n',
  ].join('');

const toolCall = ({ query, variables }: HostileOperation): string => {
  const tool = query.includes('mutation') ? 'Record' : query.includes('transactions') ? 'Page' : 'StatusAt';
  return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}","arguments":${variables}}}`;
};

interface OperationFace {
  readonly name: string;
  readonly requestOf: (operation: HostileOperation) => HostileRequest;
}

/** Every way in for a document or for variables. */
export const operationFaces: readonly OperationFace[] = [
  { name: 'JSON', requestOf: (operation) => post('/graphql', json, bodyOf(operation)) },
  {
    name: 'a stream',
    requestOf: (operation) => post('/graphql', { ...json, accept: 'text/event-stream' }, bodyOf(operation)),
  },
  {
    name: 'its cost',
    requestOf: (operation) => post('/graphql', json, bodyOf(operation, ',"extensions":{"cost":true}')),
  },
  {
    name: 'a link',
    requestOf: (operation) => ({ method: 'GET', path: `/graphql?${form(operation)}`, headers: {}, body: '' }),
  },
  { name: 'rows as CSV', requestOf: (operation) => post('/graphql.csv', json, bodyOf(operation)) },
  { name: 'rows as NDJSON', requestOf: (operation) => post('/graphql.ndjson', json, bodyOf(operation)) },
  {
    name: 'a form with files',
    requestOf: (operation) =>
      post('/graphql', { 'content-type': 'multipart/form-data; boundary=b' }, multipart(operation)),
  },
  {
    name: 'a tool of MCP',
    requestOf: (operation) =>
      post('/mcp', { ...json, accept: 'application/json, text/event-stream' }, toolCall(operation)),
  },
  {
    name: 'a trusted document',
    requestOf: ({ variables }) => post('/graphql', json, `{"documentId":"Page","variables":${variables}}`),
  },
];

interface OperationAttack {
  readonly url: string;
  readonly keys: readonly (string | null)[];
  readonly numRuns: number;
  readonly seed?: number;
}

/** Sends mutations of operations by a face, one after the other. Throws with the smallest one whose answer is wrong. */
export const attackOperations = (
  { requestOf }: OperationFace,
  { url, keys, ...parameters }: OperationAttack,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(operationMutationOf(operations), fc.constantFrom(...keys), async (operation, key) => {
      const answer = await sendRequest(url, requestOf(operation), key);
      const fault = faultOf(answer);
      if (fault !== null) throw new Error(`${fault}: ${answer.text.slice(0, 1000)}`);
    }),
    parameters,
  );
