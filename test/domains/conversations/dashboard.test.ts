import { pino } from 'pino';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { openServer } from '../../../src/http/server.ts';
import { type OpenApp, type OpenOptions, openApp } from '../../support/app.ts';
import { follow } from '../../support/sse.ts';

const uuidOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

const opened = async (options: OpenOptions = {}): Promise<OpenApp> => {
  const app = await openApp(options);
  onTestFinished(app.close);
  return app;
};

describe('the dashboard', () => {
  it.skipIf(inject('clickhouse'))(
    'the dashboard runs no SQL, and the follow-ups of a page of conversations are one statement',
    async () => {
      const statements: string[] = [];
      const app = await opened({ onStatement: (sql) => statements.push(sql) });
      const { conversations } = app.app.domains;
      await Promise.all(
        Array.from({ length: 300 }, (_, index) => conversations.start(uuidOf(index), 'abc'[index % 3] ?? '')),
      );
      await Promise.all(Array.from({ length: 300 }, (_, index) => conversations.followUp(uuidOf((index * 7) % 400))));
      const costOf = async (ask: () => Promise<unknown>): Promise<number> => {
        statements.length = 0;
        expect(await ask()).not.toHaveProperty('errors');
        return statements.filter((sql) => !/data_version/i.test(sql)).length;
      };
      const figures =
        'symbols { symbol count earliest followups guessAccuracy } total { count } trend { count } orphanFollowups snapshot { sequence }';
      expect(await costOf(() => app.query(`{ dashboard { ${figures} } }`))).toBe(0);
      expect(
        await costOf(() => app.query(`{ dashboard(range: { last: "P1D" }, timeZone: "Asia/Kolkata") { ${figures} } }`)),
      ).toBe(0);
      expect(await costOf(() => app.get('/dashboard/symbol/a'))).toBe(0);
      expect(await costOf(() => app.get('/dashboard/range/2020-01-01/2200-01-01'))).toBe(0);
      const page = 'totalCount pageInfo { hasNextPage } nodes { uuid symbol startedAt isVowelGuess';
      expect(await costOf(() => app.query(`{ conversations(first: 200) { ${page} } } }`))).toBe(1);
      expect(
        await costOf(() =>
          app.query(`{ conversations(first: 200, symbol: "b") { ${page} followups { receivedAt } } } }`),
        ),
      ).toBe(2);
      expect(
        await costOf(() => app.query(`{ conversation(uuid: "${uuidOf(7)}") { symbol followups { receivedAt } } }`)),
      ).toBe(2);
    },
  );

  it('trendPointsMax limits the points of a trend, and followupsMax the follow-ups of a page', async () => {
    const app = await opened({ settings: { trendPointsMax: '2', followupsMax: '3' } });
    const { conversations } = app.app.domains;
    for (const [index, symbol] of ['a', 'b', 'c'].entries()) await conversations.start(uuidOf(index), symbol);
    for (const number of [0, 0, 1, 1]) await conversations.followUp(uuidOf(number));
    const codesOf = async (document: string) =>
      (await app.query(document)).errors?.map(({ message, extensions }) => [extensions?.code, message]);
    expect(await codesOf('{ dashboard(symbols: ["a", "c"]) { trend { count } } }')).toBeUndefined();
    expect(await codesOf('{ dashboard { trend(grain: YEAR) { count } } }')).toEqual([
      ['LIMIT_EXCEEDED', expect.stringContaining('(setting trendPointsMax)')],
    ]);
    expect(await codesOf('{ conversations(first: 1) { nodes { followups { receivedAt } } } }')).toBeUndefined();
    expect(await codesOf('{ conversations { nodes { uuid followups { receivedAt } } } }')).toContainEqual([
      'LIMIT_EXCEEDED',
      expect.stringContaining('(setting followupsMax)'),
    ]);
  });

  it('the dashboard returns each letter once, in the requested order', async () => {
    const app = await opened();
    const { conversations } = app.app.domains;
    await conversations.start(uuidOf(1), 'e');
    await conversations.followUp(uuidOf(1));
    await conversations.followUp(uuidOf(1));
    const { data } = await app.query(
      '{ dashboard(symbols: ["z", "E", "e"]) { symbols { symbol count followupRate guessAccuracy } total { count followups } } all: dashboard { symbols { symbol } } none: dashboard(symbols: []) { symbols { symbol } total { count earliest } } }',
    );
    expect(data).toMatchObject({
      dashboard: {
        symbols: [
          { symbol: 'z', count: 0, followupRate: null, guessAccuracy: null },
          { symbol: 'e', count: 1, followupRate: 2, guessAccuracy: 1 },
        ],
        total: { count: 1, followups: 2 },
      },
      none: { symbols: [], total: { count: 0, earliest: null } },
    });
    const all = Array.from('abcdefghijklmnopqrstuvwxyz', (symbol) => ({ symbol }));
    expect(data).toMatchObject({ all: { symbols: all } });
  });
});

describe('subscription dashboard', () => {
  it('the subscription dashboard sends the figures of the requested letters at once, and again when they have changed', async () => {
    const app = await opened();
    const server = await openServer(app.app.fetch, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
    onTestFinished(() => server.stop());
    const { conversations } = app.app.domains;
    await conversations.followUp(uuidOf(1));
    const followed = await follow(
      server.url,
      'subscription { dashboard(symbols: ["e"], every: "PT0.25S") { symbols { symbol count followups } orphanFollowups } }',
    );
    onTestFinished(followed.leave);
    const next = async () => (await followed.next())?.data?.dashboard;
    expect(await next()).toEqual({ symbols: [{ symbol: 'e', count: 0, followups: 0 }], orphanFollowups: 1 });
    // Nothing that the answer speaks of; then its conversation begins.
    await conversations.start(uuidOf(2), 'x');
    await conversations.start(uuidOf(1), 'e');
    expect(await next()).toEqual({ symbols: [{ symbol: 'e', count: 1, followups: 1 }], orphanFollowups: 0 });
    await conversations.followUp(uuidOf(1));
    expect(await next()).toEqual({ symbols: [{ symbol: 'e', count: 1, followups: 2 }], orphanFollowups: 0 });
  });
});
