import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statusAndBody } from '../../support/fixture-app.ts';
import { root } from '../../support/modules.ts';
import {
  eventText,
  json,
  ndjson,
  openEventApp,
  postEvents,
  rejectedEvents,
  resultLinesOf,
  storedEvents,
} from '../../support/rest-events.ts';
import { dataFolder, rawConnection } from '../../support/store.ts';

const recordEvents = `mutation ($input: RecordEventsInput!) {
  recordEvents(input: $input) { ... on RecordEventsPayload { accepted duplicates conflicts } }
}`;

const migrations = join(root, 'db/migrations');

/** A store as the release before the ids of an experiment left it, with events of user 1. */
const writeEarlierStore = (
  data: string,
  events: readonly { readonly eventId: string | null; readonly experiment: string | null }[],
): void => {
  const client = rawConnection(data);
  client.exec('create table __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)');
  const record = client.prepare('insert into __drizzle_migrations (hash, created_at) values (?, ?)');
  const journal = JSON.parse(readFileSync(join(migrations, 'meta/_journal.json'), 'utf8')) as {
    entries: { tag: string; when: number }[];
  };
  for (const { tag, when } of journal.entries) {
    if (tag === '0010_event_ids_by_experiment') break;
    const text = readFileSync(join(migrations, `${tag}.sql`), 'utf8');
    client.exec(text);
    record.run(hash('sha256', text), when);
  }
  const insert = client.prepare(
    "insert into experiment_events (seq, recorded_at_us, event_id, experiment, user_id, variant, account_type, occurred_at_us) values (?, 1, ?, ?, '1', 'A', 'free', ?)",
  );
  const occurredAtUs = Date.UTC(2023, 4, 1) * 1000;
  for (const [index, { eventId, experiment }] of events.entries())
    insert.run(index + 1, eventId, experiment, occurredAtUs);
  client.prepare('insert into commits (last_seq, recorded_at_us) values (?, 1)').run(events.length);
  client.close();
};

const inputOf = (experiment: string | null, variant = 'A') => ({
  input: {
    experiment,
    events: [{ eventId: 'e', userId: '1', accountType: 'free', occurredAt: '2023-05-01', variant }],
  },
});

describe('an event_id', () => {
  it('is two events when it is sent for two experiments, and one when it is sent twice for one', async () => {
    const app = await openEventApp();
    const send = async (changes: object) => (await statusAndBody(await postEvents(app, eventText(changes)))).body;
    for (const experiment of ['checkout', 'search', undefined]) {
      expect(await send({ event_id: 'e', experiment })).toEqual({ status: 'created' });
      expect(await send({ event_id: 'e', experiment })).toEqual({ status: 'duplicate' });
      expect(await send({ event_id: 'e', experiment, version: 'B' })).toMatchObject({ error: { code: 'CONFLICT' } });
    }
    for (const none of [null, ''])
      expect(await send({ event_id: 'e', experiment: none })).toEqual({ status: 'duplicate' });
    expect(storedEvents(app).map(({ experiment }) => experiment)).toEqual(['checkout', 'search', null]);
    expect(rejectedEvents(app)).toHaveLength(3);
  });

  it('is judged in the same way in a batch, in GraphQL and in a file', async () => {
    const app = await openEventApp();
    const lines = ['a', 'b', null, 'a', 'b', null].map((experiment) => eventText({ event_id: 'e', experiment }));
    const results = await resultLinesOf(await postEvents(app, lines.join('\n'), ndjson, '/events'));
    const expected = ['created', 'created', 'created', 'duplicate', 'duplicate', 'duplicate'];
    expect(results.map(({ status }) => status)).toEqual(expected);
    const record = async (...input: Parameters<typeof inputOf>) =>
      (await app.query(recordEvents, inputOf(...input))).data?.recordEvents;
    expect(await record('a')).toEqual({ accepted: 0, duplicates: 1, conflicts: 0 });
    expect(await record('c')).toEqual({ accepted: 1, duplicates: 0, conflicts: 0 });
    expect(await record(null, 'B')).toEqual({ accepted: 0, duplicates: 0, conflicts: 1 });
    const rows = ['a', 'd', ''].map((experiment) => `1,free,2023-05-01,,,A,e,${experiment}`);
    const header = 'user_id,account_type,date,event_type,order_value,version,event_id,experiment';
    const file = { name: 'events.csv', text: [header, ...rows].join('\n') };
    expect(await app.importFile('events', file)).toMatchObject({ read: 3, accepted: 1, unchanged: 2, conflicts: 0 });
  });

  it('of the header Idempotency-Key belongs to the experiment of its event, too', async () => {
    const app = await openEventApp();
    const send = async (experiment: string) => {
      const response = await postEvents(app, eventText({ experiment }), { ...json, 'idempotency-key': 'k' });
      return (await statusAndBody(response)).body;
    };
    expect([await send('a'), await send('b'), await send('a')]).toEqual(
      ['created', 'created', 'duplicate'].map((status) => ({ status })),
    );
  });

  it('keeps its event when a store of an earlier release is opened', async () => {
    const data = dataFolder();
    writeEarlierStore(data, [
      { eventId: 'e', experiment: 'a' },
      { eventId: 'f', experiment: null },
      { eventId: null, experiment: null },
    ]);
    const app = await openEventApp({}, { data });
    const send = async (changes: object) => (await statusAndBody(await postEvents(app, eventText(changes)))).body;
    expect(await send({ event_id: 'e', experiment: 'a' })).toEqual({ status: 'duplicate' });
    expect(await send({ event_id: 'e', experiment: 'b' })).toEqual({ status: 'created' });
    expect(await send({ event_id: 'f' })).toEqual({ status: 'duplicate' });
    expect(storedEvents(app)).toHaveLength(4);
    expect(app.app.store.verify().problems).toEqual([]);
  });
});
