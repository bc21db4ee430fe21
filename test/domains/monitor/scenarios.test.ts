import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  dataCheckOf,
  drawUsers,
  line,
  minute,
  openScenario,
  type ScenarioEvent,
  shares,
  splitOf,
} from '../../support/experiment-scenario.ts';

const byVersion = (events: readonly ScenarioEvent[]): ScenarioEvent[] =>
  events.toSorted((a, b) => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0));

describe('a ramp', () => {
  const first = drawUsers(11, { count: 3000, from: 0, weights: { A: 90, B: 10 }, prefix: 'u' });
  const second = drawUsers(15, { count: 3000, from: 4320, weights: { A: 50, B: 50 }, prefix: 'v' });
  const plan = { key: 'ramp', startedAt: minute(0) };

  it('a fair ramp from 90/10 to 50/50 is healthy before, at and after the change', async () => {
    const { save, send, monitor } = await openScenario();
    await save({ ...plan, allocation: shares({ A: 90, B: 10 }) });
    await send(first);
    expect((await monitor()).verdict).not.toBe('BROKEN');
    expect(splitOf(await monitor())?.verdict).toBe('HEALTHY');
    await save({ ...plan, allocation: shares({ A: 50, B: 50 }), allocationFrom: minute(4320) });
    expect(splitOf(await monitor())?.verdict).toBe('HEALTHY');
    await send(second);
    const split = splitOf(await monitor());
    expect(split?.verdict).toBe('HEALTHY');
    expect(split?.sequentialPValue).toBeGreaterThan(0.05);
    // The expected counts are those of both phases: 2,700 + 1,500 and 300 + 1,500.
    expect(split?.observed?.map(({ expected }) => Math.round(expected))).toEqual([4200, 1800]);
  });

  it('users of the first phase who return in the second are judged by the first', async () => {
    const { save, send, monitor } = await openScenario();
    await save({ ...plan, allocation: shares({ A: 90, B: 10 }) });
    await save({ ...plan, allocation: shares({ A: 50, B: 50 }), allocationFrom: minute(4320) });
    await send(first);
    await send(first.map((event) => ({ ...event, date: minute(5000) })));
    expect(splitOf(await monitor())).toMatchObject({ verdict: 'HEALTHY' });
    const range = await monitor(`range: { between: { from: "${minute(4320)}", to: "${minute(9000)}" } }`);
    expect(range).toMatchObject({ verdict: 'NO_DATA', returningUserCount: 3000 });
  });

  it('a ramp with a broken phase is broken, although all users together are even', async () => {
    const { save, send, monitor } = await openScenario();
    await save({ ...plan, allocation: shares({ A: 60, B: 40 }) });
    await save({ ...plan, allocation: shares({ A: 40, B: 60 }), allocationFrom: minute(4320) });
    const even = { A: 50, B: 50 };
    await send(drawUsers(13, { count: 3000, from: 0, weights: even, prefix: 'u' }));
    await send(drawUsers(14, { count: 3000, from: 4320, weights: even, prefix: 'v' }));
    expect(splitOf(await monitor())).toMatchObject({ verdict: 'BROKEN' });
  });

  it('markets with an allocation of their own are judged by it', async () => {
    const { save, send, monitor, importFile } = await openScenario();
    const users = [...first, ...second].map(({ user_id }) => `${user_id},${user_id.startsWith('u') ? 'SE' : 'DE'},f`);
    await importFile('users', { name: 'users.csv', text: ['user_id,country,gender', ...users, ''].join('\n') });
    await save({
      ...{ ...plan, allocation: shares({ A: 50, B: 50 }) },
      allocationByMarket: [{ country: 'SE', allocation: shares({ A: 90, B: 10 }) }],
    });
    await send([...first, ...second]);
    const found = await monitor();
    expect([splitOf(found), splitOf(found, 'SE'), splitOf(found, 'DE')].map((split) => split?.verdict)).toEqual([
      'HEALTHY',
      'HEALTHY',
      'HEALTHY',
    ]);
    expect(splitOf(found, 'SE')?.observed?.map(({ expected }) => Math.round(expected))).toEqual([2700, 300]);
    expect(splitOf(found, 'DE')?.observed?.map(({ expected }) => Math.round(expected))).toEqual([1500, 1500]);
  });
});

