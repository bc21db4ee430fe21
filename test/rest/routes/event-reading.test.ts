import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { ReadingThread } from '../../../src/domains/imports/reading-thread.ts';
import type { OpenApp } from '../../support/app.ts';
import {
  eventText,
  ndjson,
  openEventApp,
  postEvents,
  rejectedEvents,
  resultLinesOf,
  storedEvents,
} from '../../support/rest-events.ts';

/** New events, repeated ones, others under known ids, malformed ones and lines that are no JSON. */
const lineAt = (index: number): string => {
  const day = `2023-05-${String((index % 28) + 1).padStart(2, '0')}`;
  const common = { user_id: `u${index % 97}`, date: `${day}T10:00:00Z`, version: 'AB'[index % 2] };
  const known = { ...common, event_id: `an-id-of-a-sender-${index - 10}` };
  switch (index % 50) {
    case 17:
      return `{"user_id": "ж${index}"`;
    case 19:
      return eventText({ ...common, date: 'yesterday', note: 'жжж'.repeat(index % 5) });
    case 21:
      return eventText({ ...known, event_type: 'a-name-of-more-than-twelve-characters' });
    case 23:
      return `${eventText({ ...common, order_value: '1.5' })}\r`;
    case 25:
      return lineAt(index - 10);
    default: {
      const value = index % 4 === 0 ? null : `${index % 1000}.25`;
      const type = index % 3 === 0 ? null : 'order';
      return eventText({ ...known, event_id: `an-id-of-a-sender-${index}`, event_type: type, order_value: value });
    }
  }
};
const lines = Array.from({ length: 1500 }, (_, index) => lineAt(index));

/** A body that arrives in so many bytes at a time. */
const inPieces = (body: string, size: number): ReadableStream<Uint8Array> => {
  const bytes = Buffer.from(body);
  let from = 0;
  return new ReadableStream({
    pull(controller) {
      if (from >= bytes.length) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(from, from + size)));
      from += size;
    },
  });
};

/** All that is stored, but when, and by which request. */
const storedIn = (app: OpenApp) => ({
  events: storedEvents(app).map(({ recordedAtUs: _, requestId: __, ...event }) => event),
  rejects: rejectedEvents(app).map(({ raw, problems, source }) => ({ raw, problems, source })),
});

const answersOf = ({ query }: OpenApp) =>
  query(`{
    enrichedAggregate(source: EXPERIMENT_EVENTS, groupBy: [VARIANT, EVENT_TYPE, USER]) {
      nodes { key { variant eventType userId } measures { count sum } }
    }
    experiments { key name }
    monitor { sentence watermark markets { country } }
  }`);

const post = async (app: OpenApp, body: string, pieceBytes: number) => {
  const init = { method: 'POST', body: inPieces(body, pieceBytes), headers: ndjson, duplex: 'half' };
  return resultLinesOf(await app.get('/events', init));
};

it.skipIf(availableParallelism() === 1)(
  'a body that is read in a thread is answered and stored as one that is read without, also after a restart',
  { timeout: 60_000 },
  async () => {
    const body = lines.join('\n');
    const data = await mkdtemp(join(tmpdir(), 'asof-test-'));
    onTestFinished(() => rm(data, { recursive: true, force: true }));
    const [reading, plain] = [await openEventApp({}, { data }), await openEventApp({}, { onDisk: true })];
    const readings = [reading, plain].map(({ app }) => vi.spyOn(app.domains.reading as ReadingThread, 'read'));
    const found = await post(reading, body, 20_000);
    expect(found).toEqual(await post(plain, body, 5000));
    const kinds = new Set(found.map(({ status }) => status));
    expect([...kinds].sort()).toEqual(['conflict', 'created', 'duplicate', 'rejected']);
    expect(storedIn(reading)).toEqual(storedIn(plain));
    const list = `[${lines.slice(26, 60).join(',')}]`.padEnd(17_000);
    expect((await post(reading, list, 30_000)).map(({ status }) => status)).toEqual(
      (await post(plain, list, 5000)).map(({ status }) => status),
    );
    expect(storedIn(reading)).toEqual(storedIn(plain));
    expect(readings.map(({ mock }) => mock.calls.length)).toEqual([2, 0]);
    const answers = await answersOf(reading);
    expect(answers.errors).toBeUndefined();
    expect(answers).toEqual(await answersOf(plain));

    await reading.close();
    const reopened = await openEventApp({}, { data });
    expect(await answersOf(reopened)).toEqual(answers);
  },
);

it('a batch with a key is stored as a whole, also when a thread reads it', async () => {
  const [reading, plain] = [await openEventApp(), await openEventApp()];
  const sent = lines.filter((line) => !line.startsWith('{"user_id": "ж')).slice(0, 200);
  const keyed = { ...ndjson, 'idempotency-key': 'k' };
  const found = await resultLinesOf(await postEvents(reading, sent.join('\n'), keyed, '/events'));
  expect(found).toEqual(await post(plain, sent.join('\n'), 3000));
  expect(storedIn(reading)).toEqual(storedIn(plain));
});
