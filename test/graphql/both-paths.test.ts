import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';

const settings = {
  apiKeys: 'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789',
  allowedOrigins: 'https://app.example',
  bodyBytesMax: '20kB',
  queryRowsMax: '1000',
};

interface Pair {
  readonly app: OpenApp;
  readonly servers: readonly HttpServer[];
}

/** One app behind two servers: with the fast path, and without. */
const openPair = async (start: boolean): Promise<Pair> => {
  const app = await openApp({ settings, start });
  const log = pino({ level: 'silent' });
  const servers = await Promise.all(
    [{ fastPath: app.app.fastPath }, {}].map((path) =>
      openServer(app.app.fetch, { host: '127.0.0.1', port: 0, log, ...path }),
    ),
  );
  return { app, servers };
};

const closePair = async ({ app, servers }: Pair): Promise<void> => {
  await Promise.all(servers.map((server) => server.stop()));
  await app.close();
};

let pair: Pair;
let unready: Pair;

beforeAll(async () => {
  pair = await openPair(true);
  unready = await openPair(false);
});

afterAll(async () => {
  await closePair(pair);
  await closePair(unready);
});

type Headers = Readonly<Record<string, string>>;

interface Received {
  readonly status: number | undefined;
  readonly headers: Headers;
  readonly text: string;
}

const varying = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length'];

