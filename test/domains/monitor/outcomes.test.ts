import { describe, expect, it, onTestFinished } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import { stratifiedDifference } from '../../../src/lib/statistics/stratified-difference.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { sendUsers } from '../../support/events.ts';
import { referenceMoments, referenceOutcomes, referenceRanges } from '../../support/reference-experiment.ts';

interface SentEvent {
  readonly user: string;
  readonly version: string;
  readonly value?: number | null;
  readonly type?: string | null;
  readonly day?: number;
}

interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

interface Outcome {
  readonly variant: string;
  readonly isControl: boolean;
  readonly users: number;
  readonly crossoverUserCount: number;
  readonly mean: number;
  readonly cappedAt: number | null;
  readonly absoluteDifference: Interval | null;
  readonly relativeDifference: Interval | null;
  readonly leftOutUserCount: number;
}

const openTestApp = async (): Promise<OpenApp> => {
  const app = await openApp();
  onTestFinished(app.close);
  return app;
};

const send = async (app: OpenApp, events: readonly SentEvent[]): Promise<void> => {
  const lines = events.map(({ user, version, value = null, type = null, day = 1 }) =>
    JSON.stringify({
      ...{ user_id: user, account_type: 'free', version, event_type: type, order_value: value },
      date: `2025-03-${String(day).padStart(2, '0')}T12:00:00Z`,
    }),
  );
  const response = await app.get('/events?summary=1', { method: 'POST', body: lines.join('\n') });
  expect(await response.json()).toMatchObject({ created: events.length });
};

const queryOutcomes = (app: OpenApp, args: string, country?: string) =>
  app.query<{ monitor: { outcomes: Outcome[] } }>(
    `query ($country: String) { monitor(country: $country) { outcomes(${args}) {
      variant isControl users crossoverUserCount mean cappedAt leftOutUserCount
      absoluteDifference { estimate lower upper } relativeDifference { estimate lower upper }
    } } }`,
    { country },
  );

const outcomesOf = async (app: OpenApp, args: string, country?: string): Promise<Outcome[]> => {
  const { data, errors } = await queryOutcomes(app, args, country);
  expect(errors).toBeUndefined();
  return (data as { monitor: { outcomes: Outcome[] } }).monitor.outcomes;
};

const meansOf = async (app: OpenApp, args: string): Promise<number[]> =>
  (await outcomesOf(app, args)).map(({ mean }) => mean);

/** So many users who are seen and do no more. */
const visitors = (count: number, version: string, name = version): SentEvent[] =>
  Array.from({ length: count }, (_, index) => ({ user: `${name}${index}`, version, type: 'view' }));

/** The bounds may differ by rounding. */
const closeTo = (interval: Interval | null): object | null =>
  interval && {
    estimate: expect.closeTo(interval.estimate, 9),
    lower: expect.closeTo(interval.lower, 9),
    upper: expect.closeTo(interval.upper, 9),
  };

