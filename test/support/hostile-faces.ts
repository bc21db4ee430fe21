import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { mutationOf } from './hostile-mutations.ts';

/** A way in for requests, with bodies that it accepts. */
export interface Face {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly string[];
}

/** Documents for the folder of trusted documents, each of which is a tool of MCP too. */
export const trustedDocuments = `
query StatusAt($userId: ID!, $date: DateTime! = "2025-06-01T00:00:00Z") { userStatus(userId: $userId, date: $date) { status } }
query Page($where: TransactionFilter, $first: Int! = 3) { transactions(where: $where, first: $first) { nodes { userId amount } } }
mutation Record($input: RecordTransactionsInput!) { recordTransactions(input: $input) { __typename } }
`;

const json = { 'content-type': 'application/json' };
const operation = (query: string, variables: object = {}): string => JSON.stringify({ query, variables });

const mutationOfField = (field: string, type: string, input: object): string =>
  operation(`mutation ($input: ${type}!) { ${field}(input: $input) { __typename ... on Error { code message } } }`, {
    input,
  });

const uuid = '0b8f7c1e-6a5b-4f43-9d0e-5b0d1c2a3e4f';

const mutations: readonly string[] = [
  mutationOfField('recordTransactions', 'RecordTransactionsInput', {
    transactions: [
      {
        transactionId: '1',
        userId: 'u1',
        occurredAt: '2025-01-01T00:00:00Z',
        productId: 'p',
        amount: '1.5',
        ip: '1.2.3.4',
      },
      { transactionId: '2', userId: 'u2', occurredAt: '2025-01-01', productId: 'p', amount: 2 },
    ],
  }),
  mutationOfField('recordStatusChanges', 'RecordStatusChangesInput', {
    changes: [{ userId: 'u1', status: 'PAYING', effectiveAt: '2025-01-01T00:00:00Z' }],
  }),
  mutationOfField('recordEvents', 'RecordEventsInput', {
    experiment: 'x',
    idempotencyKey: 'k1',
    events: [
      {
        userId: 'u1',
        variant: 'A',
        occurredAt: '2025-01-01',
        accountType: 'free',
        amount: '1.25',
        eventId: 'e1',
        eventType: 't',
      },
    ],
  }),
  mutationOfField('saveExperiment', 'SaveExperimentInput', {
    key: 'x',
    allocation: [
      { variant: 'A', weight: 1 },
      { variant: 'B', weight: 1 },
    ],
    markets: ['DE'],
    startedAt: '2025-01-01T00:00:00Z',
  }),
  mutationOfField('excludeUsers', 'ExcludeUsersInput', {
    userIds: ['u1', 'u2'],
    from: '2025-01-01T00:00:00Z',
    reason: 'r',
  }),
  mutationOfField('includeUsers', 'IncludeUsersInput', { userIds: ['u1'], reason: 'r' }),
  mutationOfField('startConversation', 'StartConversationInput', { uuid, symbol: 'a' }),
  mutationOfField('followUpConversation', 'FollowUpConversationInput', { uuid }),
  mutationOfField('addApiKey', 'AddApiKeyInput', { name: 'n', scopes: ['READ'] }),
  mutationOfField('startImport', 'StartImportInput', {
    target: 'TRANSACTIONS',
    source: { location: '../x' },
    wait: true,
  }),
  mutationOfField('startImport', 'StartImportInput', {
    target: 'DATASET',
    datasetName: 'd',
    source: { url: 'http://127.0.0.1:1/x' },
  }),
  mutationOfField('discardRejectedRecord', 'DiscardRejectedRecordInput', { id: 'UmVqZWN0ZWRSZWNvcmQ6MQ' }),
  mutationOfField('retryRejectGroup', 'RetryRejectGroupInput', { id: 'UmVqZWN0R3JvdXA6MQ' }),
];

const subscriptions: readonly string[] = [
  operation(
    'subscription ($x: String, $after: BigInt) { eventRecorded(experiment: $x, afterSequence: $after) { userId provenance { sequence } } }',
    {
      x: 'x',
      after: '0',
    },
  ),
  operation(
    'subscription { dashboard(symbols: ["a", "b"], every: "PT1S") { total { count } symbols { symbol count } } }',
  ),
  operation(
    'subscription ($w: ExperimentEventFilter) { monitor(experiment: "x", where: $w, every: "PT0.25S") { verdict } }',
    {
      w: { variants: ['A'] },
    },
  ),
  operation('subscription { importProgress(importId: "SW1wb3J0OjE") { state } }'),
  operation('subscription { changes { __typename } }'),
];

const registered = '{ server { version } }';
const sha256Hash = createHash('sha256').update(registered).digest('hex');
const persisted: readonly string[] = [
  JSON.stringify({ query: registered, extensions: { persistedQuery: { version: 1, sha256Hash } } }),
  JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash } } }),
  JSON.stringify({ documentId: `sha256:${sha256Hash}`, variables: {}, operationName: 'StatusAt' }),
  JSON.stringify({ documentId: sha256Hash, extensions: { cost: true } }),
];

