import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, type OpenOptions, openApp } from './app.ts';
import { type Followed, follow } from './sse.ts';

export interface TestServer extends OpenApp {
  readonly server: HttpServer;
  /** Subscribes over a socket that is closed with the test. */
  follow<Data = Record<string, unknown>>(query: string, variables?: object): Promise<Followed<Data>>;
}

/** An app on a socket of its own, both closed with the test. */
export const testServer = async (options: OpenOptions & { socketTimeoutMs?: number } = {}): Promise<TestServer> => {
  const app = await openApp({ ...options, settings: { subscriptionPingMs: '300', ...options.settings } });
  onTestFinished(app.close);
  const { socketTimeoutMs } = options;
  const server = await openServer(app.app.fetch, {
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    // As in production: fetch decodes what it receives.
    compressBytesMin: 1000,
    ...(socketTimeoutMs ? { socketTimeoutMs } : {}),
  });
  onTestFinished(() => server.stop());
  return {
    ...app,
    server,
    async follow<Data>(query: string, variables = {}) {
      const followed = await follow<Data>(server.url, query, { ...variables });
      onTestFinished(followed.leave);
      return followed;
    },
  };
};

/** Every event of experiments, from now on or after `$after`. */
export const events = `subscription ($after: BigInt) {
  eventRecorded(afterSequence: $after) { userId provenance { sequence } }
}`;
export type EventResult = { eventRecorded: { userId: string; provenance: { sequence: number } } };

/** A throttled subscription. */
export const dashboard =
  'subscription { dashboard(symbols: ["a"], every: "PT0.25S") { total { count } snapshot { sequence } } }';
export type DashboardResult = { dashboard: { total: { count: number }; snapshot: { sequence: number } } };

/** Events of as many users, by numbered names. */
export const eventsOf = (count: number, name = 'u') =>
  Array.from({ length: count }, (_, index) => ({ userId: `${name}${index}` }));