describe('orders and refunds', () => {
  it('a refund lowers the value and is no order, an order of 0 is none, and what comes late counts', async () => {
    const app = await openTestApp();
    await send(app, [
      { user: 'a1', version: 'A', value: 100, day: 2 },
      { user: 'a1', version: 'A', value: -40, day: 3 },
      { user: 'a2', version: 'A', value: 0 },
      { user: 'a3', version: 'A', value: -5 },
      { user: 'a4', version: 'A' },
      { user: 'b1', version: 'B', value: 30.5, day: 4 },
      { user: 'b1', version: 'B', value: 30.25, day: 2 },
      { user: 'b2', version: 'B', value: -0.25 },
    ]);
    expect(await meansOf(app, 'metric: ORDER_VALUE_PER_USER')).toEqual([55 / 4, 60.5 / 2]);
    expect(await meansOf(app, 'metric: ORDERS_PER_USER')).toEqual([1 / 4, 1]);
    expect(await meansOf(app, 'metric: CONVERSION')).toEqual([1 / 4, 1 / 2]);
  });

  it('eventTypes name the orders, with or without a value; refunds of other types lower the value', async () => {
    const app = await openTestApp();
    await send(app, [
      { user: 'a1', version: 'A', type: 'signup' },
      { user: 'a1', version: 'A', type: 'purchase', value: 100 },
      { user: 'a1', version: 'A', type: 'refund', value: -100 },
      { user: 'a2', version: 'A', type: 'tip', value: 5 },
      { user: 'b1', version: 'B', type: 'signup', value: 0 },
      { user: 'b1', version: 'B', type: 'signup', value: -1 },
      { user: 'b2', version: 'B', value: 7 },
    ]);
    expect(await meansOf(app, 'metric: CONVERSION, eventTypes: ["signup"]')).toEqual([0.5, 0.5]);
    expect(await meansOf(app, 'metric: ORDERS_PER_USER, eventTypes: ["signup", "purchase"]')).toEqual([1, 0.5]);
    expect(await meansOf(app, 'metric: ORDER_VALUE_PER_USER, eventTypes: ["purchase"]')).toEqual([0, -0.5]);
    expect(await meansOf(app, 'metric: ORDER_VALUE_PER_USER, eventTypes: ["unknown"]')).toEqual([-50, 3]);
    expect(await meansOf(app, 'metric: CONVERSION, eventTypes: ["nothing of the kind"]')).toEqual([0, 0]);
  });

  it('a huge order and its refund, in any number of parts, leave all figures exactly as before', async () => {
    const app = await openTestApp();
    const random = createRandom(5);
    const buyers = Array.from({ length: 400 }, (_, index) => ({
      ...{ user: `${index % 2 === 0 ? 'A' : 'B'}${index}`, version: index % 2 === 0 ? 'A' : 'B' },
      value: (1 + random.below(1_000_000)) / 100,
    }));
    await send(app, [...visitors(500, 'A', 'v'), ...visitors(500, 'B', 'w'), ...buyers]);
    const queries = ['metric: ORDER_VALUE_PER_USER', 'metric: ORDER_VALUE_PER_USER, cap: 0.9'];
    const before = await Promise.all(queries.map((args) => outcomesOf(app, args)));
    expect(before[0]?.[1]?.absoluteDifference).not.toBeNull();
    for (const values of [
      [2e10, -2e10],
      [999_999_999_999_999, -333_333_333_333_333, -666_666_666_666_666],
      [...new Array<number>(12).fill(999_999_999_999_999), ...new Array<number>(12).fill(-999_999_999_999_999)],
      [20_000_000_000.01, 0.000001, -20_000_000_000.01, -0.000001],
    ]) {
      await send(app, [
        ...values.map((value) => ({ user: 'A0', version: 'A', value })),
        ...values.map((value) => ({ user: 'w3', version: 'B', value, day: 2 })),
      ]);
      expect(await Promise.all(queries.map((args) => outcomesOf(app, args)))).toEqual(before);
    }
  });

  it('sums of the values of a user are exact', async () => {
    const app = await openTestApp();
    await send(app, [
      ...Array.from({ length: 10 }, () => ({ user: 'a', version: 'A', value: 0.1 })),
      { user: 'b', version: 'B', value: 999_999_999_999_999 },
      { user: 'b', version: 'B', value: 0.000001 },
      { user: 'b', version: 'B', value: -999_999_999_999_999 },
    ]);
    expect(await meansOf(app, 'metric: ORDER_VALUE_PER_USER')).toEqual([1, 0.000001]);
  });
});

describe('who counts', () => {
  it('users in several variants count in none, under the variant that they saw first by its own time', async () => {
    const app = await openTestApp();
    await send(app, [
      { user: 'late', version: 'A', value: 1000, day: 5 },
      { user: 'back', version: 'A', value: 7, day: 2 },
      { user: 'back', version: 'B', day: 3 },
      { user: 'back', version: 'A', value: 7, day: 4 },
      { user: 'a', version: 'A', value: 3, day: 2 },
      { user: 'b', version: 'B', value: 4, day: 2 },
    ]);
    await send(app, [{ user: 'late', version: 'B', day: 1 }]);
    expect(await outcomesOf(app, 'metric: ORDER_VALUE_PER_USER')).toMatchObject([
      { variant: 'A', users: 1, crossoverUserCount: 1, mean: 3 },
      { variant: 'B', users: 1, crossoverUserCount: 1, mean: 4 },
    ]);
  });

  it('a country restricts the users, and outcomes follow users who move', async () => {
    const app = await openTestApp();
    await sendUsers(app, { a: 'SE', b: 'SE', c: 'DE' });
    await send(app, [
      { user: 'a', version: 'A', value: 2 },
      { user: 'b', version: 'B', value: 4 },
      { user: 'c', version: 'B', value: 9 },
    ]);
    const usersIn = async (country: string) =>
      (await outcomesOf(app, 'metric: ORDER_VALUE_PER_USER', country)).map(({ users, mean }) => [users, mean]);
    expect(await usersIn('SE')).toEqual([
      [1, 2],
      [1, 4],
    ]);
    await sendUsers(app, { b: 'DE' });
    expect(await usersIn('SE')).toEqual([
      [1, 2],
      [0, 0],
    ]);
    expect(await usersIn('DE')).toEqual([
      [0, 0],
      [2, 6.5],
    ]);
  });
});

