import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { samplesOf } from '../support/metrics.ts';

const key = 'ingest-key-of-a-test-0123456789';

let opened: OpenApp;
let server: HttpServer;
const lines: string[] = [];
const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);

beforeAll(async () => {
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
  opened = await openApp({ log, settings: { apiKeys: `admin:${key}` } });
  const { fetch, fastPath, observe } = opened.app;
  server = await openServer(fetch, { host: '127.0.0.1', port: 0, log, fastPath, observe, compressBytesMin: 1000 });
});

afterAll(async () => {
  printed.mockRestore();
  await server.stop();
  await opened.close();
});

interface Sent {
  readonly name: string;
  readonly path: string;
  readonly method?: string;
  readonly headers: readonly string[];
  readonly body: string | Buffer;
}

const json = 'content-type: application/json';
const query = JSON.stringify({
  query: '{ transactions(first: 10) { totalCount nodes { userId } } server { version } }',
});
const subscription = JSON.stringify({ query: 'subscription { changes { kinds } }' });
const part = (name: string, content: string) => `--b\r\ncontent-disposition: form-data; name="${name}"${content}\r\n`;
const multipart = [
  part(
    'operations',
    '\r\n\r\n{"query":"mutation ($f: Upload!) { startImport(input: { target: TRANSACTIONS, file: $f }) { __typename } }","variables":{"f":null}}',
  ),
  part('map', '\r\n\r\n{"0":["variables.f"]}'),
  part('0', `; filename="t.jsonl"\r\ncontent-type: text/plain\r\n\r\n${'{}\n'.repeat(20_000)}`),
  '--b--\r\n',
].join('');

const graphql = (name: string, headers: readonly string[], body: string | Buffer): Sent => ({
  name: `GraphQL, ${name}`,
  path: '/graphql',
  headers,
  body,
});

const sent: readonly Sent[] = [
  graphql('JSON', [json], query),
  graphql('a subscription in JSON', [json, 'accept: text/event-stream'], subscription),
  graphql('a subscription that may be JSON', [json, 'accept: application/json, text/event-stream'], subscription),
  graphql('gzip', [json, 'content-encoding: gzip'], gzipSync(query)),
  graphql(
    'a form',
    ['content-type: application/x-www-form-urlencoded'],
    `query=${encodeURIComponent('{ __typename }')}`,
  ),
  graphql('text', ['content-type: application/graphql'], '{ __typename }'),
  graphql('multipart', ['content-type: multipart/form-data; boundary=b'], multipart),
  {
    name: 'an event',
    path: '/receive_event',
    headers: [json],
    body: '{"user_id":"1","version":"A","date":"2023-05-01"}',
  },
  {
    name: 'fields',
    path: '/initial',
    headers: [json],
    body: '{"uuid":"7f1f5a2e-0f0e-4a43-8b66-0a5a3a5a3a5a","symbol":"a"}',
  },
  {
    name: 'JSON Lines',
    path: '/events',
    headers: ['content-type: application/x-ndjson'],
    body: '{"user_id":"1"}\n'.repeat(500),
  },
  {
    name: 'JSON Lines, gzip',
    path: '/events',
    headers: ['content-type: application/x-ndjson', 'content-encoding: gzip'],
    body: gzipSync('{"user_id":"1"}\n'.repeat(500)),
  },
  { name: 'a list of events', path: '/events', headers: [json], body: `[${'{},'.repeat(500)}{}]` },
  { name: 'SQL', path: '/sql', headers: ['content-type: application/sql'], body: 'select 1' },
  {
    name: 'a file of a dataset',
    path: '/datasets/d',
    method: 'PUT',
    headers: ['content-type: text/csv'],
    body: `a,b\n${'1,2\n'.repeat(500)}`,
  },
  {
    name: 'a file of a dataset, gzip',
    path: '/datasets/d',
    method: 'PUT',
    headers: ['content-type: text/csv', 'content-encoding: gzip'],
    body: gzipSync(`a,b\n${'1,2\n'.repeat(5000)}`),
  },
  {
    name: 'the link of a dataset',
    path: '/datasets',
    headers: [json],
    body: '{"name":"d","url":"https://127.0.0.1/"}',
  },
  {
    name: 'a message of MCP',
    path: '/mcp',
    headers: [json, 'accept: application/json, text/event-stream'],
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  },
  { name: 'a body to an unknown path', path: '/nowhere', headers: [json], body: query },
];

const moments = ['before its body', 'within its body', 'after its body'] as const;
const framings = ['of known length', 'in chunks'] as const;

const requestBytes = ({ path, method = 'POST', headers, body }: Sent, framing: string, moment: string): Buffer => {
  const bytes = Buffer.from(body);
  const isWhole = moment === 'after its body';
  const some =
    moment === 'before its body' ? bytes.subarray(0, 0) : isWhole ? bytes : bytes.subarray(0, bytes.length / 2);
  const chunked = framing === 'in chunks';
  const head = [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    `x-api-key: ${key}`,
    ...headers,
    chunked ? 'transfer-encoding: chunked' : `content-length: ${bytes.length}`,
  ].join('\r\n');
  const chunks =
    some.length === 0 ? [] : [`${some.length.toString(16)}\r\n`, some, '\r\n', ...(isWhole ? ['0\r\n\r\n'] : [])];
  return Buffer.concat([`${head}\r\n\r\n`, ...(chunked ? chunks : [some])].map((part) => Buffer.from(part)));
};

const leaves = async (bytes: Buffer): Promise<void> => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes, () => socket.resetAndDestroy());
  await once(socket, 'close');
};

const outcomes = async (): Promise<Map<string, number>> => {
  const response = await fetch(`${server.url}/metrics`, { headers: { 'x-api-key': key } });
  const found = new Map<string, number>();
  for (const { name, labels, value } of samplesOf(await response.text()))
    if (/http_request_duration_seconds_count|http_streams_total/.test(name) && labels.route !== '/metrics')
      found.set(labels.outcome ?? '', (found.get(labels.outcome ?? '') ?? 0) + value);
  return found;
};

it.each(sent.map((each) => [each.name, each] as const))(
  '%s: a client that leaves is no error',
  async (_name, request) => {
    const before = await outcomes();
    for (const moment of moments) for (const framing of framings) await leaves(requestBytes(request, framing, moment));
    await vi.waitFor(async () => {
      const after = await outcomes();
      const ended =
        [...after.values()].reduce((sum, count) => sum + count, 0) -
        [...before.values()].reduce((sum, count) => sum + count, 0);
      expect(ended).toBe(moments.length * framings.length);
      expect((after.get('failed') ?? 0) - (before.get('failed') ?? 0)).toBe(0);
    }, 30_000);
    expect(lines.splice(0)).toEqual([]);
    expect(printed.mock.calls).toEqual([]);
  },
);
