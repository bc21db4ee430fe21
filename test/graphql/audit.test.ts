import { serverAudits } from 'graphql-http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';

let opened: OpenApp;
const servers: HttpServer[] = [];

/** The address of the fast path, and of the usual path. */
const paths = ['fast', 'usual'] as const;

beforeAll(async () => {
  opened = await openApp();
  const log = pino({ level: 'silent' });
  for (const options of [{ fastPath: opened.app.fastPath }, {}])
    servers.push(await openServer(opened.app.fetch, { host: '127.0.0.1', port: 0, log, ...options }));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await opened.close();
});

describe.each(paths.map((name, index) => ({ name, index })))(
  'GraphQL over HTTP on the $name path, as graphql-http audits it',
  ({ index }) => {
    const audits = serverAudits({
      url: 'http://server/graphql',
      fetchFn: (url: string, init?: RequestInit) =>
        fetch(url.replace('http://server', servers[index]?.url ?? ''), init),
    });

    it('the audit suite has the expected number of audits', () => expect(audits).toHaveLength(61));

    it.each(audits)('$id: $name', async ({ fn }) => {
      const result = await fn();
      expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
    });
  },
);
