import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../../db/open.ts';
import type { Store } from '../../../db/store.ts';
import { readConfig } from '../../../src/config.ts';
import { type Conversation, createConversations } from '../../../src/domains/conversations/conversations.ts';
import { createDashboard } from '../../../src/domains/conversations/dashboard.ts';
import type { Draw } from '../../../src/domains/conversations/guess.ts';
import { DomainError } from '../../../src/errors.ts';
import { createLedger } from '../../../src/ledger/ledger.ts';
import { Work } from '../../../src/lib/work.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { clickHouseCopyOf } from '../../support/clickhouse-copy.ts';
import {
  type ReferenceEvent,
  referenceOrphans,
  referenceSummary,
  referenceTrend,
} from '../../support/reference-conversations.ts';

const settings = { guessNoise: 0, followupsMax: 100_000, trendPointsMax: 10_000 };
const startUs = Date.UTC(2024, 2, 30, 22) * 1000;
const uuidOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** The domain on a store whose clock a test sets. */
const withClock = (overrides: Partial<typeof settings> = {}, draw?: Draw) => {
  const clock = { nowUs: startUs };
  const store = openStore({
    data: ':memory:',
    writeQueueMax: 1000,
    writeWaitMs: 1000,
    writeProbeMs: 1000,
    startCheckRecordsMax: 1_000_000,
    firstSequence: 1,
    nowUs: () => clock.nowUs,
  });
  return { clock, store, ...onStore(store, { ...settings, ...overrides }, draw) };
};

const onStore = (store: Store, overrides = settings, draw?: Draw) => {
  const ledger = createLedger(store);
  const copy = clickHouseCopyOf(store, ledger);
  const conversations = createConversations(store, ledger, overrides, { draw, engine: copy?.conversationEngine() });
  return { ledger, copy, conversations, dashboard: createDashboard({ ledger, conversations, limits: overrides }) };
};

const start = async ({ ledger, copy }: Pick<Opened, 'ledger' | 'copy'>): Promise<void> => {
  await ledger.catchUp();
  await copy?.start();
};

const stop = async ({ store, copy }: Pick<Opened, 'store' | 'copy'>): Promise<void> => {
  await copy?.stop();
  store.close();
};

type Opened = Omit<ReturnType<typeof withClock>, 'clock'>;

const uuid = fc.nat(11).map(uuidOf);
const request = fc.oneof(
  fc.record({ kind: fc.constant('start' as const), uuid, symbol: fc.constantFrom('a', 'b', 'y') }),
  fc.record({ kind: fc.constant('followup' as const), uuid, symbol: fc.constant('') }),
);
type Request = ReferenceEvent['kind'] extends infer Kind ? { kind: Kind; uuid: string; symbol: string } : never;

/** Concurrent requests, and the time until the next ones. */
const moment = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 4 }),
  stepUs: fc.constantFrom(0, 1, 2, 40_000_000, 3_600_000_000),
});

type StoredEvent = ReferenceEvent & { readonly seq: number };

/** Sends requests concurrently and returns those that were stored for the first time. */
const send = async ({ conversations }: Opened, requests: readonly Request[]): Promise<StoredEvent[]> => {
  const seqsBefore = new Set<number>();
  const sent = requests.map(async ({ kind, uuid, symbol }): Promise<StoredEvent | null> => {
    if (kind === 'followup') {
      const { seq, receivedAtUs } = await conversations.followUp(uuid);
      return { kind, uuid, symbol, seq, atUs: receivedAtUs, isVowelGuess: false };
    }
    const started = await conversations.start(uuid, symbol).catch((error: unknown) => conflictOf(error));
    if (started === null) return null;
    expect(started.symbol).toBe(symbol);
    return { kind, uuid, symbol, seq: started.seq, atUs: started.startedAtUs, isVowelGuess: started.isVowelGuess };
  });
  const events = (await Promise.all(sent)).filter((event) => event !== null);
  return events.filter(({ seq }) => {
    const isNew = !seqsBefore.has(seq);
    seqsBefore.add(seq);
    return isNew;
  });
};

const conflictOf = (error: unknown): null => {
  expect(error).toBeInstanceOf(DomainError);
  expect((error as DomainError).code).toBe('CONFLICT');
  return null;
};

