import { describe, expect, it } from 'vitest';
import { formatInstant } from '../../../src/lib/time.ts';
import { statusAndBody } from '../../support/fixture-app.ts';
import {
  eventText,
  ndjson,
  openEventApp,
  postEvents,
  rejectedEvents,
  resultLinesOf,
  storedEvents,
} from '../../support/rest-events.ts';

/** One instant as senders write it, each a JSON value. */
const sameInstant = [
  '"2023-05-01T10:00:00Z"',
  '"2023-05-01T12:00:00+02:00"',
  '"2023-05-01 10:00:00"',
  '"2023-05-01 10:00:00.000 UTC"',
  '1682935200',
  '1682935200.0',
  '1.6829352e9',
  '1682935200000',
  '"1682935200000"',
  '1682935200000000',
  '1682935200000000000',
  '"Mon, 01 May 2023 12:00:00 +0200"',
  '"Mon May 01 2023 12:00:00 GMT+0200 (Central European Summer Time)"',
];

const withField = (name: string, value: string, changes: object = {}): string =>
  `${eventText({ [name]: undefined, ...changes }).slice(0, -1)},${JSON.stringify(name)}:${value}}`;

describe('the date of an event', () => {
  it('is one instant in every form, so that a retry in another form is a duplicate', async () => {
    const app = await openEventApp();
    const lines = sameInstant.map((date) => withField('date', date, { event_id: 'e' }));
    const results = await resultLinesOf(await postEvents(app, lines.join('\n'), ndjson, '/events'));
    expect(results.map(({ status }) => status)).toEqual(['created', ...lines.slice(1).map(() => 'duplicate')]);
    for (const line of lines) expect((await postEvents(app, line)).status).toBe(200);
    expect(storedEvents(app).map(({ occurredAtUs }) => formatInstant(occurredAtUs))).toEqual(['2023-05-01T10:00:00Z']);
  });

  it('is one instant in GraphQL and in files, too', async () => {
    const app = await openEventApp();
    const events = sameInstant.map((date) => ({
      eventId: 'e',
      userId: '1',
      accountType: 'free',
      occurredAt: JSON.parse(date) as unknown,
      variant: 'A',
    }));
    const { data } = await app.query(
      'mutation ($events: [ExperimentEventInput!]!) { recordEvents(input: { events: $events }) { ... on RecordEventsPayload { accepted duplicates conflicts } } }',
      { events },
    );
    const counts = { accepted: 1, duplicates: events.length - 1, conflicts: 0 };
    expect(data?.recordEvents).toEqual(counts);
    const text = sameInstant.map((date) => withField('date', date, { event_id: 'e' })).join('\n');
    const imported = await app.importFile('events', { name: 'events.jsonl', text });
    expect(imported).toMatchObject({ read: events.length, accepted: 0, unchanged: events.length });
    const rows = ['1682935200', '1682935200000', '"Mon, 01 May 2023 10:00:00 GMT"'].map(
      (date) => `1,free,${date},,,A,e`,
    );
    const csv = ['user_id,account_type,date,event_type,order_value,version,event_id', ...rows].join('\n');
    const table = await app.importFile('events', { name: 'events.csv', text: csv });
    expect(table).toMatchObject({ read: 3, accepted: 0, unchanged: 3 });
  });

  it('that could be two days is rejected by a message that names the field and the usual form', async () => {
    const app = await openEventApp();
    for (const date of ['01/02/2023', '1.2.2023 10:00']) {
      const { status, body } = await statusAndBody(await postEvents(app, eventText({ date })));
      expect([status, JSON.stringify(body)]).toEqual([
        422,
        expect.stringMatching(/date may begin with the day or the month.*2017-01-31T10:00:00Z/),
      ]);
    }
    expect(rejectedEvents(app)).toHaveLength(2);
  });
});

describe('the value of an order', () => {
  it('has no noise of doubles, so that a retry with noise is a duplicate', async () => {
    const app = await openEventApp();
    for (const [id, values] of [
      ['19.9', ['19.9', '19.900000000000002', '19.90', '"19.900000000000002"', '1.99e1']],
      ['0.3', ['0.30000000000000004', '0.3']],
      ['435', ['434.99999999999994', '435']],
      ['-3.3', ['-3.3000000000000003', '-3.3']],
    ] as const) {
      const send = async (value: string) =>
        (await statusAndBody(await postEvents(app, withField('order_value', value, { event_id: id })))).body;
      expect(await send(values[0])).toEqual({ status: 'created' });
      for (const value of values.slice(1)) expect(await send(value), value).toEqual({ status: 'duplicate' });
    }
    expect(storedEvents(app).map(({ eventId, orderValue }) => [eventId, orderValue])).toEqual(
      ['19.9', '0.3', '435', '-3.3'].map((value) => [value, value]),
    );
  });

  it('keeps digits that are no noise, and refuses those that it cannot keep', async () => {
    const app = await openEventApp();
    expect((await postEvents(app, withField('order_value', '123456789.123456'))).status).toBe(200);
    for (const value of ['19.9000001', '0.1234567', '123456789.1234567', '1234567890.123456'])
      expect((await postEvents(app, withField('order_value', value))).status, value).toBe(422);
    expect(storedEvents(app).map(({ orderValue }) => orderValue)).toEqual(['123456789.123456']);
  });
});