const rpc = (method: string, params: object, id: number | string = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const messages: readonly string[] = [
  rpc('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } }),
  rpc('tools/list', {}),
  rpc('tools/list', { cursor: 'x' }),
  rpc('tools/call', { name: 'StatusAt', arguments: { userId: 'u1' } }),
  rpc('tools/call', { name: 'Page', arguments: { where: { userIds: ['u1'] }, first: 2 } }),
  rpc(
    'tools/call',
    { name: 'Record', arguments: { input: { transactions: [{ transactionId: '3', userId: 'u1' }] } } },
    'a',
  ),
  rpc('tools/call', { name: '__proto__', arguments: { constructor: 1 } }),
  rpc('ping', {}),
  rpc('resources/list', {}),
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
];

const part = (head: string, value: string): string =>
  `--b\r\ncontent-disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
const query =
  'mutation ($file: File!) { startImport(input: { target: TRANSACTIONS, source: { file: $file } }) { __typename } }';
const uploads: readonly string[] = [
  [
    part('name="operations"', JSON.stringify({ query, variables: { file: null } })),
    part('name="map"', '{"0":["variables.file"]}'),
    part('name="0"; filename="f.csv"', 'click_id,user_id\n1,u1\n'),
    '--b--\r\n',
  ].join(''),
];

const events: readonly string[] = [
  '{"event_id":"1","user_id":"1","account_type":"free","date":"2023-05-01","event_type":null,"order_value":1.5,"version":"A"}\n'.repeat(
    3,
  ),
  '{"batch":[{"user_id":"1","account_type":"free","date":"2023-05-01","version":"A"}],"experiment":"x"}',
];

export const faces: readonly Face[] = [
  { name: 'mutations', path: '/graphql', headers: json, bodies: mutations },
  { name: 'subscriptions', path: '/graphql', headers: { ...json, accept: 'text/event-stream' }, bodies: subscriptions },
  { name: 'persisted documents', path: '/graphql', headers: json, bodies: persisted },
  { name: 'MCP', path: '/mcp', headers: { ...json, accept: 'application/json, text/event-stream' }, bodies: messages },
  {
    name: 'uploads',
    path: '/graphql',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    bodies: uploads,
  },
  { name: 'events', path: '/events', headers: { 'content-type': 'application/x-ndjson' }, bodies: events },
  { name: 'one event', path: '/receive_event', headers: json, bodies: events },
];

export interface FaceAnswer {
  /** 0 when the server closed the connection instead of an answer. */
  readonly status: number;
  readonly text: string;
}

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How long a stream that does not end is read. */
const streamMs = 30;

export const sendTo = (url: string, { path, headers }: Face, body: string, key: string | null): Promise<FaceAnswer> =>
  sendRequest(url, { method: 'POST', path, headers, body }, key);

/** Sends a request and reads its answer; of a stream of events, what comes at once. */
export const sendRequest = (
  url: string,
  { method, path, headers, body }: HostileRequest,
  key: string | null,
): Promise<FaceAnswer> =>
  new Promise((resolve) => {
    const allHeaders = { ...headers, ...(key === null ? {} : { 'x-api-key': key }) };
    const sent = httpRequest(`${url}${path}`, { method, agent: false, headers: allHeaders }, (answer) => {
      let text = '';
      const finish = (): void => resolve({ status: answer.statusCode ?? 0, text });
      answer.setEncoding('utf8');
      answer.on('data', (some: string) => {
        text += some;
      });
      answer.on('end', finish).on('error', finish);
      if (/event-stream/.test(answer.headers['content-type'] ?? '')) {
        setTimeout(() => {
          finish();
          sent.destroy();
        }, streamMs);
      }
    });
    sent.on('error', () => resolve({ status: 0, text: '' }));
    sent.end(body);
  });

/** What makes an answer wrong, null for one that is not: hostile requests are refused or answered, and reveal no bug. */
export const faultOf = ({ status, text }: FaceAnswer): string | null => {
  if (status >= 500 && !text.includes('"OVERLOADED"')) return `status ${status}`;
  if (/INTERNAL|-32603| {4}at .*\(/.test(text)) return 'a bug';
  return text.length > 1_000_000 ? `${text.length} characters` : null;
};

interface Attack {
  readonly url: string;
  readonly keys: readonly (string | null)[];
  readonly numRuns: number;
  readonly seed?: number;
}

/** Sends mutations of the bodies of a face, one after the other. Throws with the smallest one whose answer is wrong. */
export const attack = (face: Face, { url, keys, ...parameters }: Attack): Promise<void> =>
  fc.assert(
    fc.asyncProperty(mutationOf(face.bodies), fc.constantFrom(...keys), async (body, key) => {
      const answer = await sendTo(url, face, body, key);
      const fault = faultOf(answer);
      if (fault !== null) throw new Error(`${fault}: ${answer.text.slice(0, 1000)}`);
    }),
    parameters,
  );