/** Compares every figure and page of a span, as of the last of these events, with a recount. */
const compare = async (
  { conversations, dashboard, store }: Opened,
  events: readonly StoredEvent[],
  span: [number, number],
) => {
  const asOf = { sequence: events.at(-1)?.seq ?? 0 };
  const [from, to] = span;
  const range = { between: { from, to } };
  const symbols = ['b', 'a', 'y', 'z'];
  const figures = await dashboard.figures({ symbols, range, timeZone: 'Europe/Berlin', asOf }, new Work());
  const lines = symbols.map((symbol) => referenceSummary(events, symbol, from, to));
  expect(figures.symbols).toMatchObject(lines);
  expect(figures.total.count).toBe(lines.reduce((sum, { count }) => sum + count, 0));
  expect(figures.total.followups).toBe(lines.reduce((sum, { followups }) => sum + followups, 0));
  expect(figures.orphanFollowups).toBe(referenceOrphans(events));
  for (const grain of ['MINUTE', 'HOUR', 'DAY', 'MONTH'] as const)
    expect(await figures.trend(grain, new Work())).toEqual(
      referenceTrend(events, symbols, grain, 'Europe/Berlin', span),
    );

  const inside = events.filter(({ kind, atUs }) => kind === 'start' && atUs >= from && atUs < to);
  for (const symbol of [undefined, 'a']) {
    const expectedUuids = inside
      .filter((start) => symbol === undefined || start.symbol === symbol)
      .map(({ uuid }) => uuid);
    for (const fromEnd of [false, true])
      expect(await pagesOf(conversations, { symbol, range, timeZone: 'UTC', fromEnd, asOf })).toEqual(expectedUuids);
  }
  expect(conversations.followupsOf(inside.map(({ uuid }) => ({ uuid, ...asOf }))).map((each) => each.length)).toEqual(
    inside.map((start) => events.filter(({ kind, uuid }) => kind === 'followup' && uuid === start.uuid).length),
  );
  expect([...conversations.events(asOf)].flat().map(({ uuid }) => uuid)).toEqual(events.map(({ uuid }) => uuid));
  const ofA = new Set(events.filter(({ kind, symbol }) => kind === 'start' && symbol === 'a').map(({ uuid }) => uuid));
  expect([...conversations.events({ symbol: 'a', ...asOf })].flat().map(({ seq }) => seq)).toEqual(
    events.filter(({ uuid }) => ofA.has(uuid)).map(({ seq }) => seq),
  );
  const followups = events.filter(({ kind }) => kind === 'followup');
  for (const uuid of [undefined, events[0]?.uuid]) {
    const page = conversations.followupPage({ uuid, asOf, limit: 1000, fromEnd: false });
    const expected = followups.filter((each) => uuid === undefined || each.uuid === uuid).map(({ seq }) => seq);
    expect(page.rows.map(({ seq }) => seq)).toEqual(expected);
    expect(await page.totalCount()).toBe(expected.length);
  }
  expect(store.verify().problems).toEqual([]);
};

/** All pages of three, one after another, from either end. */
const pagesOf = async (
  conversations: Opened['conversations'],
  request: Parameters<Opened['conversations']['page']>[0] extends infer R ? Omit<R, 'limit'> : never,
): Promise<string[]> => {
  const seqs: number[] = [];
  for (;;) {
    const cursor = request.fromEnd ? { beforeSeq: seqs[0] } : { afterSeq: seqs.at(-1) };
    const page = await conversations.page({ ...request, ...cursor, limit: 3 } as never);
    expect(request.fromEnd ? page.hasAfter : page.hasBefore).toBe(seqs.length > 0);
    if (request.fromEnd) seqs.unshift(...page.seqs);
    else seqs.push(...page.seqs);
    if (request.fromEnd ? page.hasBefore : page.hasAfter) continue;
    expect(page.totalCount).toBe(seqs.length);
    return conversations.bySeqs(seqs).map((found) => (found as Conversation).uuid);
  }
};

