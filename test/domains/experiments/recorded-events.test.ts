import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { experimentEvents } from '../../../db/tables/index.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { sendEvents, sendUsers } from '../../support/events.ts';

const opened = async (): Promise<OpenApp> => {
  const app = await openApp();
  onTestFinished(app.close);
  return app;
};

const streamOf = ({ app }: OpenApp, wanted: Parameters<typeof app.domains.recordedEvents.after>[0] = {}) =>
  app.domains.recordedEvents.after(wanted);

/** The next so many users of a stream, which is then left. */
const take = async (stream: ReturnType<typeof streamOf>, count: number): Promise<string[]> => {
  const users: string[] = [];
  while (users.length < count) {
    const { done, value } = await stream.next();
    if (done) break;
    users.push(value.userId);
  }
  await stream.return?.();
  return users;
};

describe('recorded events', () => {
  it('are those from now on', async () => {
    const app = await opened();
    await sendEvents(app, [{ userId: 'before' }]);
    const stream = streamOf(app);
    await sendEvents(app, [{ userId: 'a' }, { userId: 'b' }]);
    const users = take(stream, 3);
    await sendEvents(app, [{ userId: 'c' }]);
    expect(await users).toEqual(['a', 'b', 'c']);
    expect(app.app.ledger.listeners).toBe(0);
  });

  it('begin after a sequence number, stored ones first', async () => {
    const app = await opened();
    const many = Array.from({ length: 950 }, (_, place) => ({ userId: `u${place}` }));
    await sendEvents(app, many);
    expect(await take(streamOf(app, { afterSequence: 0 }), 950)).toEqual(many.map(({ userId }) => userId));
    expect(await take(streamOf(app, { afterSequence: 947 }), 3)).toEqual(['u947', 'u948', 'u949']);
  });

  it('cannot begin after what is not there yet', async () => {
    const app = await opened();
    await sendEvents(app, [{ userId: 'a' }]);
    for (const afterSequence of [-1, 2])
      expect(() => streamOf(app, { afterSequence })).toThrow(
        `afterSequence ${afterSequence} is outside of the ledger, which ends at 1`,
      );
  });

  it('hold repeats once', async () => {
    const app = await opened();
    const once = { eventId: 'e1', userId: 'a' };
    await sendEvents(app, [once, once, { userId: 'b' }]);
    await sendEvents(app, [once, { userId: 'c' }]);
    expect(await take(streamOf(app, { afterSequence: 0 }), 3)).toEqual(['a', 'b', 'c']);
  });

  it('are those of an experiment and of countries as they are known now', async () => {
    const app = await opened();
    const sent = ['ada', 'bob', 'cy', 'ada'].flatMap((userId) => [
      { userId, experiment: 'x' },
      { userId, experiment: 'y' },
    ]);
    await sendUsers(app, { ada: 'SE', bob: 'DE' });
    await sendEvents(app, sent);
    const from = { afterSequence: 0 };
    expect(await take(streamOf(app, { ...from, experiment: 'x' }), 4)).toEqual(['ada', 'bob', 'cy', 'ada']);
    expect(await take(streamOf(app, { ...from, countries: ['SE'] }), 4)).toEqual(['ada', 'ada', 'ada', 'ada']);
    const both = { ...from, experiment: 'y', countries: ['unknown', 'DE'] };
    expect(await take(streamOf(app, both), 2)).toEqual(['bob', 'cy']);
    await sendUsers(app, { cy: 'SE', ada: 'NO' });
    expect(await take(streamOf(app, { ...from, countries: ['SE'] }), 2)).toEqual(['cy', 'cy']);
  });

  it('read nothing from the store that does not match, and little at a time', async () => {
    const statements: string[] = [];
    const app = await openApp({
      // The look for other processes' commits comes by itself.
      onStatement: (sql) => void (/^pragma/i.test(sql) || statements.push(sql)),
    });
    onTestFinished(app.close);
    await sendEvents(
      app,
      Array.from({ length: 1000 }, (_, place) => ({ userId: `u${place}`, experiment: place < 5 ? 'few' : 'many' })),
    );
    statements.length = 0;
    await take(streamOf(app, { afterSequence: 0, experiment: 'few' }), 5);
    expect(statements).toHaveLength(1);
    statements.length = 0;
    await take(streamOf(app, { afterSequence: 0, experiment: 'many' }), 1);
    expect(statements).toHaveLength(1);
    statements.length = 0;
    await take(streamOf(app, { afterSequence: 0 }), 1000);
    expect(statements).toHaveLength(5);
  });

  it('come once each and in order to who reconnects anywhere under load', { timeout: 60_000 }, async () => {
    const app = await opened();
    await sendUsers(
      app,
      Object.fromEntries(Array.from({ length: 8 }, (_, user) => [`u${user}`, user % 2 ? 'SE' : 'DE'])),
    );
    let others = 0;
    const commit = fc.record({ events: fc.array(fc.nat(9), { maxLength: 40 }), others: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(commit, { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(30), { maxLength: 20 }),
        fc.boolean(),
        async (commits, cuts, isFiltered) => {
          const begun = app.app.ledger.snapshot().sequence;
          const countries = isFiltered ? ['SE', 'unknown'] : undefined;
          const expected = commits
            .flatMap(({ events }) => events)
            .filter((user) => !isFiltered || user > 7 || user % 2 === 1).length;
          const load = (async () => {
            for (const { events, others: between } of commits) {
              // Sequence numbers of other kinds of records in between.
              for (let other = 0; other < between; other++) await sendUsers(app, { [`other${++others}`]: 'SE' });
              await sendEvents(
                app,
                events.map((user) => ({ userId: `u${user}` })),
              );
            }
          })();
          const seen: number[] = [];
          for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
            const stream = streamOf(app, { afterSequence: seen.at(-1) ?? begun, countries });
            for (let read = 0; read < cut && seen.length < expected; read++) {
              const { done, value } = await stream.next();
              if (!done) seen.push(value.seq);
            }
            await stream.return?.();
          }
          await load;
          const stored = app.app.store.records(experimentEvents, ['seq', 'userId'], begun, Number.MAX_SAFE_INTEGER);
          const matching = stored.filter(
            ({ userId }) =>
              !countries || countries.includes(app.app.domains.users.userOf(userId)?.country ?? 'unknown'),
          );
          expect(seen).toEqual(matching.map(({ seq }) => seq));
          expect(app.app.ledger.listeners).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });
});
