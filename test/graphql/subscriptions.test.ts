import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendEvents } from '../support/events.ts';
import {
  type DashboardResult,
  dashboard,
  type EventResult,
  events,
  eventsOf,
  testServer,
} from '../support/test-server.ts';

describe('a subscription', () => {
  it('a subscription responds immediately with a stream of events', async () => {
    const app = await testServer();
    const { response, next } = await app.follow<DashboardResult>(dashboard);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await next()).toEqual({ data: { dashboard: { total: { count: 0 }, snapshot: { sequence: 0 } } } });
  });

  it('EventSource, which only sends GET, can subscribe', async () => {
    const app = await testServer();
    await sendEvents(app, eventsOf(1));
    const query = encodeURIComponent('subscription { eventRecorded(afterSequence: 0) { userId } }');
    const headers = { accept: 'text/event-stream' };
    const response = await fetch(`${app.server.url}/graphql?query=${query}`, { headers });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('\n\nevent: next\n')) text += (await reader?.read())?.value ?? '';
    await reader?.cancel();
    expect(text).toMatch(/^:\n\n/);
  });

  it('EventSource resumes after the last event that it received', async () => {
    const app = await testServer();
    await sendEvents(app, eventsOf(5));
    const follow = async (query: string, lastEventId?: string): Promise<string> => {
      const headers = { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
      const response = await fetch(`${app.server.url}/graphql?query=${encodeURIComponent(query)}`, { headers });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while (!/"u4"|"errors"/.test(text)) text += (await reader?.read())?.value ?? '';
      await reader?.cancel();
      return text;
    };
    // The sequence is the id, also when the client does not select it.
    const query = 'subscription { recorded: eventRecorded(afterSequence: 0) { userId } }';
    const received = (text: string) => [...text.matchAll(/^id: (\d+)\ndata: .*"(u\d)"/gm)].map(([, ...found]) => found);
    const all = received(await follow(query));
    const first = Number(all[0]?.[0]);
    expect(all).toEqual([0, 1, 2, 3, 4].map((index) => [String(first + index), `u${index}`]));
    expect(received(await follow(query, String(first + 1)))).toEqual(all.slice(2));
    for (const wrong of ['x', '-1', '99999999999'])
      expect(await follow(query, wrong)).toContain('"code":"BAD_REQUEST"');
  });

  it('results that cannot be resumed have no ids', async () => {
    const app = await testServer();
    const body = JSON.stringify({ query: dashboard });
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const response = await fetch(`${app.server.url}/graphql`, { method: 'POST', headers, body });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('data: ')) text += (await reader?.read())?.value ?? '';
    await reader?.cancel();
    expect(text).toMatch(/^:\n\nevent: next\ndata: /);
  });

  it('only pages of allowed origins can subscribe', async () => {
    const allowedOrigin = 'https://app.example';
    const app = await testServer({ settings: { allowedOrigins: allowedOrigin } });
    const subscribeFrom = (origin: string) =>
      fetch(`${app.server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', origin },
        body: JSON.stringify({ query: events }),
      });
    const response = await subscribeFrom(allowedOrigin);
    expect(response.headers.get('access-control-allow-origin')).toBe(allowedOrigin);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await response.body?.cancel();
    expect((await subscribeFrom('https://evil.example')).status).toBe(403);
  });

  it('a throttled subscription sends far fewer results than there are changes, and finally the last state', async () => {
    const app = await testServer();
    const followed = await app.follow<DashboardResult>(dashboard);
    const counts: number[] = [];
    const read = async (): Promise<void> => {
      while (counts.at(-1) !== 1000) counts.push((await followed.next())?.data?.dashboard.total.count ?? Number.NaN);
    };
    const reading = read();
    const { conversations } = app.app.domains;
    for (let commit = 0; commit < 100; commit++)
      await Promise.all(Array.from({ length: 10 }, () => conversations.start(randomUUID(), 'a')));
    await reading;
    expect(counts[0]).toBe(0);
    expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
    expect(counts.length).toBeLessThan(50);
  });

  it('a throttled subscription sends no result while its result does not change', async () => {
    const app = await testServer();
    const followed = await app.follow<DashboardResult>(dashboard);
    expect((await followed.next())?.data?.dashboard.total.count).toBe(0);
    await sendEvents(app, eventsOf(3));
    await followed.pinged(2);
    await app.app.domains.conversations.start(randomUUID(), 'a');
    expect(await followed.next()).toEqual({ data: { dashboard: { total: { count: 1 }, snapshot: { sequence: 4 } } } });
  });

  it('each result of a subscription loads its objects again', async () => {
    const statements: string[] = [];
    const app = await testServer({ onStatement: (sql) => void statements.push(sql) });
    const text = eventsOf(3)
      .map(({ userId }) =>
        JSON.stringify({
          user_id: userId,
          account_type: 'free',
          date: '2023-05-01',
          version: 'A',
          event_type: null,
          order_value: null,
        }),
      )
      .join('\n');
    expect(await app.importFile('events', { name: 'three.jsonl', text })).toMatchObject({ accepted: 3 });
    statements.length = 0;
    const followed = await app.follow('subscription { eventRecorded(afterSequence: 0) { provenance { source } } }');
    for (let index = 0; index < 3; index++)
      expect(await followed.next()).toEqual({ data: { eventRecorded: { provenance: { source: 'three.jsonl' } } } });
    expect(statements.filter((sql) => sql.includes('from "imports"'))).toHaveLength(3);
  });

  it('a subscription resumes after a lost connection without losing or repeating events', {
    timeout: 60_000,
  }, async () => {
    const app = await testServer();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(50), { maxLength: 8 }),
        async (commits, cuts) => {
          const started = app.app.ledger.snapshot().sequence;
          const load = (async () => {
            for (const count of commits) await sendEvents(app, eventsOf(count));
          })();
          const expected = commits.reduce((sum, count) => sum + count, 0);
          const seen: number[] = [];
          for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
            const followed = await app.follow<EventResult>(events, { after: seen.at(-1) ?? started });
            for (let read = 0; read < cut && seen.length < expected; read++) {
              const sequence = (await followed.next())?.data?.eventRecorded.provenance.sequence;
              if (sequence !== undefined) seen.push(sequence);
            }
            followed.leave();
          }
          await load;
          expect(seen).toEqual(Array.from({ length: expected }, (_, index) => started + 1 + index));
        },
      ),
      { numRuns: 12 },
    );
    await expect.poll(() => app.app.ledger.listeners).toBe(0);
  });
});

describe('importProgress', () => {
  const document = `subscription ($id: ID!) {
    importProgress(importId: $id) { state read accepted rejected bytesRead bytesTotal }
  }`;
  type Progress = { importProgress: { state: string; read: number; accepted: number; rejected: number } };
  const idOf = (importId: number) => Buffer.from(`Import:${importId}`).toString('base64url');

  it('importProgress sends the progress of an import until its end', async () => {
    const app = await testServer({ settings: { batchRecords: '50' } });
    const lines = Array.from({ length: 2000 }, (_, index) => `u${index},2020-01-01,${index % 500 ? 'paying' : 'no'}`);
    const text = ['user_id,created_at,status', ...lines].join('\n');
    let started = (_id: number): void => undefined;
    const firstImportId = new Promise<number>((resolve) => {
      started = resolve;
    });
    const finished = app.importFile('user-status', { name: 'many.csv', text }, { onProgress: ({ id }) => started(id) });
    const followed = await app.follow<Progress>(document, { id: idOf(await firstImportId) });
    const results: Progress['importProgress'][] = [];
    for (let result = await followed.next(); result; result = await followed.next())
      if (result.data) results.push(result.data.importProgress);
    expect(followed.isComplete).toBe(true);
    expect(await finished).toMatchObject({ accepted: 1996, rejected: 4 });
    expect(results.at(-1)).toMatchObject({ state: 'SUCCEEDED_WITH_REJECTS', read: 2000, accepted: 1996, rejected: 4 });
    const reads = results.map(({ read }) => read);
    expect(reads).toEqual([...reads].sort((a, b) => a - b));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(results.length);
  });

  it('importProgress reports an unknown import as an error', async () => {
    const app = await testServer();
    const followed = await app.follow(document, { id: idOf(7) });
    expect(followed.response.status).toBe(200);
    expect(await followed.next()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });
});