describe('conversations', () => {
  it('conversations are counted like a plain list, as of any record, for events in any order, before and after a restart', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(moment, { minLength: 1, maxLength: 15 }),
        fc.nat(),
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 3 }),
        async (moments, one, other, ends) => {
          const opened = withClock();
          try {
            await start(opened);
            const events: StoredEvent[] = [];
            const known = new Set<string>();
            for (const { requests, stepUs } of moments) {
              for (const event of await send(opened, requests)) {
                if (event.kind === 'start' && known.has(event.uuid)) continue;
                if (event.kind === 'start') known.add(event.uuid);
                events.push(event);
              }
              opened.clock.nowUs += stepUs;
            }
            const times = [...events.flatMap(({ atUs }) => [atUs, atUs + 1]), startUs - 1];
            const [low, high] = [times[one % times.length] as number, times[other % times.length] as number];
            const span: [number, number] = [Math.min(low, high), Math.max(low, high)];
            // In the order of recording, which of concurrent requests is not that of sending.
            events.sort((a, b) => a.seq - b.seq);
            await compare(opened, events, span);
            const again = { store: opened.store, ...onStore(opened.store) };
            await start(again);
            for (const end of [events.length, 0, ...ends.map((each) => each % events.length)]) {
              await compare(again, events.slice(0, end), span);
              await compare(opened, events.slice(0, end), span);
            }
            // In memory, or elsewhere.
            const inMemory = again.ledger.indexStates().find(({ name }) => name === 'conversations')?.entries;
            expect(inMemory).toBe(again.copy ? undefined : new Set(events.map(({ uuid }) => uuid)).size);
            await again.copy?.stop();
          } finally {
            await stop(opened);
          }
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 60) },
    );
  }, 60_000);

  it('guesses are inverted at random, and the guess for `y` is random', async () => {
    const draws = [0.05, 0.2, 0.05, 0.2, 0.4, 0.6];
    const opened = withClock({ guessNoise: 0.1 }, () => draws.shift() as number);
    const { conversations, dashboard } = opened;
    onTestFinished(() => stop(opened));
    await start(opened);
    const guesses: boolean[] = [];
    for (const [index, symbol] of ['a', 'E', 'b', 'C', 'y', 'Y'].entries())
      guesses.push((await conversations.start(uuidOf(index), symbol)).isVowelGuess);
    expect(guesses).toEqual([false, true, true, false, true, false]);
    expect((await conversations.start(uuidOf(0), 'a')).isVowelGuess).toBe(false);
    expect(draws).toEqual([]);
    await conversations.start(uuidOf(9), 'a').catch(() => undefined);
    const accuracyOf = (symbol: string) =>
      dashboard.ofSymbol(symbol, {}, new Work()).then((summary) => summary.guessAccuracy);
    expect(await Promise.all(['e', 'b', 'c', 'y', 'z'].map(accuracyOf))).toEqual([1, 0, 1, null, null]);
  });

  it('guesses have the noise of the setting guessNoise, a number from 0 to 1', async () => {
    const app = await openApp({ settings: { guessNoise: '1' } });
    onTestFinished(app.close);
    const guesses = [...'aeb'].map((symbol, index) => app.app.domains.conversations.start(uuidOf(index), symbol));
    expect((await Promise.all(guesses)).map(({ isVowelGuess }) => isVowelGuess)).toEqual([false, false, true]);
    expect(['0', '0.1', '.25', '1'].map((guessNoise) => readConfig({ guessNoise }).guessNoise)).toEqual([
      0, 0.1, 0.25, 1,
    ]);
    for (const guessNoise of ['', '1.1', '-0.1', '10%', '1e-1', '0.'])
      expect(() => readConfig({ guessNoise }), guessNoise).toThrow('guessNoise');
  });

  it('guesses are right without noise', async () => {
    const { conversations, ledger, store } = withClock();
    onTestFinished(() => store.close());
    await ledger.catchUp();
    const letters = [...'abcdefghijklmnopqrstuvwxz'];
    const started = await Promise.all(letters.map((letter, index) => conversations.start(uuidOf(index), letter)));
    expect(started.filter(({ isVowelGuess }) => isVowelGuess).map(({ symbol }) => symbol)).toEqual([...'aeiou']);
  });

  it.each(['', 'ab', 'é', '\u212a', 'İ', 'e\u0301', '1', ' a'])(
    'conversations reject the symbol %j',
    async (symbol) => {
      const { conversations, ledger, store } = withClock();
      onTestFinished(() => store.close());
      await ledger.catchUp();
      await expect(conversations.start(uuidOf(1), symbol)).rejects.toMatchObject({
        code: 'BAD_REQUEST',
        problems: [{ path: 'symbol' }],
      });
      expect(ledger.snapshot().sequence).toBe(0);
    },
  );

  it.each([
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '00000000-0000-9000-8000-000000000001',
    '00000000-0000-4000-c000-000000000001',
    '{00000000-0000-4000-8000-000000000001}',
    '00000000000040008000000000000001',
    '00000000-0000-4000-8000-00000000000g',
  ])('refuse %s as a UUID', async (text) => {
    const { conversations, ledger, store } = withClock();
    onTestFinished(() => store.close());
    await ledger.catchUp();
    const refusal = { code: 'BAD_REQUEST', problems: [{ path: 'uuid' }] };
    await expect(conversations.start(text, 'a')).rejects.toMatchObject(refusal);
    await expect(conversations.followUp(text)).rejects.toMatchObject(refusal);
  });
});