describe('the order of rows', () => {
  const users = drawUsers(21, { count: 1000, from: 0, weights: { A: 50, B: 50 }, prefix: 'u' });
  const days = users.map((event) => ({ ...event, date: (event.date as string).slice(0, 10) }));
  const orders: [string, readonly ScenarioEvent[]][] = [
    ['in the order of time', users],
    ['sorted by variant', byVersion(users)],
    ['sorted by variant, with days instead of times', byVersion(days)],
    ['in reverse', users.toReversed()],
  ];

  it.each(orders)('an import %s has the same verdict', async (_name, events) => {
    const { save, importEvents, monitor } = await openScenario();
    await save({ key: 'order', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }) });
    await importEvents('events.csv', events);
    expect(splitOf(await monitor())).toMatchObject({ verdict: 'HEALTHY' });
    expect(splitOf(await monitor())?.sequentialPValue).toBeGreaterThan(0.2);
  });

  it.each(orders)('one request %s has the same verdict, also after a restart', async (_name, events) => {
    const { save, send, monitor } = await openScenario();
    await save({ key: 'order', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }) });
    await send(events);
    expect(splitOf(await monitor())?.sequentialPValue).toBeGreaterThan(0.2);
  });

  it('an import is judged when it is complete, and singles meanwhile at once, the same after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'asof-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const data = join(folder, 'data');
    const path = join(folder, 'events.jsonl');
    await writeFile(path, byVersion(users).map(line).join('\n'));
    const { app, save, send, monitor, close } = await openScenario({ batchRecords: '100' }, { data });
    await save({ key: 'order', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }) });
    const looks: Promise<unknown>[] = [];
    const { done } = await app.domains.imports.start('events', [{ path, name: 'events.jsonl' }], {
      onProgress: ({ read }) => {
        const single = { user_id: `single${read}`, version: read % 200 === 0 ? 'A' : 'B', date: minute(read) };
        looks.push(
          send([single]).then(async () => expect(splitOf(await monitor())?.verdict).toMatch(/HEALTHY|NOT_ENOUGH_DATA/)),
        );
      },
    });
    await done;
    await Promise.all(looks);
    expect(looks.length).toBeGreaterThan(5);
    const found = await monitor();
    expect(splitOf(found)).toMatchObject({ verdict: 'HEALTHY' });
    await close();
    const again = await openScenario({}, { data });
    expect(await again.monitor()).toEqual(found);
  });

  it('without a plan the variants stand in the same order', async () => {
    const { send, monitor } = await openScenario();
    await send(byVersion(users).toReversed());
    expect(splitOf(await monitor())?.message).toMatch(/1000 users split A \d+, B \d+,/);
  });

  it('whether an import has ended costs a few statements for each transaction, not one for each event', async () => {
    const statements: string[] = [];
    const { importEvents, monitor } = await openScenario(
      { batchRecords: '100' },
      { onStatement: (sql) => void (sql.includes('from "imports"') && statements.push(sql)) },
    );
    await importEvents('events.csv', users);
    await monitor();
    expect(statements.length).toBeLessThan(4 * (users.length / 100) + 20);
  });

  it('the first variant of a user is that of the earliest event, however late it arrives', async () => {
    const { save, send, monitor } = await openScenario({ monitorUsersMin: '1' });
    await save({ key: 'late', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }) });
    await send([{ user_id: 'u', version: 'B', date: minute(10) }]);
    await send([{ user_id: 'u', version: 'A', date: minute(5) }]);
    expect(splitOf(await monitor())?.observed).toMatchObject([
      { variant: 'A', users: 1 },
      { variant: 'B', users: 0 },
    ]);
  });
});