/** Sends bytes and headers as they are; fetch would change them. */
const send = (url: string, headers: Headers, body: string | Buffer): Promise<Received> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}/graphql`, { method: 'POST', headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const others = Object.entries(response.headers).filter(([name]) => !varying.includes(name));
        const text = Buffer.concat(parts).toString('latin1');
        resolve({ status: response.statusCode, headers: Object.fromEntries(others) as Headers, text });
      });
      response.on('error', reject);
    });
    sent.on('error', reject).end(body);
  });

/** What both servers answer, which must be the same; the second may see what the first one stored, so nothing is stored. */
const both = async ({ servers }: Pair, headers: Headers, body: string | Buffer): Promise<Received> => {
  const answers: Received[] = [];
  for (const { url } of servers) answers.push(await send(url, { 'x-request-id': 'same', ...headers }, body));
  expect(answers[0]).toEqual(answers[1]);
  return answers[0] as Received;
};

const json = { 'content-type': 'application/json', 'x-api-key': 'r-key-of-a-test-0123456789' };
const accepts = ['', '*/*', 'application/json', 'application/graphql-response+json', 'text/event-stream', 'image/png'];
const withAccept = (headers: Headers, accept: string): Headers => (accept === '' ? headers : { ...headers, accept });

const requestOf = (query: unknown, rest: object = {}): string => JSON.stringify({ query, ...rest });
const statusQuery = 'query ($user: ID!, $date: DateTime!) { userStatus(userId: $user, date: $date) { status } }';

/** Bodies with the status in `application/graphql-response+json` and the code of their first error. */
const bodies: readonly (readonly [name: string, body: string | Buffer, status: number, code: string | undefined])[] = [
  ['a query', requestOf('{ server { version } }'), 200, undefined],
  ['variables', requestOf(statusQuery, { variables: { user: '1', date: '2017-02-10' } }), 200, undefined],
  [
    'members that are null',
    requestOf('{ __typename }', { variables: null, operationName: null, extensions: null }),
    200,
    undefined,
  ],
  ['an unknown member that is null', requestOf('{ __typename }', { id: null }), 200, undefined],
  ['extensions', requestOf('{ __typename }', { extensions: { tracing: true } }), 200, undefined],
  ['the cost', requestOf('{ server { version } }', { extensions: { cost: true } }), 200, undefined],
  ['a byte order mark', `\ufeff${requestOf('{ __typename }')}`, 200, undefined],
  ['introspection', requestOf('{ __schema { queryType { name } } }'), 200, undefined],
  [
    'a named operation',
    requestOf('query A { __typename } query B { server { version } }', { operationName: 'B' }),
    200,
    undefined,
  ],
  ['an error of a resolver', requestOf('{ node(id: "!!") { id } }'), 200, 'BAD_REQUEST'],
  [
    'a null where an argument has none',
    requestOf('query ($n: Int = 1) { sql(query: "select 1", first: $n) { rowCount } }', { variables: { n: null } }),
    200,
    'BAD_USER_INPUT',
  ],
  ['no body', '', 400, 'BAD_REQUEST'],
  ['blanks', ' \n', 400, 'BAD_REQUEST'],
  ['bad JSON', '{"query": "{ __typename }"', 400, 'BAD_REQUEST'],
  [
    'JSON nested too deep',
    `{"query": "{ __typename }", "variables": {"a": ${'['.repeat(300)}${']'.repeat(300)}}}`,
    400,
    'LIMIT_EXCEEDED',
  ],
  ['text', '"{ __typename }"', 400, 'BAD_REQUEST'],
  ['null', 'null', 400, 'BAD_REQUEST'],
  ['a batch', `[${requestOf('{ __typename }')}]`, 400, 'BAD_REQUEST'],
  ['no query', '{}', 400, 'BAD_REQUEST'],
  ['a query that is a number', requestOf(5), 400, 'BAD_REQUEST'],
  ['variables that are a list', requestOf('{ __typename }', { variables: [] }), 400, 'BAD_REQUEST'],
  ['variables that are text', requestOf('{ __typename }', { variables: '{}' }), 400, 'BAD_REQUEST'],
  ['an operation name that is a number', requestOf('{ __typename }', { operationName: 1 }), 400, 'BAD_REQUEST'],
  ['extensions that are text', requestOf('{ __typename }', { extensions: 'x' }), 400, 'BAD_REQUEST'],
  ['an unknown member', requestOf('{ __typename }', { querry: '' }), 400, 'BAD_REQUEST'],
  ['bytes that are not UTF-8', Buffer.from('{"query": "{ a(b: \\"\u00e9\\") }"}', 'latin1'), 400, 'BAD_REQUEST'],
  ['an empty document', requestOf(''), 400, 'BAD_REQUEST'],
  ['a syntax error', requestOf('{ server { '), 400, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', requestOf('{ nothing }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a literal that does not fit',
    requestOf('{ userStatus(userId: "1", date: "no") { status } }'),
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['a variable that is missing', requestOf(statusQuery), 400, 'BAD_USER_INPUT'],
  [
    'a variable that does not fit',
    requestOf(statusQuery, { variables: { user: '1', date: 'no' } }),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'an unknown operation',
    requestOf('query A { __typename }', { operationName: 'B' }),
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'no operation name of two',
    requestOf('query A { __typename } query B { __typename }'),
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  ['too many tokens', requestOf(`{ server { ${'version '.repeat(2500)} } }`, {}), 413, 'TOO_LARGE'],
  [
    'too many fields',
    requestOf(`{ server { ${Array.from({ length: 1001 }, (_, i) => `a${i}:version`).join(' ')} } }`),
    400,
    'LIMIT_EXCEEDED',
  ],
  [
    'too many rows',
    requestOf('query ($n: Int) { imports(first: $n) { nodes { rejectedRecords(first: $n) { nodes { id } } } } }', {
      variables: { n: 100 },
    }),
    400,
    'LIMIT_EXCEEDED',
  ],
  ['too large a body', requestOf('{ __typename }', { extensions: { filler: 'x'.repeat(21_000) } }), 413, 'TOO_LARGE'],
  [
    'a mutation without its scope',
    requestOf('mutation { recordStatusChanges(input: { changes: [] }) { __typename } }'),
    403,
    'NOT_ALLOWED',
  ],
  ['a subscription', requestOf('subscription { eventRecorded { userId } }'), 400, 'BAD_REQUEST'],
  [
    'a subscription that does not fit',
    requestOf('subscription { eventRecorded(afterSequence: 9) { userId } }'),
    400,
    'BAD_REQUEST',
  ],
];

const codeIn = ({ text }: Received): string | undefined => /"code":"(\w+)"/.exec(text)?.[1];

describe('the fast path answers byte for byte like the usual path', () => {
  it.each(bodies)('%s', async (name, body, status, code) => {
    const answer = await both(pair, { ...json, accept: 'application/graphql-response+json' }, body);
    expect([answer.status, codeIn(answer)]).toEqual([status, code]);
    // An endless stream is no answer to compare.
    for (const accept of accepts.filter((type) => type !== 'text/event-stream' || name !== 'a subscription'))
      expect([accept, codeIn(await both(pair, withAccept(json, accept), body))]).toEqual([
        accept,
        accept === 'image/png' ? 'NOT_ACCEPTABLE' : code,
      ]);
  });

  const query = requestOf('{ server { version } }');

  it.each<[string, Headers, number]>([
    ['no key', { 'content-type': 'application/json' }, 401],
    ['an unknown key', { ...json, 'x-api-key': 'no' }, 401],
    ['a key without the scope', { ...json, 'x-api-key': 'i-key-of-a-test-0123456789' }, 403],
    ['a bearer token', { 'content-type': 'application/json', authorization: 'Bearer r-key-of-a-test-0123456789' }, 200],
    ['no content-type', { 'x-api-key': 'r-key-of-a-test-0123456789' }, 415],
    ['a content-type that is no request', { ...json, 'content-type': 'text/plain' }, 415],
    ['JSON in capitals', { ...json, 'content-type': 'Application/JSON; Charset="UTF-8"' }, 200],
    ['another charset', { ...json, 'content-type': 'application/json; charset=utf-16' }, 415],
    ['another JSON type', { ...json, 'content-type': 'application/graphql+json' }, 200],
    ['an allowed origin', { ...json, origin: 'https://app.example' }, 200],
    ['another origin', { ...json, origin: 'https://evil.example' }, 403],
    ['another host', { ...json, host: 'evil.example' }, 403],
    ['an unknown content-encoding', { ...json, 'content-encoding': 'zip' }, 415],
    ['a damaged compressed body', { ...json, 'content-encoding': 'gzip' }, 400],
    ['streams as the second choice', { ...json, accept: 'application/json, text/event-stream;q=0.5' }, 200],
    ['weights', { ...json, accept: 'application/json;q=0.1, application/graphql-response+json' }, 200],
    ['nothing acceptable', { ...json, accept: 'application/json;q=0' }, 406],
  ])('%s', async (_name, headers, status) => {
    const answer = await both(pair, headers, query);
    expect(answer.status).toBe(status);
    if (answer.status !== 200)
      expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
  });

  it('before the server is ready', async () => {
    const answer = await both(unready, json, query);
    expect([answer.status, codeIn(answer)]).toEqual([503, 'NOT_READY']);
  });

  it('a bug', async () => {
    const { domains } = pair.app.app;
    const { statusAt } = domains.userStatus;
    domains.userStatus.statusAt = () => {
      throw new TypeError('a secret');
    };
    const answer = await both(pair, json, requestOf(statusQuery, { variables: { user: '1', date: '2017-02-10' } }));
    domains.userStatus.statusAt = statusAt;
    expect([answer.status, codeIn(answer)]).toEqual([200, 'INTERNAL']);
    expect(answer.text).not.toContain('secret');
  });

  it('any mixture of documents, variables and headers', async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('1', '2017-02-10', 2 ** 53, 1.5, { first: 2 }),
    );
    const request = fc.record(
      {
        query: fc.oneof(fc.constantFrom(statusQuery, '{ server { version } }', '{ a', 'query A { __typename }'), value),
        variables: fc.oneof(fc.dictionary(fc.constantFrom('user', 'date', 'n'), value), value),
        operationName: fc.oneof(fc.constantFrom('A', 'B'), value),
        extensions: value,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(request, fc.constantFrom(...accepts), async (body, accept) => {
        await both(pair, withAccept(json, accept), JSON.stringify(body));
      }),
      { numRuns: 150 },
    );
  });
});
