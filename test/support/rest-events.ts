import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import { experimentEvents, rejectedRecords } from '../../db/tables/index.ts';
import { openServer } from '../../src/http/server.ts';
import { type OpenApp, type OpenOptions, openApp } from './app.ts';

/** An event in the wire format, without an id. */
const event = {
  user_id: '1',
  account_type: 'free',
  date: '2023-05-01',
  event_type: null,
  order_value: null,
  version: 'A',
};

export const eventText = (changes: object = {}): string => JSON.stringify({ ...event, ...changes });

export const json = { 'content-type': 'application/json' };
export const ndjson = { 'content-type': 'application/x-ndjson' };

/** An app that is closed with the test. */
export const openEventApp = async (
  settings: Readonly<Record<string, string>> = {},
  options: OpenOptions = {},
): Promise<OpenApp> => {
  const app = await openApp({ ...options, settings });
  onTestFinished(app.close);
  return app;
};

/** A server on a socket for an app, with its fast path. */
export const listen = async ({ app }: OpenApp): Promise<string> => {
  const options = { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }), fastPath: app.fastPath };
  const server = await openServer(app.fetch, options);
  onTestFinished(() => server.stop());
  return server.url;
};

export const postEvents = (
  { get }: OpenApp,
  body: BodyInit,
  headers: Readonly<Record<string, string>> = json,
  path = '/receive_event',
): Promise<Response> => get(path, { method: 'POST', body, headers });

export const storedEvents = ({ app }: OpenApp) =>
  app.store.page(experimentEvents, { key: 'seq', direction: 'asc', limit: 1_000_000 });

export const rejectedEvents = ({ app }: OpenApp) =>
  app.store.page(rejectedRecords, { key: 'id', direction: 'asc', limit: 1000 });

/** The lines of a response of POST /events. */
export const resultLinesOf = async (response: Response): Promise<Record<string, unknown>[]> => {
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  const text = (await response.text()).trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
};