describe('what counts', () => {
  const even = { key: 'k', startedAt: minute(0), endedAt: minute(1000), allocation: shares({ A: 1, B: 1 }) };

  it('events outside of the period do not count and are reported', async () => {
    const { save, send, monitor } = await openScenario();
    await save(even);
    const named = (user: string, minutes: number) => ({
      ...{ user_id: user, version: 'A', date: minute(minutes), experiment: 'k' },
    });
    await send([named('before', -1), named('first', 0), named('last', 999.99), named('end', 1000)]);
    const found = await monitor();
    expect(found.deployment.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(2);
    expect(found.outsideEventCount).toBe(2);
    expect(dataCheckOf(found, 'OUTSIDE_PERIOD')).toMatchObject({
      ...{ verdict: 'WATCH', count: 2 },
      examples: [`before at ${minute(-1)}`, `end at ${minute(1000)}`],
    });
  });

  it('last: PT24H of hourly events holds 24, and an event of 2099 does not move it', async () => {
    const { save, send, monitor } = await openScenario();
    await save({ ...even, endedAt: null });
    const hourly = Array.from({ length: 72 }, (_, hour) => ({
      ...{ user_id: `u${hour}`, version: 'A', date: minute(60 * hour) },
    }));
    const eventsIn = async () =>
      (await monitor('range: { last: "PT24H" }')).deployment.reduce((sum, { eventCount }) => sum + eventCount, 0);
    await send(hourly);
    expect(await eventsIn()).toBe(24);
    await send([{ user_id: 'future', version: 'B', date: '2099-01-01T00:00:00Z' }]);
    expect(await eventsIn()).toBe(24);
  });

  it('range counts users who were first seen in it, and others as returning', async () => {
    const { save, send, monitor } = await openScenario();
    await save(even);
    await send([
      { user_id: 'old', version: 'A', date: minute(1) },
      { user_id: 'old', version: 'A', date: minute(200) },
      { user_id: 'new', version: 'B', date: minute(201) },
      { user_id: 'new', version: 'B', date: minute(900) },
    ]);
    const found = await monitor(`range: { between: { from: "${minute(100)}", to: "${minute(300)}" } }`);
    expect(found.returningUserCount).toBe(1);
    expect(found.deployment).toMatchObject([
      { variant: 'A', eventCount: 0, userCount: 0 },
      { variant: 'B', eventCount: 1, userCount: 1 },
    ]);
  });

  it('excluded users do not count until they are included again', async () => {
    const { save, send, monitor, query } = await openScenario();
    await save(even);
    await send(drawUsers(31, { count: 20, from: 0, weights: { A: 1, B: 1 }, prefix: 'u' }));
    await send(drawUsers(32, { count: 5, from: 50, weights: { A: 1 }, prefix: 'bot' }));
    const usersOf = async () => (await monitor()).deployment.reduce((sum, { userCount }) => sum + userCount, 0);
    expect(await usersOf()).toBe(25);
    const userIds = Array.from({ length: 5 }, (_, index) => `bot${index}`);
    await query('mutation ($input: ExcludeUsersInput!) { excludeUsers(input: $input) { __typename } }', {
      input: { userIds, reason: 'bots' },
    });
    expect(await usersOf()).toBe(20);
    expect((await monitor()).excludedUserCount).toBe(5);
    await query('mutation ($input: IncludeUsersInput!) { includeUsers(input: $input) { __typename } }', {
      input: { userIds: ['bot0'] },
    });
    expect(await usersOf()).toBe(21);
    expect((await monitor()).excludedUserCount).toBe(4);
  });

  it('where filters verdict, counts and trend alike, in GraphQL and REST', async () => {
    const { save, send, monitor, query, get } = await openScenario();
    await save(even);
    const paid = drawUsers(41, { count: 300, from: 0, weights: { A: 80, B: 20 }, prefix: 'p' });
    await send(paid.map((event) => ({ ...event, account_type: 'paid' })));
    await send(drawUsers(42, { count: 300, from: 0, weights: { A: 50, B: 50 }, prefix: 'f' }));
    expect((await monitor('where: { accountTypes: ["paid"] }')).verdict).toBe('BROKEN');
    expect(splitOf(await monitor('where: { accountTypes: ["free"] }'))?.verdict).toBe('HEALTHY');
    const { data } = await query<{ monitor: { trend: { eventCount: number }[]; outcomes: { users: number }[] } }>(
      '{ monitor(where: { accountTypes: ["paid"] }) { trend(grain: YEAR) { eventCount } outcomes { users } } }',
    );
    expect(data?.monitor.trend.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(300);
    expect(data?.monitor.outcomes.reduce((sum, { users }) => sum + users, 0)).toBe(300);
    const rest = (await (await get('/monitor?account_type=paid&event_type=view')).json()) as { nbr_events: number }[];
    expect(rest.reduce((sum, { nbr_events }) => sum + nbr_events, 0)).toBe(300);
  });
});

describe('checks of the data', () => {
  it('without a plan a variant with few users is a mistake, not a variant under test', async () => {
    const { send, monitor } = await openScenario();
    const users = Array.from({ length: 2000 }, (_, index) => ({
      ...{ user_id: `u${index}`, version: index % 2 === 0 ? 'A' : 'B', date: minute(index) },
    }));
    await send([...users, { user_id: 'stray', version: 'b', date: minute(3000) }]);
    const found = await monitor();
    expect(found.verdict).toBe('WATCH');
    expect(splitOf(found)).toMatchObject({ verdict: 'HEALTHY', observed: [{ variant: 'A' }, { variant: 'B' }] });
    expect(dataCheckOf(found, 'STRAY_VARIANT')).toMatchObject({ count: 1, examples: ['b'] });
    expect(dataCheckOf(found, 'SIMILAR_NAMES')).toMatchObject({ count: 2, examples: ['"B" and "b"'] });
  });

  it.each([
    ['case', 'New', 'new'],
    ['blanks', 'new', 'new '],
    ['inner blanks', 'new look', 'newlook'],
    ['Unicode form', 'caf\u00e9', 'cafe\u0301'],
    ['full width', 'B', '\uff22'],
    ['an invisible character', 'B', 'B\u200b'],
  ])('names that differ in %s are reported', async (_what, one, other) => {
    const { send, monitor } = await openScenario();
    await send([
      { user_id: 'u', version: one, date: minute(1) },
      { user_id: 'v', version: other, date: minute(2) },
      { user_id: 'w', version: 'quite different', date: minute(2) },
    ]);
    expect(dataCheckOf(await monitor(), 'SIMILAR_NAMES')).toMatchObject({ verdict: 'WATCH', count: 2 });
  });

  it.each(['undefined', 'null', '0', 'NULL', '00000000-0000-0000-0000-000000000000'])(
    'the placeholder user %s is reported when it has a large part of the events',
    async (placeholder) => {
      const { send, monitor } = await openScenario();
      await send(drawUsers(51, { count: 90, from: 0, weights: { A: 1, B: 1 }, prefix: 'u' }));
      expect(dataCheckOf(await monitor(), 'PLACEHOLDER_USER')).toBeUndefined();
      const events = Array.from({ length: 10 }, (_, index) => ({
        user_id: placeholder,
        version: 'A',
        date: minute(index),
      }));
      await send(events);
      expect(dataCheckOf(await monitor(), 'PLACEHOLDER_USER')).toMatchObject({ count: 10, examples: [placeholder] });
    },
  );

  it('one user with many events and one order with most of the value are reported', async () => {
    const { send, monitor } = await openScenario();
    const orders = drawUsers(61, { count: 200, from: 0, weights: { A: 1, B: 1 }, prefix: 'u' });
    await send(orders.map((event) => ({ ...event, order_value: 10 })));
    const quiet = await monitor();
    expect([dataCheckOf(quiet, 'OUTSIZED_USER'), dataCheckOf(quiet, 'OUTSIZED_ORDER')]).toEqual([undefined, undefined]);
    await send([{ user_id: 'u1', version: 'A', date: minute(300), order_value: 5000 }]);
    await send(Array.from({ length: 100 }, (_, index) => ({ user_id: 'robot', version: 'A', date: minute(index) })));
    const found = await monitor();
    expect(dataCheckOf(found, 'OUTSIZED_USER')).toMatchObject({ verdict: 'WATCH', count: 100, examples: ['robot'] });
    expect(dataCheckOf(found, 'OUTSIZED_ORDER')).toMatchObject({ verdict: 'WATCH', examples: ['u1'] });
  });

  it('a few users with as many events as each other are not outsized', async () => {
    const { send, monitor } = await openScenario();
    await send(
      drawUsers(25, { count: 1200, from: 0, weights: { A: 1, B: 1 }, prefix: '' }).map((event) => ({
        ...event,
        user_id: `u${Number(event.user_id) % 12}`,
      })),
    );
    expect(dataCheckOf(await monitor(), 'OUTSIZED_USER')).toBeUndefined();
  });

  it('plans that could both claim the same events are reported, unless every event names its experiment', async () => {
    const { save, send, monitor } = await openScenario();
    await save({ key: 'one', startedAt: minute(0), endedAt: minute(100), allocation: shares({ A: 1, B: 1 }) });
    await save({ key: 'two', startedAt: minute(50), allocation: shares({ B: 1, C: 1 }) });
    await save({ key: 'later', startedAt: minute(100), allocation: shares({ A: 1, X: 1 }) });
    await save({ key: 'other', startedAt: minute(0), allocation: shares({ Y: 1, Z: 1 }) });
    const examples = async (key: string) =>
      dataCheckOf(await monitor(`experiment: "${key}"`), 'OVERLAPPING_PLANS')?.examples;
    expect(await examples('one')).toEqual(['two']);
    expect(await examples('two')).toEqual(['one']);
    expect(await examples('other')).toBeUndefined();
    await send([{ user_id: 'u', version: 'A', date: minute(60), experiment: 'one' }]);
    expect(await examples('one')).toBeUndefined();
  });
});
