import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { sendEvents, sendUsers } from '../../support/events.ts';

const document = `query ($range: TimeRangeInput) { monitor(range: $range) {
  isPlanned watermark verdict
  deployment { country variant eventCount userCount share expectedShare }
  checks { __typename verdict message country
    ... on SampleRatioTest { observed { variant users expected } chiSquared degreesOfFreedom pValue adjustedPValue sequentialPValue maxDeviation brokenSince suspects { dimension value users chiSquared contribution } }
    ... on DeploymentGap { kind variant since }
    ... on CrossoverCheck { users share examples { totalCount } }
    ... on UnknownUserCheck { users events byVariant { variant users expected } } }
  markets { country verdict userCount sampleRatio { verdict } }
  trend { eventCount } arrival { stored medianDelay p99Delay }
  outcomes { variant mean relativeDifference { estimate lower upper } }
} }`;

interface MonitorResult {
  readonly verdict: string;
  readonly isPlanned: boolean;
  readonly deployment: readonly {
    country: string;
    variant: string;
    eventCount: number;
    expectedShare: number | null;
  }[];
  readonly checks: readonly {
    __typename: string;
    verdict: string;
    message: string;
    country: string | null;
    kind?: string;
    variant?: string;
    pValue: number | null;
    maxDeviation: number | null;
    brokenSince: string | null;
  }[];
}

const openTestApp = async (settings: Readonly<Record<string, string>> = {}): Promise<OpenApp> => {
  const app = await openApp({ settings });
  onTestFinished(app.close);
  return app;
};

/** Requests every field of the monitor: a NaN or infinite number would be a GraphQL error. */
const queryMonitor = async (app: OpenApp, range?: object): Promise<MonitorResult> => {
  const { data, errors } = await app.query<{ monitor: MonitorResult }>(document, { range });
  expect(errors).toBeUndefined();
  return (data as { monitor: MonitorResult }).monitor;
};

const savePlan = async ({ app }: OpenApp, weights: Readonly<Record<string, number>>, markets: string[] = []) => {
  const allocation = Object.entries(weights).map(([variant, weight], index) => ({
    variant,
    weight,
    isControl: index === 0,
  }));
  await app.domains.experiments.save({
    ...{ key: 'x', name: 'x', startedAtUs: 0, endedAtUs: null },
    ...{ allocation, allocationByMarket: [], markets, allocationFromUs: 0 },
  });
};

const eventsOf = (count: number, versionOf: (user: number) => string, name = 'u') =>
  Array.from({ length: count }, (_, user) => ({ userId: `${name}${user}`, version: versionOf(user) }));

const splitOf = ({ checks }: MonitorResult, country: string | null = null) =>
  checks.find((check) => check.__typename === 'SampleRatioTest' && check.country === country);