const openedApp = async (): Promise<OpenApp> => {
  const app = await openApp();
  onTestFinished(app.close);
  return app;
};

describe('startConversation and followUpConversation', () => {
  it('startConversation and followUpConversation return the conversation, a conflict, or an orphan follow-up', async () => {
    const app = await openedApp();
    const start = (symbol: string) =>
      app.query(
        `mutation { startConversation(input: { uuid: "${uuidOf(1).toUpperCase()}", symbol: "${symbol}" }) {
           __typename ... on StartConversationPayload { conversation { id uuid symbol isVowelGuess followups { receivedAt } } }
           ... on ConflictError { code problems { path } existing { ... on Conversation { uuid symbol } } } } }`,
      );
    const followUp = (number: number) =>
      app.query(
        `mutation { followUpConversation(input: { uuid: "${uuidOf(number)}" }) {
           __typename ... on FollowUpConversationPayload { followup { uuid } conversation { uuid } } } }`,
      );
    expect((await followUp(1)).data).toEqual({
      followUpConversation: {
        ...{ __typename: 'FollowUpConversationPayload', conversation: null },
        followup: { uuid: uuidOf(1) },
      },
    });
    const first = await start('O');
    expect(first.data).toMatchObject({
      startConversation: { conversation: { uuid: uuidOf(1), symbol: 'o', isVowelGuess: true, followups: [{}] } },
    });
    expect(await start('o')).toEqual(first);
    expect((await start('p')).data).toEqual({
      startConversation: {
        __typename: 'ConflictError',
        code: 'CONFLICT',
        problems: [{ path: 'symbol' }],
        existing: { uuid: uuidOf(1), symbol: 'o' },
      },
    });
    expect((await followUp(1)).data).toMatchObject({ followUpConversation: { conversation: { uuid: uuidOf(1) } } });
    expect(app.app.ledger.snapshot().sequence).toBe(3);
    const { startConversation } = first.data as { startConversation: { conversation: { id: string } } };
    const { data } = await app.query(
      'query ($id: ID!) { node(id: $id) { __typename ... on Conversation { symbol } } }',
      {
        id: startConversation.conversation.id,
      },
    );
    expect(data).toEqual({ node: { __typename: 'Conversation', symbol: 'o' } });
  });

  it('a conversation that many clients start concurrently is stored once, with one of their symbols', async () => {
    const app = await openedApp();
    const { conversations, dashboard } = app.app.domains;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => conversations.start(uuidOf(1), index % 2 === 0 ? 'a' : 'b')),
    );
    const winners = outcomes.filter((each) => each.status === 'fulfilled').map(({ value }) => value);
    expect(winners).toHaveLength(30);
    expect(new Set(winners.map(({ seq, symbol }) => `${seq} ${symbol}`)).size).toBe(1);
    expect((await dashboard.figures({ timeZone: 'UTC' }, new Work())).total.count).toBe(1);
    expect(app.app.ledger.snapshot().sequence).toBe(1);
  });
});
