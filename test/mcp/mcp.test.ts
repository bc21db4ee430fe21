import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { parse } from 'csv-parse/sync';
import { getNamedType, isInputObjectType, isScalarType } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { schema } from '../../schema/schema.ts';
import { scalarSchemas } from '../../src/graphql/input-schema.ts';
import { type OpenApp, openApp, origin } from '../support/app.ts';
import { addressOf, folderOf, getFrom, postTo } from '../support/documents.ts';

const documents = `
# The status of a user at an instant.
# Second line.
query UserStatusAt($userId: ID!, $date: DateTime! = "2025-06-01T00:00:00Z") { userStatus(userId: $userId, date: $date) { status } }

"""Revenue, by what was true at the time."""
query Revenue($where: EnrichedFilter, $first: Int! = 100, $groupBy: [EnrichedDimension!]! = [USER_STATUS, CITY]) {
  enrichedAggregate(where: $where, first: $first, groupBy: $groupBy) { nodes { key { userStatus city } measures { count sum } } }
}
query Plain($range: TimeRangeInput, $symbols: [Letter!], $zone: TimeZone! = "UTC") { dashboard(range: $range, symbols: $symbols, timeZone: $zone) { total { count } } }
query Partial { server { version } transactions(first: 2000) { totalCount } }
mutation StartConversation($input: StartConversationInput!) { startConversation(input: $input) { __typename } }
mutation SavePlan($input: SaveExperimentInput!) { saveExperiment(input: $input) { __typename } }
mutation Upload($file: File!) { startImport(input: { target: USERS, file: $file }) { __typename } }
subscription Live { dashboard(symbols: ["a"]) { total { count } } }
query Echo($userId: ID!) { userStatus(userId: $userId, date: "2025-06-01") { userId } }
query Gone { server { gone } }
{ server { version } }
`;

const open = async (settings: Record<string, string> = {}): Promise<OpenApp> => {
  const app = await openApp({ settings: { documents: await folderOf({ 'd.graphql': documents }), ...settings } });
  onTestFinished(app.close);
  return app;
};

const connect = async ({ app }: OpenApp, headers: Record<string, string> = {}): Promise<Client> => {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), {
    fetch: (input, init) => app.fetch(new Request(input, init)),
    requestInit: { headers },
  });
  // The SDK's types do not fit `exactOptionalPropertyTypes`.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  onTestFinished(() => client.close());
  return client;
};

interface Called {
  readonly isError?: boolean;
  readonly structuredContent?: Record<string, unknown>;
  readonly content: readonly { readonly text: string }[];
}

const call = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<Called> =>
  (await client.callTool({ name, arguments: args })) as unknown as Called;

const errorOf = ({ structuredContent }: Called) => {
  const [error] = (structuredContent?.errors ?? []) as { message: string; extensions: { code: string } }[];
  return { code: error?.extensions.code, message: error?.message };
};

const purchases = [
  ['t-1', 'u-1', '12.50'],
  ['t-2', 'u-2', '0.10'],
].map(([transactionId, userId, amount]) => ({
  transactionId,
  userId,
  amount,
  occurredAt: '2025-06-01T00:00:00Z',
  productId: 'p',
}));

const record = async (app: OpenApp): Promise<void> => {
  const { errors } = await app.query(
    'mutation ($t: [TransactionInput!]!) { recordTransactions(input: { transactions: $t }) { __typename } }',
    { t: purchases },
  );
  expect(errors).toBeUndefined();
};

const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