describe('monitor at its limits', () => {
  it('the monitor reports NO_DATA without events, with and without a plan', async () => {
    const app = await openTestApp();
    expect(await queryMonitor(app)).toMatchObject({ verdict: 'NO_DATA', isPlanned: false, deployment: [] });
    await savePlan(app, { A: 1, B: 1 }, ['SE']);
    const planned = await queryMonitor(app);
    expect(planned.deployment).toMatchObject([
      { country: 'SE', variant: 'A', eventCount: 0, expectedShare: 0.5 },
      { country: 'SE', variant: 'B', eventCount: 0, expectedShare: 0.5 },
    ]);
    expect(planned.verdict).toBe('NO_DATA');
    expect(await queryMonitor(app, { last: 'P7D' })).toMatchObject({ verdict: 'NO_DATA' });
  });

  it('the monitor tests no split with one variant, and assumes equal shares of two variants without a plan', async () => {
    const app = await openTestApp();
    await sendEvents(
      app,
      eventsOf(150, () => 'A'),
    );
    const one = await queryMonitor(app);
    expect(splitOf(one)).toMatchObject({ verdict: 'NOT_ENOUGH_DATA', pValue: null });
    expect(splitOf(one)?.message).toBe('All markets: only one variant is known, so there is no split to test.');
    await sendEvents(
      app,
      eventsOf(90, () => 'B', 'v'),
    );
    const { message, verdict } = splitOf(await queryMonitor(app)) ?? {};
    expect(verdict).toBe('BROKEN');
    expect(message).toContain(
      '240 users split A 150, B 90, where 50.0 % / 50.0 % is assumed, because no plan is saved',
    );
    expect(message).toContain('up to 12.5 % off');
  });

  it('the monitor tests the split from monitorUsersMin users on, to the user', async () => {
    const app = await openTestApp();
    await savePlan(app, { A: 1, B: 1 });
    await sendEvents(
      app,
      eventsOf(99, () => 'A'),
    );
    expect(splitOf(await queryMonitor(app))).toMatchObject({ verdict: 'NOT_ENOUGH_DATA' });
    expect(splitOf(await queryMonitor(app))?.message).toContain('the test needs at least 100 users');
    await sendEvents(app, [{ userId: 'last', version: 'A' }]);
    expect(splitOf(await queryMonitor(app))?.verdict).not.toBe('NOT_ENOUGH_DATA');
  });

  it('the monitor tests fifty variants, and a share of one in a thousand', async () => {
    const app = await openTestApp();
    await savePlan(app, Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`V${index}`, 1])));
    await sendEvents(
      app,
      eventsOf(1000, (user) => `V${user % 50}`),
    );
    expect(splitOf(await queryMonitor(app))).toMatchObject({ verdict: 'HEALTHY', maxDeviation: 0 });
    await savePlan(app, { A: 99.9, B: 0.1 });
    await sendEvents(
      app,
      eventsOf(1000, (user) => (user === 500 ? 'B' : 'A'), 'w'),
    );
    const { checks } = await queryMonitor(app);
    expect(checks.filter(({ __typename }) => __typename === 'SampleRatioTest')).toMatchObject([
      { verdict: 'HEALTHY', country: null },
      { verdict: 'HEALTHY', country: 'unknown' },
    ]);
    // The variants of the earlier plan are not planned any more.
    expect(checks.filter(({ kind }) => kind === 'VARIANT_UNEXPECTED')).toHaveLength(50);
  });

  it('the monitor reports planned variants and markets without users, and countries that are not planned', async () => {
    const app = await openTestApp();
    await savePlan(app, { A: 1, B: 1, C: 1 }, ['SE', 'DE']);
    const users = Array.from({ length: 240 }, (_, user) => [`u${user}`, user % 2 === 0 ? 'SE' : 'FR']);
    await sendUsers(app, Object.fromEntries(users.slice(0, 230)));
    await sendEvents(
      app,
      eventsOf(240, (user) => (user % 4 < 2 ? 'A' : 'B')),
    );
    const { checks, verdict } = await queryMonitor(app);
    expect(verdict).toBe('BROKEN');
    const gaps = checks.filter(({ kind }) => kind).map(({ kind, country, variant }) => [kind, country, variant]);
    expect(gaps).toHaveLength(4);
    expect(gaps).toEqual(
      expect.arrayContaining([
        ['MARKET_MISSING', 'DE', null],
        ['MARKET_UNEXPECTED', 'FR', null],
        ['VARIANT_MISSING', 'SE', 'C'],
        ['VARIANT_MISSING', 'FR', 'C'],
      ]),
    );
  });

  it('the monitor raises no alarm for a certain deviation below monitorDeviationMin', async () => {
    const app = await openTestApp({ monitorDeviationMin: '0.2' });
    await savePlan(app, { A: 1, B: 1 });
    await sendEvents(
      app,
      eventsOf(1000, (user) => (user % 5 < 3 ? 'A' : 'B')),
    );
    const { verdict, message, brokenSince } = splitOf(await queryMonitor(app)) ?? {};
    expect(verdict).toBe('HEALTHY');
    expect(message).toContain('not by chance, but only up to 10.0 % off, too little to matter');
    expect(brokenSince).toBe('2023-05-01T00:00:00Z');
  });

  it('the monitor applies a changed plan to all events, earlier ones included', async () => {
    const app = await openTestApp();
    await savePlan(app, { A: 1, B: 1 });
    await sendEvents(
      app,
      eventsOf(1000, (user) => (user % 5 === 0 ? 'B' : 'A')),
    );
    expect((await queryMonitor(app)).verdict).toBe('BROKEN');
    await savePlan(app, { A: 80, B: 20 });
    expect(splitOf(await queryMonitor(app))).toMatchObject({ verdict: 'HEALTHY', maxDeviation: 0, brokenSince: null });
  });
});
