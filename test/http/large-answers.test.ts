import { type IncomingMessage, request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';

/** Longer than a piece of an answer, with characters of one to four bytes. */
const rows = 1000;
const product = (row: number): string => `${['p', 'ä', '€', '😀'][row % 4]}${row}`;
const fields = Array.from({ length: 20 }, (_, index) => `a${index}: productId`).join(' ');
const query = `query rows { transactions(first: ${rows}) { nodes { ${fields} user { userId } } } }`;

let opened: OpenApp;
/** With the fast path, and without. */
let servers: readonly HttpServer[];

beforeAll(async () => {
  opened = await openApp();
  const lines = Array.from({ length: rows }, (_, row) =>
    JSON.stringify({
      ...{ click_id: row, created_at: '2020-01-01T12:00:00', product_price: 1, user_id: `u${row % 7}` },
      product_id: product(row),
    }),
  );
  await opened.importFile('transactions', { name: 't.jsonl', text: lines.join('\n') });
  const log = pino({ level: 'silent' });
  servers = await Promise.all(
    [{ fastPath: opened.app.fastPath }, {}].map((path) =>
      openServer(opened.app.fetch, { host: '127.0.0.1', port: 0, log, compressBytesMin: 1000, ...path }),
    ),
  );
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await opened.close();
});

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const send = (url: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Received> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: body === undefined ? 'GET' : 'POST', headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts) }));
    });
    sent.on('error', reject).end(body);
  });

const node = (row: number) => ({
  ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`a${index}`, product(row)])),
  user: { userId: `u${row % 7}` },
});

const decoders = { identity: (body: Buffer) => body, gzip: gunzipSync, br: brotliDecompressSync } as const;
type Coding = keyof typeof decoders;

const postOf = (coding: Coding) => ({ 'content-type': 'application/json', 'accept-encoding': coding });

it.each(['identity', 'gzip', 'br'] as const)('an answer in many pieces is complete: %s', async (coding) => {
  for (const { url } of servers) {
    // The second time its objects are remembered.
    for (let round = 0; round < 3; round++) {
      const { body, headers } = await send(`${url}/graphql`, postOf(coding), JSON.stringify({ query }));
      const text = decoders[coding](body).toString('utf8');
      expect(text.length).toBeGreaterThan(200_000);
      const { data } = JSON.parse(text) as { data: { transactions: { nodes: unknown[] } } };
      expect(data.transactions.nodes).toEqual(Array.from({ length: rows }, (_, row) => node(row)));
      expect(headers['content-encoding']).toBe(coding === 'identity' ? undefined : coding);
    }
  }
});

it('the fast path states the length of an answer in many pieces', async () => {
  const { body, headers } = await send(`${servers[0]?.url}/graphql`, postOf('identity'), JSON.stringify({ query }));
  expect(headers['content-length']).toBe(String(body.length));
});

it('rows of a query in many pieces are complete', async () => {
  for (const { url } of servers) {
    const csv = await send(`${url}/graphql.csv?${new URLSearchParams({ query })}`, {});
    const lines = csv.body.toString('utf8').split('\r\n');
    expect(lines).toHaveLength(rows + 2);
    expect(lines[2]).toBe(`${Array.from({ length: 20 }, () => product(1)).join()},u1`);
    const ndjson = await send(`${url}/graphql.ndjson?${new URLSearchParams({ query })}`, {});
    const objects = ndjson.body.toString('utf8').trimEnd().split('\n');
    expect(objects).toHaveLength(rows);
    expect(JSON.parse(objects.at(-1) as string)).toMatchObject({ a0: product(rows - 1) });
  }
});

it('clients that leave in the middle of a large answer leave nothing behind', async () => {
  for (const { url } of servers) {
    await Promise.all(
      Array.from(
        { length: 10 },
        () =>
          new Promise<void>((resolve) => {
            const sent = request(`${url}/graphql`, { method: 'POST', headers: postOf('identity'), agent: false });
            sent.on('response', (answer) => {
              answer.once('data', () => {
                sent.destroy();
                resolve();
              });
              answer.on('error', () => undefined);
            });
            sent.on('error', () => undefined);
            sent.end(JSON.stringify({ query }));
          }),
      ),
    );
    const { body } = await send(`${url}/graphql`, postOf('identity'), '{"query":"{ __typename }"}');
    expect(body.toString()).toBe('{"data":{"__typename":"Query"}}');
  }
});