describe('/mcp', () => {
  it('each trusted query and mutation is a tool with a description, a typed input and hints', async () => {
    const { tools } = await (await connect(await open())).listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'UserStatusAt',
      'Revenue',
      'Plain',
      'Partial',
      'StartConversation',
      'SavePlan',
      'Echo',
    ]);
    const byName = Object.fromEntries(tools.map((tool) => [tool.name, tool]));
    expect(byName.UserStatusAt).toMatchObject({
      description: 'The status of a user at an instant.\nSecond line.',
      inputSchema: {
        type: 'object',
        properties: {
          userId: { type: 'string', description: expect.stringMatching(/./) },
          date: { type: 'string', default: '2025-06-01T00:00:00Z' },
        },
        required: ['userId'],
        additionalProperties: false,
      },
      annotations: { readOnlyHint: true },
    });
    expect(byName.Revenue?.description).toBe('Revenue, by what was true at the time.');
    const revenue = byName.Revenue?.inputSchema as unknown as {
      properties: Record<string, object>;
      $defs: Record<string, object>;
    };
    expect(revenue.properties.where).toMatchObject({ $ref: '#/$defs/EnrichedFilter' });
    expect(revenue.properties.first).toMatchObject({ type: 'integer', default: 100 });
    expect(revenue.properties.groupBy).toMatchObject({
      type: 'array',
      items: { type: 'string', enum: expect.arrayContaining(['USER_STATUS', 'CITY']) },
      default: ['USER_STATUS', 'CITY'],
    });
    expect(revenue.$defs.EnrichedFilter).toMatchObject({ type: 'object', additionalProperties: false });
    const plain = byName.Plain?.inputSchema as unknown as { $defs: Record<string, { oneOf?: object[] }> };
    expect(plain.$defs.TimeRangeInput?.oneOf).toContainEqual({ required: ['since'] });
    expect(byName.Plain?.description).toMatch(/symbol conversations/);
    expect(byName.StartConversation?.annotations).toMatchObject({ readOnlyHint: false });
    expect(byName.StartConversation?.inputSchema).toMatchObject({ required: ['input'] });
  });

  it('every scalar of an input has a JSON type, but those that may be any value', () => {
    const inputs = Object.values(schema.getTypeMap())
      .filter(isInputObjectType)
      .flatMap((type) => Object.values(type.getFields()).map((field) => getNamedType(field.type)))
      .filter(isScalarType)
      .map(({ name }) => name);
    const any = ['File', 'SqlParameters', 'CellValue'];
    for (const name of new Set(inputs)) if (!any.includes(name)) expect(Object.keys(scalarSchemas)).toContain(name);
  });

  it('has the figures of POST, GET, CSV and NDJSON', async () => {
    const app = await open();
    await record(app);
    const { data } = await postTo(app, { documentId: 'Revenue' });
    expect((await getFrom(app, { documentId: 'Revenue' })).data).toEqual(data);
    const called = await call(await connect(app), 'Revenue');
    expect(called.structuredContent).toEqual(data);
    expect(JSON.parse(called.content[0]?.text ?? '')).toEqual(data);
    const { nodes } = (data as { enrichedAggregate: { nodes: { measures: { sum: string; count: number } }[] } })
      .enrichedAggregate;
    expect(nodes.map(({ measures }) => measures)).toEqual([{ count: 2, sum: '12.6' }]);
    const csv = parse(await (await app.get(addressOf({ documentId: 'Revenue' }, '/graphql.csv'))).text(), {
      columns: true,
    });
    expect(csv).toEqual([
      { 'key.userStatus': 'NON_PAYING', 'key.city': 'unknown', 'measures.count': '2', 'measures.sum': '12.6' },
    ]);
    const line = await (await app.get(addressOf({ documentId: 'Revenue' }, '/graphql.ndjson'))).text();
    expect(JSON.parse(line)).toMatchObject({ 'measures.count': 2, 'measures.sum': '12.6' });
  });

  it('tools are those that the key allows', async () => {
    const app = await open({
      apiKeys: 'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789,admin:a-key-of-a-test-0123456789',
      trustedOnly: 'true',
    });
    const names = async (key: string) =>
      (await (await connect(app, { 'x-api-key': key })).listTools()).tools.map(({ name }) => name);
    expect(await names('r-key-of-a-test-0123456789')).toEqual(['UserStatusAt', 'Revenue', 'Plain', 'Partial', 'Echo']);
    expect(await names('i-key-of-a-test-0123456789')).toEqual(['StartConversation']);
    expect(await names('a-key-of-a-test-0123456789')).toHaveLength(7);
    const reader = await connect(app, { authorization: 'Bearer r-key-of-a-test-0123456789' });
    expect((await call(reader, 'UserStatusAt', { userId: 'u' })).structuredContent).toEqual({
      userStatus: { status: 'NON_PAYING' },
    });
    await expect(call(reader, 'StartConversation', { input: {} })).rejects.toThrow(
      /there is no tool "StartConversation" for this caller/,
    );
    await expect(connect(app)).rejects.toThrow(/UNAUTHENTICATED/);
    await expect(connect(app, { 'x-api-key': 'other' })).rejects.toThrow(/UNAUTHENTICATED/);
  });

  it.each([
    ['UserStatusAt', {}, 'BAD_USER_INPUT', /\$userId/],
    ['UserStatusAt', { userId: 'u', date: 'soon' }, 'BAD_USER_INPUT', /\$date/],
    [
      'UserStatusAt',
      { userId: 'u', at: '2025-01-01' },
      'BAD_REQUEST',
      /there is no argument "at": there are userId, date/,
    ],
    ['Revenue', { where: { userIds: 'u', nothing: 1 } }, 'BAD_USER_INPUT', /nothing/],
    ['Revenue', { groupBy: ['PLANET'] }, 'BAD_USER_INPUT', /PLANET/],
    ['Revenue', { first: 2000 }, 'LIMIT_EXCEEDED', /pageSizeMax/],
    ['Plain', { range: { since: '2025-01-01', last: 'P1D' } }, 'BAD_USER_INPUT', /exactly one/i],
    ['Partial', { any: 1 }, 'BAD_REQUEST', /the tool has none/],
  ])('%s with %j is an error of the tool with its code', async (name, args, code, message) => {
    const result = await call(await connect(await open()), name, args);
    expect(result.isError).toBe(true);
    expect(errorOf(result)).toEqual({ code, message: expect.stringMatching(message) });
    expect(JSON.parse(result.content[0]?.text ?? '')).toEqual(result.structuredContent);
  });

  it('a mutation records', async () => {
    const app = await open();
    const client = await connect(app);
    const input = { uuid: '00000000-0000-4000-8000-000000000001', symbol: 'a' };
    expect((await call(client, 'StartConversation', { input })).structuredContent).toEqual({
      startConversation: { __typename: 'StartConversationPayload' },
    });
    expect((await call(client, 'Plain', { symbols: ['a'] })).structuredContent).toEqual({
      dashboard: { total: { count: 1 } },
    });
  });

  it('numbers that a double cannot hold stay exact', async () => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"Echo","arguments":{"userId":9007199254740993}}}`;
    const response = await (await open()).get('/mcp', { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({
      result: { structuredContent: { userStatus: { userId: '9007199254740993' } } },
    });
  });

  it('changed documents are changed tools', async () => {
    const folder = await folderOf({ 'd.graphql': 'query A { server { version } }' });
    const app = await openApp({ settings: { documents: folder, documentsWatchMs: '10' } });
    onTestFinished(app.close);
    const client = await connect(app);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['A']);
    await writeFile(join(folder, 'd.graphql'), 'query B { server { version } }');
    await expect.poll(async () => (await client.listTools()).tools.map(({ name }) => name)).toEqual(['B']);
  });

  it('versions of an operation are tools apart', async () => {
    const folder = await folderOf({
      'd.json': JSON.stringify({ 1: 'query A { server { version } }', 2: 'query A { server { engine } }' }),
    });
    const app = await openApp({ settings: { documents: join(folder, 'd.json') } });
    onTestFinished(app.close);
    const { tools } = await (await connect(app)).listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^A_[0-9a-f]{8}$/),
      expect.stringMatching(/^A_[0-9a-f]{8}$/),
    ]);
    expect(new Set(tools.map(({ name }) => name)).size).toBe(2);
  });

  const message = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
  it.each([
    ['another site', { ...headers, origin: 'https://evil.example' }, JSON.stringify(message), origin, 403],
    ['a rebound name', headers, JSON.stringify(message), 'http://evil.example', 403],
    ['a large body', headers, JSON.stringify({ ...message, x: 'x'.repeat(3000) }), origin, 413],
    ['a batch', headers, JSON.stringify([message]), origin, 400],
    ['what is not JSON', headers, '{', origin, 400],
    ['what is not UTF-8', headers, Buffer.from([0x22, 0xff, 0x22]), origin, 400],
    ['another type', { ...headers, 'content-type': 'text/plain' }, JSON.stringify(message), origin, 415],
    ['a client without streams', { ...headers, accept: 'application/json' }, JSON.stringify(message), origin, 406],
  ])('%s is refused', async (_name, sent, body, from, status) => {
    const { app } = await open({ bodyBytesMax: '2kB' });
    const response = await app.fetch(new Request(`${from}/mcp`, { method: 'POST', headers: sent, body }));
    expect(response.status).toBe(status);
  });

  it('there are no sessions', async () => {
    const app = await open();
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const response = await app.get('/mcp', { method, headers });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });
});
