import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusAndBody } from '../../support/fixture-app.ts';
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

interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}

/** What the message of an error says: the index of the first record that was not stored, and the counts of those before. */
const accountOf = ({ error }: Refusal) => {
  const [, index = ''] = /with index (\d+)/.exec(error.message) ?? [];
  const counts = /of the (\d+) records before: (\d+) created, (\d+) duplicates, (\d+) conflicts, (\d+) rejected/;
  const [, received, created, duplicates, conflicts, rejected] = (counts.exec(error.message) ?? []).map(Number);
  return { index: Number(index), received, created, duplicates, conflicts, rejected };
};

/** Each kind of record by a letter: stored, a duplicate or conflict of the first, and a reject. */
const textOf = (kind: string, index: number): string => {
  if (kind === 's') return eventText({ event_id: index === 0 ? 'first' : `e${index}` });
  if (kind === 'd') return eventText({ event_id: 'first' });
  return kind === 'c' ? eventText({ event_id: 'first', version: 'other' }) : eventText({ date: 'never' });
};
const kinds = fc.array(fc.constantFrom('s', 's', 'd', 'c', 'r'), { maxLength: 30 }).map((rest) => ['s', ...rest]);
const isReject = (kind: string): boolean => kind === 'c' || kind === 'r';

describe('the rejects of a request with events', () => {
  it('are stored up to rejectsPerRequestMax: the error says exactly what was stored, and the rest can be sent again', async () => {
    await fc.assert(
      fc.asyncProperty(kinds, fc.nat({ max: 5 }), fc.integer({ min: 1, max: 7 }), async (all, max, batch) => {
        const app = await openEventApp({ rejectsPerRequestMax: String(max), batchRecords: String(batch) });
        const lines = all.map(textOf);
        const answer = await statusAndBody(await postEvents(app, lines.join('\n'), ndjson, '/events?summary=1'));
        const excess = all.findIndex(
          (kind, index) => isReject(kind) && all.slice(0, index).filter(isReject).length === max,
        );
        const before = excess === -1 ? all : all.slice(0, excess);
        const countOf = (kind: string): number => before.filter((each) => each === kind).length;
        const expected = {
          ...{ received: before.length, created: countOf('s'), duplicates: countOf('d') },
          ...{ conflicts: countOf('c'), rejected: countOf('r') },
        };
        expect(storedEvents(app)).toHaveLength(countOf('s'));
        expect(rejectedEvents(app)).toHaveLength(countOf('c') + countOf('r'));
        if (excess === -1) {
          expect(answer).toEqual({ status: 200, body: expected });
          return;
        }
        expect(answer).toMatchObject({ status: 400, body: { error: { code: 'LIMIT_EXCEEDED' } } });
        expect((answer.body as Refusal).error.message).toContain('rejectsPerRequestMax');
        expect(accountOf(answer.body as Refusal)).toEqual({ index: excess, ...expected });
      }),
      { numRuns: 40 },
    );
  });

  it('are counted over all batches of a list, too, whose answer in lines ends with the error', async () => {
    const app = await openEventApp({ rejectsPerRequestMax: '25', batchRecords: '10' });
    const list = `[${[...Array(20).fill(eventText()), ...Array(30).fill('{}')].join()}]`;
    const lines = await resultLinesOf(await postEvents(app, list, json, '/events'));
    expect(lines).toHaveLength(46);
    expect(lines.slice(0, 45).map(({ index }) => index)).toEqual(Array.from({ length: 45 }, (_, index) => index));
    expect(accountOf(lines[45] as unknown as Refusal)).toMatchObject({
      index: 45,
      received: 45,
      created: 20,
      rejected: 25,
    });
    expect([storedEvents(app).length, rejectedEvents(app).length]).toEqual([20, 25]);
  });

  it('name the line of the record after them', async () => {
    const app = await openEventApp({ rejectsPerRequestMax: '1' });
    const response = await postEvents(app, `\n\n{}\n${eventText()}\n\n{}\n{}`, ndjson, '/events?summary=1');
    const { error } = (await response.json()) as Refusal;
    expect(error.message).toContain('the record with index 2 (line 6)');
  });

  it('are not stored when there are more of them in a body with an Idempotency-Key, which is refused as a whole', async () => {
    const app = await openEventApp({ rejectsPerRequestMax: '2' });
    const headers = { ...ndjson, 'idempotency-key': 'k' };
    const send = (rejects: number) =>
      postEvents(app, [eventText(), ...Array(rejects).fill('{}')].join('\n'), headers, '/events?summary=1');
    const { status, body } = await statusAndBody(await send(3));
    expect(status).toBe(400);
    expect((body as Refusal).error).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/rejectsPerRequestMax.*index 3 .*nothing was stored/),
    });
    expect([storedEvents(app).length, rejectedEvents(app).length]).toEqual([0, 0]);
    expect(await (await send(2)).json()).toMatchObject({ received: 3, created: 1, rejected: 2 });
  });

  it('undo a long body with an Idempotency-Key, too, whose records are stored as a whole or not at all', async () => {
    const app = await openEventApp({ rejectsPerRequestMax: '2' });
    const send = (lines: readonly string[]) =>
      postEvents(app, lines.join('\n'), { ...ndjson, 'idempotency-key': 'k' }, '/events?summary=1');
    const events = Array.from({ length: 900 }, (_, index) => eventText({ event_id: `e${index}` }));
    expect((await send([...events, '{}', '{}', '{}'])).status).toBe(400);
    expect([storedEvents(app).length, rejectedEvents(app).length]).toEqual([0, 0]);
    const lines = ['{}', ...events, events[5] as string, '{}'];
    const counts = { received: 903, created: 900, duplicates: 1, conflicts: 0, rejected: 2 };
    for (let time = 0; time < 2; time++) expect(await (await send(lines)).json()).toEqual(counts);
    expect(storedEvents(app).map(({ eventId }) => eventId)).toEqual(events.map((_, index) => `e${index}`));
    expect(rejectedEvents(app)).toHaveLength(2);
    expect(app.app.store.verify().problems).toEqual([]);
  });

  it('of a list of 150,000 with an Idempotency-Key are refused as those of a short one', async () => {
    const app = await openEventApp({ rejectsPerRequestMax: '2' });
    const list = `[${'{},'.repeat(149_999)}{}]`;
    const response = await postEvents(app, list, { ...json, 'idempotency-key': 'k' }, '/events?summary=1');
    expect([response.status, ((await response.json()) as Refusal).error.code]).toEqual([400, 'LIMIT_EXCEEDED']);
  });

  it('of a mutation are not stored when there are more of them, nor are its other records', async () => {
    const app = await openEventApp({ rejectsPerRequestMax: '1' });
    const event = { userId: '1', accountType: 'free', occurredAt: '2023-05-01', variant: 'A' };
    const send = (bad: number) =>
      app.query(
        'mutation ($e: [ExperimentEventInput]!) { recordEvents(input: { events: $e }) { ... on RecordEventsPayload { accepted rejected { state } } ... on ValidationError { message } } }',
        { e: [event, ...Array(bad).fill({ ...event, occurredAt: 'never' })] },
      );
    expect(JSON.stringify(await send(2))).toContain('rejectsPerRequestMax');
    expect([storedEvents(app).length, rejectedEvents(app).length]).toEqual([0, 0]);
    expect((await send(1)).data).toEqual({ recordEvents: { accepted: 1, rejected: [{ state: 'OPEN' }] } });
  });
});

describe('an error in the middle of a request with events', () => {
  it('says what became of the records before it', async () => {
    const app = await openEventApp({ decodedBodyBytesMax: '300kB', batchRecords: '10' });
    const body = gzipSync(Array.from({ length: 5000 }, (_, index) => eventText({ event_id: `e${index}` })).join('\n'));
    const headers = { ...ndjson, 'content-encoding': 'gzip' };
    const answer = await statusAndBody(await postEvents(app, new Uint8Array(body), headers, '/events?summary=1'));
    expect(answer).toMatchObject({ status: 413, body: { error: { code: 'TOO_LARGE' } } });
    const stored = storedEvents(app).length;
    expect(stored).toBeGreaterThan(0);
    expect(accountOf(answer.body as Refusal)).toMatchObject({ received: stored, created: stored });
  });
});