describe('intervals', () => {
  it('0 of 2,000 against 100 of 2,000 has an absolute difference, whichever variant has no order', async () => {
    const app = await openTestApp();
    const orders = Array.from({ length: 100 }, (_, index) => ({ user: `A${index}`, version: 'A', value: 20 }));
    await send(app, [...visitors(2_000, 'A'), ...visitors(2_000, 'B'), ...orders]);
    for (const metric of ['CONVERSION', 'ORDERS_PER_USER']) {
      const [control, treatment] = await outcomesOf(app, `metric: ${metric}`);
      expect(control).toMatchObject({
        isControl: true,
        mean: 0.05,
        absoluteDifference: null,
        relativeDifference: null,
      });
      expect(treatment).toMatchObject({ users: 2_000, mean: 0, absoluteDifference: { estimate: -0.05 } });
      expect(treatment?.absoluteDifference?.upper).toBeLessThan(-0.03);
      expect(treatment?.absoluteDifference?.lower).toBeGreaterThan(-0.07);
      expect(treatment?.relativeDifference).toMatchObject({ estimate: -1, lower: -1 });
    }
    await app.query(
      'mutation { saveExperiment(input: { key: "x", startedAt: "2020-01-01T00:00:00Z", allocation: [{ variant: "A", weight: 1 }, { variant: "B", weight: 1, isControl: true }] }) { __typename } }',
    );
    const [treatment] = await outcomesOf(app, 'metric: CONVERSION');
    expect(treatment).toMatchObject({
      isControl: false,
      absoluteDifference: { estimate: 0.05 },
      relativeDifference: null,
    });
    expect(treatment?.absoluteDifference?.lower).toBeGreaterThan(0.03);
  });

  it('byMarket compares users within markets, and counts those of markets that have only one variant', async () => {
    const app = await openTestApp();
    const countries: Record<string, string> = {};
    const events: SentEvent[] = [];
    // The same share of users order in both variants of a market, but most users of B are where many order.
    for (const [country, counts, percent] of [
      ['SE', { A: 900, B: 100 }, 5],
      ['DE', { A: 100, B: 900 }, 50],
      ['NO', { B: 40 }, 100],
    ] as const)
      for (const [version, count] of Object.entries(counts))
        for (let index = 0; index < count; index++) {
          const user = `${country}-${version}-${index}`;
          countries[user] = country;
          events.push({ user, version, value: (index * 37) % 100 < percent ? 10 : null });
        }
    const rows = Object.entries(countries).map(([user_id, country]) => ({ user_id, country, gender: null }));
    await app.importFile('users', { name: 'user_info.json', text: JSON.stringify(rows) });
    await send(app, events);
    const [, together] = await outcomesOf(app, 'metric: CONVERSION');
    expect(together?.absoluteDifference?.lower).toBeGreaterThan(0.2);
    expect(together?.leftOutUserCount).toBe(0);
    const [control, within] = await outcomesOf(app, 'metric: CONVERSION, byMarket: true');
    expect(control?.leftOutUserCount).toBe(0);
    expect(within).toMatchObject({ users: 1_040, leftOutUserCount: 40 });
    expect(within?.mean).toBeCloseTo((5 + 450 + 40) / 1_040, 12);
    expect(within?.absoluteDifference?.estimate).toBeCloseTo(0, 12);
    expect(within?.relativeDifference?.estimate).toBeCloseTo(0, 12);
  });

  it('cap winsorizes at the nearest rank of all users, and is compared with the moments of the capped values', async () => {
    const app = await openTestApp();
    const random = createRandom(11);
    const values = Array.from({ length: 1_000 }, (_, index) => ({
      ...{ user: `u${index}`, version: index % 2 === 0 ? 'A' : 'B' },
      value: random.chance(40) ? (1 + random.below(100_000)) / 100 : index % 50 === 0 ? -3 : null,
    }));
    await send(app, values);
    for (const cap of [0.07, 0.5, 0.9, 0.999, 1]) {
      const sorted = values.map(({ value }) => value ?? 0).sort((a, b) => a - b);
      const cappedAt = sorted[Math.round(cap * 1_000) - 1] as number;
      const [treatment, control] = ['B', 'A'].map((version) =>
        referenceMoments(
          values.filter((each) => each.version === version).map(({ value }) => Math.min(value ?? 0, cappedAt)),
        ),
      ) as [ReturnType<typeof referenceMoments>, ReturnType<typeof referenceMoments>];
      const { absolute } = stratifiedDifference([{ treatment, control }]);
      const [, found] = await outcomesOf(app, `metric: ORDER_VALUE_PER_USER, cap: ${cap}`);
      expect(found?.cappedAt).toBe(cappedAt);
      expect(found?.mean).toBeCloseTo(treatment.mean, 9);
      expect(found?.absoluteDifference?.lower ?? null).toEqual(absolute && expect.closeTo(absolute.lower, 9));
      expect(found?.absoluteDifference?.upper ?? null).toEqual(absolute && expect.closeTo(absolute.upper, 9));
    }
  });

  it('outcomes have the intervals of the reference moments, for every metric, selection of orders and stratification', async () => {
    const app = await openTestApp();
    const random = createRandom(23);
    const countryOf = (user: string): string => ['SE', 'DE', 'NO'][Number(user.slice(1)) % 3] as string;
    const users = Array.from({ length: 900 }, (_, index) => `u${index}`);
    const events = Array.from({ length: 4_000 }, (): SentEvent & { user: string } => {
      const user = random.pick(users);
      const version = Number(user.slice(1)) % 5 < 2 ? 'B' : 'A';
      const value = random.pick([null, null, 0, (1 + random.below(9_999)) / 100, -random.below(900) / 100]);
      const type = random.pick(['view', 'buy', null]);
      return { user, version: random.below(2_000) === 0 ? 'B' : version, value, type, day: 1 + random.below(9) };
    });
    const rows = users.map((user) => ({ user_id: user, country: countryOf(user), gender: null }));
    await app.importFile('users', { name: 'user_info.json', text: JSON.stringify(rows) });
    await send(app, events);
    const ledgerRows = events.map(({ user, version, value, type, day }) => ({
      ...{
        eventId: null,
        experiment: null,
        userId: user,
        variant: version,
        accountType: 'free',
        country: countryOf(user),
        batch: 0,
      },
      ...{ eventType: type ?? null, at: day as number, micros: value == null ? null : BigInt(Math.round(value * 1e6)) },
    }));
    for (const metric of ['ORDER_VALUE_PER_USER', 'ORDERS_PER_USER', 'CONVERSION'] as const)
      for (const eventTypes of [null, ['buy', 'unknown']])
        for (const byMarket of [false, true]) {
          const reference = referenceOutcomes(ledgerRows, { metric, eventTypes, byMarket, cap: null });
          const momentsOf = (variant: string, market: string | null) =>
            referenceMoments(
              reference.users
                .filter((user) => user.variant === variant && (market === null || user.market === market))
                .map(({ value }) => value),
            );
          const markets = byMarket ? ['SE', 'DE', 'NO'] : [null];
          const expected = stratifiedDifference(
            markets.map((market) => ({ treatment: momentsOf('B', market), control: momentsOf('A', market) })),
            { range: referenceRanges[metric] },
          );
          expect(expected.absolute).not.toBeNull();
          const args = `metric: ${metric}, eventTypes: ${JSON.stringify(eventTypes)}, byMarket: ${byMarket}`;
          const [, found] = await outcomesOf(app, args);
          expect(found).toMatchObject({
            absoluteDifference: closeTo(expected.absolute),
            relativeDifference: closeTo(expected.relative),
            crossoverUserCount: reference.crossovers.filter((variant) => variant === 'B').length,
          });
        }
  });

  it.each([
    ['metric: ORDER_VALUE_PER_USER, cap: 0', 'cap must be a quantile above 0 and at most 1'],
    ['metric: ORDERS_PER_USER, cap: 99', 'cap must be a quantile above 0 and at most 1'],
    ['metric: CONVERSION, cap: 0.9', 'cap does not apply to CONVERSION'],
    ['metric: CONVERSION, eventTypes: []', 'eventTypes must name at least one type'],
  ])('outcomes refuse %s', async (args, message) => {
    const app = await openTestApp();
    await send(app, visitors(3, 'A'));
    const { errors } = await queryOutcomes(app, args);
    expect(errors?.[0]?.extensions?.code).toBe('VALIDATION_FAILED');
    expect(errors?.[0]?.message).toContain(message);
  });
});
