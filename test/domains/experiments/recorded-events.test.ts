import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { experimentEvents } from '../../../db/tables/index.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { sendEvents, sendUsers } from '../../support/events.ts';

const openTestApp = async (): Promise<OpenApp> => {
  const app = await openApp();
  onTestFinished(app.close);
  return app;
};

const streamOf = ({ app }: OpenApp, request: Parameters<typeof app.domains.recordedEvents.after>[0] = {}) =>
  app.domains.recordedEvents.after(request);

/** The users of the next `count` events of a stream, which is closed afterwards. */
const readUsers = async (stream: ReturnType<typeof streamOf>, count: number): Promise<string[]> => {
  const users: string[] = [];
  while (users.length < count) {
    const { done, value } = await stream.next();
    if (done) break;
    users.push(value.userId);
  }
  await stream.return?.();
  return users;
};

/** Where the events are copied to ClickHouse, that reads them from the store, too. */
const isCopied = async (app: OpenApp): Promise<void> => {
  const { sequence } = app.app.ledger.snapshot();
  const waiting = async (): Promise<string[]> => {
    const metrics = await (await app.get('/metrics')).text();
    return [...metrics.matchAll(/^asof_projection_sequence.* (\d+)$/gm)].flatMap(([line, at]) =>
      Number(at) < sequence ? [line] : [],
    );
  };
  await expect.poll(waiting).toEqual([]);
};

describe('recorded events', () => {
  it('recorded events are by default those stored from now on', async () => {
    const app = await openTestApp();
    await sendEvents(app, [{ userId: 'before' }]);
    const { listeners } = app.app.ledger;
    const stream = streamOf(app);
    await sendEvents(app, [{ userId: 'a' }, { userId: 'b' }]);
    const users = readUsers(stream, 3);
    await sendEvents(app, [{ userId: 'c' }]);
    expect(await users).toEqual(['a', 'b', 'c']);
    expect(app.app.ledger.listeners).toBe(listeners);
  });

  it('recorded events start after a sequence number, stored events first', async () => {
    const app = await openTestApp();
    const many = Array.from({ length: 950 }, (_, index) => ({ userId: `u${index}` }));
    await sendEvents(app, many);
    expect(await readUsers(streamOf(app, { afterSequence: 0 }), 950)).toEqual(many.map(({ userId }) => userId));
    expect(await readUsers(streamOf(app, { afterSequence: 947 }), 3)).toEqual(['u947', 'u948', 'u949']);
  });

  it('recorded events cannot start after the end of the ledger', async () => {
    const app = await openTestApp();
    await sendEvents(app, [{ userId: 'a' }]);
    for (const afterSequence of [-1, 2])
      expect(() => streamOf(app, { afterSequence })).toThrow(
        `afterSequence ${afterSequence} is outside the ledger, which ends at 1`,
      );
  });

  it('recorded events contain a repeated event once', async () => {
    const app = await openTestApp();
    const once = { eventId: 'e1', userId: 'a' };
    await sendEvents(app, [once, once, { userId: 'b' }]);
    await sendEvents(app, [once, { userId: 'c' }]);
    expect(await readUsers(streamOf(app, { afterSequence: 0 }), 3)).toEqual(['a', 'b', 'c']);
  });

  it('recorded events can be limited to an experiment and to the current countries of users', async () => {
    const app = await openTestApp();
    const sent = ['ada', 'bob', 'cy', 'ada'].flatMap((userId) => [
      { userId, experiment: 'x' },
      { userId, experiment: 'y' },
    ]);
    await sendUsers(app, { ada: 'SE', bob: 'DE' });
    await sendEvents(app, sent);
    const from = { afterSequence: 0 };
    expect(await readUsers(streamOf(app, { ...from, experiment: 'x' }), 4)).toEqual(['ada', 'bob', 'cy', 'ada']);
    expect(await readUsers(streamOf(app, { ...from, countries: ['SE'] }), 4)).toEqual(['ada', 'ada', 'ada', 'ada']);
    const both = { ...from, experiment: 'y', countries: ['unknown', 'DE'] };
    expect(await readUsers(streamOf(app, both), 2)).toEqual(['bob', 'cy']);
    await sendUsers(app, { cy: 'SE', ada: 'NO' });
    expect(await readUsers(streamOf(app, { ...from, countries: ['SE'] }), 2)).toEqual(['cy', 'cy']);
  });

  it('recorded events read only matching rows from the store, a page at a time', async () => {
    const statements: string[] = [];
    const app = await openApp({
      // The poll for commits of other processes runs on its own.
      onStatement: (sql) => void (/^pragma/i.test(sql) || statements.push(sql)),
    });
    onTestFinished(app.close);
    await sendEvents(
      app,
      Array.from({ length: 1000 }, (_, index) => ({ userId: `u${index}`, experiment: index < 5 ? 'few' : 'many' })),
    );
    await isCopied(app);
    statements.length = 0;
    await readUsers(streamOf(app, { afterSequence: 0, experiment: 'few' }), 5);
    expect(statements).toHaveLength(1);
    statements.length = 0;
    await readUsers(streamOf(app, { afterSequence: 0, experiment: 'many' }), 1);
    expect(statements).toHaveLength(1);
    statements.length = 0;
    await readUsers(streamOf(app, { afterSequence: 0 }), 1000);
    // The first of five pages has been read before.
    expect(statements).toHaveLength(4);
  });

  it('recorded events arrive exactly once and in order when a client reconnects at any point under load', {
    timeout: 60_000,
  }, async () => {
    const app = await openTestApp();
    await sendUsers(
      app,
      Object.fromEntries(Array.from({ length: 8 }, (_, user) => [`u${user}`, user % 2 ? 'SE' : 'DE'])),
    );
    let others = 0;
    const { listeners } = app.app.ledger;
    const commit = fc.record({ events: fc.array(fc.nat(9), { maxLength: 40 }), others: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(commit, { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(30), { maxLength: 20 }),
        fc.boolean(),
        async (commits, cuts, isFiltered) => {
          const start = app.app.ledger.snapshot().sequence;
          const countries = isFiltered ? ['SE', 'unknown'] : undefined;
          const expected = commits
            .flatMap(({ events }) => events)
            .filter((user) => !isFiltered || user > 7 || user % 2 === 1).length;
          const load = (async () => {
            for (const { events, others: otherCount } of commits) {
              // Sequence numbers of other kinds of records in between.
              for (let other = 0; other < otherCount; other++) await sendUsers(app, { [`other${++others}`]: 'SE' });
              await sendEvents(
                app,
                events.map((user) => ({ userId: `u${user}` })),
              );
            }
          })();
          const seen: number[] = [];
          for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
            const stream = streamOf(app, { afterSequence: seen.at(-1) ?? start, countries });
            for (let read = 0; read < cut && seen.length < expected; read++) {
              const { done, value } = await stream.next();
              if (!done) seen.push(value.seq);
            }
            await stream.return?.();
          }
          await load;
          const stored = app.app.store
            .records(experimentEvents, ['seq', 'userId'], start, Number.MAX_SAFE_INTEGER)
            .rows();
          const matching = stored.filter(
            ({ userId }) =>
              !countries || countries.includes(app.app.domains.users.userOf(userId)?.country ?? 'unknown'),
          );
          expect(seen).toEqual(matching.map(({ seq }) => seq));
          expect(app.app.ledger.listeners).toBe(listeners);
        },
      ),
      { numRuns: 25 },
    );
  });
});
