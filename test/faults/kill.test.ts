import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { experimentEvents } from '../../db/tables/index.ts';
import { indexFilesOf } from '../../src/ledger/index-files/index-files.ts';
import { asof, folder, serve } from '../cli/asof-process.ts';
import { openApp } from '../support/app.ts';
import { isLong } from './form.ts';

/** More run in the long form. */
const rounds = isLong ? 60 : 3;

const clients = 8;

const eventText = (eventId: string): string =>
  `{"event_id":"${eventId}","user_id":"1","account_type":"free","date":"2023-05-01","event_type":null,"order_value":1.5,"version":"A"}`;

const graphqlEvent = { userId: '1', accountType: 'free', occurredAt: '2023-05-01', amount: '1.5', variant: 'A' };

interface ClientLog {
  readonly sent: Set<string>;
  readonly acknowledged: Set<string>;
  /** The ways in by which some were acknowledged in this round. */
  readonly faces: Set<(url: string, client: string, log: ClientLog) => Promise<void>>;
}

const acknowledge = (log: ClientLog, face: Parameters<ClientLog['faces']['add']>[0], id: string): void => {
  log.acknowledged.add(id);
  log.faces.add(face);
};

/** Posts one event after the other until the server is gone. */
const sendSingly = async (url: string, client: string, log: ClientLog): Promise<void> => {
  const agent = new Agent({ keepAlive: true });
  for (let number = 0; ; number++) {
    const id = `${client}-${number}`;
    const request = httpRequest(`${url}/receive_event`, { method: 'POST', agent });
    log.sent.add(id);
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.end(eventText(id));
    const text = await answered.then(async ([response]) => (await response.toArray()).join('')).catch(() => null);
    if (text === null) return agent.destroy();
    // A line that is cut off is no acknowledgement.
    if (text === '{"status":"created"}') acknowledge(log, sendSingly, id);
  }
};

/** Streams lines without waiting for their answers until the server is gone. */
const sendStream = async (url: string, client: string, log: ClientLog): Promise<void> => {
  const request = httpRequest(`${url}/events`, { method: 'POST', agent: false });
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    const onEnd = (): void => {
      isClosed = true;
      resolve();
    };
    request.on('error', onEnd).on('close', onEnd);
  });
  const ids: string[] = [];
  request.on('response', (response: IncomingMessage) => {
    response.on('error', () => undefined);
    const lines = createInterface(response);
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      if (!line.endsWith('"created"}')) return;
      acknowledge(log, sendStream, ids[(JSON.parse(line) as { index: number }).index] as string);
    });
  });
  while (!isClosed) {
    const id = `${client}-${ids.length}`;
    ids.push(id);
    log.sent.add(id);
    if (!request.write(`${eventText(id)}\n`))
      await Promise.race([once(request, 'drain').catch(() => undefined), closed]);
  }
  await closed;
};

const recordEvents = `mutation ($events: [ExperimentEventInput!]!) {
  recordEvents(input: { events: $events }) { ... on RecordEventsPayload { results { outcome } } }
}`;

/** Records some events a mutation, one mutation after the other, until the server is gone. */
const sendMutations = async (url: string, client: string, log: ClientLog): Promise<void> => {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  for (let number = 0; ; number++) {
    const ids = Array.from({ length: 10 }, (_, index) => `${client}-${number}-${index}`);
    for (const id of ids) log.sent.add(id);
    const events = ids.map((eventId) => ({ ...graphqlEvent, eventId }));
    const body = JSON.stringify({ query: recordEvents, variables: { events } });
    const result = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
      .then((response) => response.json() as Promise<{ data: { recordEvents: { results: { outcome: string }[] } } }>)
      .catch(() => null);
    if (result === null) return;
    for (const [index, { outcome }] of result.data.recordEvents.results.entries())
      if (outcome === 'CREATED') acknowledge(log, sendMutations, ids[index] as string);
  }
};

it('a server that is killed has stored every acknowledged event exactly once', {
  timeout: rounds * 30_000,
}, async () => {
  const data = await folder();
  const log: ClientLog = { sent: new Set(), acknowledged: new Set(), faces: new Set() };
  for (let round = 0; round < rounds; round++) {
    // Killed while it writes index files all the time, too.
    const server = await serve(['--data', data, '--empty', '--index-file-records', '25']);
    const before = log.acknowledged.size;
    const enough = before + 100 + 150 * round;
    const sending = [
      ...Array.from({ length: clients }, (_, client) => sendSingly(server.url, `${round}s${client}`, log)),
      sendStream(server.url, `${round}n`, log),
      sendMutations(server.url, `${round}g`, log),
    ];
    log.faces.clear();
    const isEarly = () => log.acknowledged.size < enough || log.faces.size < 3;
    while (isEarly() || (await indexFilesOf(data)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    server.child.kill('SIGKILL');
    await server.closed;
    await Promise.all(sending);

    const { app, close } = await openApp({ data });
    const rows = app.store.page(experimentEvents, { key: 'seq', direction: 'asc', limit: 10_000_000 });
    const { columns } = app.domains.experimentEvents;
    expect(Array.from({ length: columns.rows }, (_, row) => columns.seqOf(row))).toEqual(rows.map(({ seq }) => seq));
    expect(app.ledger.rebuild?.fromFile).toBeGreaterThan(0);
    await close();
    const ids = rows.map(({ eventId }) => eventId as string);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !log.sent.has(id))).toEqual([]);
    const stored = new Set(ids);
    expect([...log.acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  }
  expect((await asof(['verify', '--data', data])).code).toBe(0);
});
