import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';

let opened: OpenApp;
let server: HttpServer;

beforeAll(async () => {
  opened = await openApp({ settings: { decodedBodyBytesMax: '1MB' } });
  const { fetch, fastPath } = opened.app;
  server = await openServer(fetch, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }), fastPath });
});
afterAll(async () => {
  await server.stop();
  await opened.close();
});

/** The status of an answer, and whether the connection had been used before. */
const send = (
  agent: Agent,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): Promise<[status: number, isReused: boolean]> =>
  new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', () => resolve([answer.statusCode ?? 0, sent.reusedSocket]));
    });
    sent.on('error', reject).end(body);
  });

it('a connection on which a body was refused in its middle is used again', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const ndjson = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
  const bodies = [gzipSync(Buffer.alloc(300_000_000, ' ')), gzipSync(randomBytes(3_000_000))];
  for (const body of bodies)
    for (let round = 0; round < 3; round++) {
      expect((await send(agent, '/events?summary=1', ndjson, body))[0]).toBe(413);
      const next = await send(agent, '/graphql', { 'content-type': 'application/json' }, '{"query":"{ __typename }"}');
      expect(next).toEqual([200, true]);
    }
});
