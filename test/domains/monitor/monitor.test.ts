import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, it } from 'vitest';
import { type Stratum, stratifiedDifference } from '../../../src/lib/statistics/stratified-difference.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import {
  type Batch,
  days,
  emptyLedger,
  iso,
  ledgers,
  now,
  send,
  time,
  withBatch,
} from '../../support/experiment-arbitraries.ts';
import { referenceChecks } from '../../support/reference-checks.ts';
import {
  type ReferenceLedger,
  type ReferenceMetric,
  type ReferenceOutcomeRequest,
  referenceControl,
  referenceExposures,
  referenceMoments,
  referenceOutcomes,
  referenceOutside,
  referencePlan,
  referencePlans,
  referenceRanges,
  referenceReturning,
  referenceRows,
  referenceShares,
  referenceVariants,
} from '../../support/reference-experiment.ts';
import { referencePeriod } from '../../support/reference-transactions.ts';

// With so few users no test reaches 0.01: the prior alone needs hundreds of users.
const limits = { alpha: 0.95, deviationMin: 0.01, usersMin: 5, now };
const settings = { monitorAlpha: '0.95', monitorUsersMin: '5', lateAfterMs: '43200000', now: iso(now) };
const zones = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu'];
const metrics: ReferenceMetric[] = ['ORDER_VALUE_PER_USER', 'ORDERS_PER_USER', 'CONVERSION'];

const queries = fc.record({
  key: fc.constantFrom('x', 'x', 'x', 'y', 'default', null),
  country: fc.option(fc.constantFrom('SE', 'DE', 'NO', 'unknown', 'nowhere')),
  range: fc.option(
    fc.oneof(
      fc.tuple(time, time).map((ends) => ({ from: Math.min(...ends), to: Math.max(...ends) })),
      fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 })).map(([first, more]) => ({
        first: iso(days(first)).slice(0, 10),
        last: iso(days(first + more)).slice(0, 10),
      })),
    ),
    { freq: 2 },
  ),
  timeZone: fc.constantFrom(...zones),
  grain: fc.constantFrom('HOUR', 'DAY', 'WEEK'),
  outcomes: fc
    .record({
      metric: fc.constantFrom(...metrics),
      eventTypes: fc.option(fc.subarray(['view', 'order', 'unknown', 'nothing'], { minLength: 1 })),
      cap: fc.option(fc.constantFrom(0.5, 0.75, 0.9, 1)),
      byMarket: fc.boolean(),
    })
    .map((request): ReferenceOutcomeRequest => (request.metric === 'CONVERSION' ? { ...request, cap: null } : request)),
});
type MonitorQuery = typeof queries extends fc.Arbitrary<infer Q> ? Q : never;

const document = `query ($experiment: String, $country: String, $range: TimeRangeInput, $timeZone: TimeZone!, $grain: TimeGrain!, $metric: OutcomeMetric!, $eventTypes: [String!], $cap: Float, $byMarket: Boolean!) {
  monitor(experiment: $experiment, country: $country, range: $range, timeZone: $timeZone) {
    experiment { key } isPlanned watermark verdict returningUserCount outsideEventCount
    deployment { country variant eventCount userCount share expectedShare }
    checks { __typename verdict message country
      ... on SampleRatioTest { observed { variant users expected } chiSquared degreesOfFreedom pValue adjustedPValue sequentialPValue maxDeviation brokenSince }
      ... on DeploymentGap { kind variant since }
      ... on CrossoverCheck { users share examples(first: 1000) { totalCount nodes { userId } } }
      ... on UnknownUserCheck { users events byVariant { variant users expected } }
    }
    markets { country verdict firstEventAt lastEventAt userCount sampleRatio { verdict message } }
    outcomes(metric: $metric, eventTypes: $eventTypes, cap: $cap, byMarket: $byMarket) {
      variant isControl users crossoverUserCount mean cappedAt leftOutUserCount
      absoluteDifference { estimate lower upper level } relativeDifference { estimate lower upper level }
    }
    trend(grain: $grain) { periodStart country variant eventCount newUserCount }
    arrival { received duplicates rejected stored late inTheFuture medianDelay p99Delay }
  }
}`;

interface Check {
  __typename: string;
  verdict: string;
  message: string;
  country: string | null;
  kind?: string;
  variant: string | null;
  since: string | null;
  brokenSince: string | null;
  users: number;
  observed: { variant: string; users: number; expected: number }[];
  byVariant: { variant: string; users: number; expected: number }[];
  chiSquared: number | null;
  pValue: number | null;
  adjustedPValue: number | null;
  sequentialPValue: number | null;
  maxDeviation: number | null;
  degreesOfFreedom: number | null;
  examples: { totalCount: number; nodes: { userId: string }[] };
}
interface Monitor {
  experiment: { key: string };
  isPlanned: boolean;
  watermark: string | null;
  verdict: string;
  returningUserCount: string | number;
  outsideEventCount: string | number;
  deployment: object[];
  checks: Check[];
  markets: {
    country: string;
    verdict: string;
    firstEventAt: string | null;
    lastEventAt: string | null;
    userCount: number;
    sampleRatio: Check;
  }[];
  outcomes: object[];
  trend: object[];
  arrival: Record<string, unknown>;
}

const instantUs = (text: string | null): number | null =>
  text === null ? null : Number(Temporal.Instant.from(text).epochNanoseconds / 1000n);

/** The number may differ by rounding, because the order of operations differs. */
const closeTo = (value: number | null): unknown => (value === null ? null : expect.closeTo(value, 9));

const spanOf = ({ range, timeZone }: MonitorQuery): { from?: number; to?: number } => {
  if (range === null) return {};
  if ('from' in range) return range;
  const startOf = (day: Temporal.PlainDate) => day.toZonedDateTime(timeZone).epochMilliseconds * 1000;
  return {
    from: startOf(Temporal.PlainDate.from(range.first)),
    to: startOf(Temporal.PlainDate.from(range.last).add({ days: 1 })),
  };
};

/** The experiment of requests that name none: running, started or any, the one that started last. */
const currentKey = ({ plans }: ReferenceLedger): string => {
  const all = referencePlans(plans);
  const started = all.filter(({ startedAt }) => startedAt !== null && startedAt <= now);
  const latest = Math.max(...started.map(({ startedAt }) => startedAt as number));
  return started.findLast(({ startedAt }) => startedAt === latest)?.key ?? all.at(-1)?.key ?? 'default';
};

const isKnown = ({ plans, events }: ReferenceLedger, key: string): boolean =>
  key === 'default' || plans.some((plan) => plan.key === key) || events.some(({ experiment }) => experiment === key);

const compare = async (app: OpenApp, ledger: ReferenceLedger, query: MonitorQuery): Promise<void> => {
  const { key: named, country, range, timeZone, grain, outcomes } = query;
  const key = named ?? currentKey(ledger);
  const between =
    range && ('from' in range ? { between: { from: iso(range.from), to: iso(range.to) } } : { days: range });
  const { data, errors } = await app.query<{ monitor: Monitor }>(document, {
    ...{ experiment: named, country, range: between, timeZone, grain, ...outcomes },
  });
  if (!isKnown(ledger, key)) {
    expect(errors?.[0]?.extensions?.code).toBe('NOT_FOUND');
    return;
  }
  expect(errors).toBeUndefined();
  const monitor = (data as { monitor: Monitor }).monitor;
  const scope = { key, country: country ?? undefined, ...spanOf(query) };
  const plan = referencePlan(ledger.plans, key);
  expect(monitor.experiment.key).toBe(key);
  expect(monitor.isPlanned).toBe(referenceVariants(plan).length > 0);
  expect(Number(monitor.returningUserCount)).toBe(referenceReturning(ledger, scope));
  expect(Number(monitor.outsideEventCount)).toBe(referenceOutside(ledger, scope));
  expect(monitor.deployment).toEqual(
    referenceExposures(ledger, scope, now).map((cell) => ({
      ...cell,
      share: closeTo(cell.share),
      expectedShare: closeTo(cell.expectedShare),
    })),
  );
  compareChecks(monitor, ledger, scope);
  compareOutcomes(monitor, ledger, scope, outcomes);
  compareTrend(monitor, ledger, scope, grain, timeZone);
};

type Scope = { key: string; country?: string | undefined; from?: number; to?: number };

const compareChecks = ({ checks, markets, verdict }: Monitor, ledger: ReferenceLedger, scope: Scope): void => {
  const reference = referenceChecks(ledger, scope, limits);
  const all = referenceRows(ledger, scope);
  const checksOf = (name: string) => checks.filter(({ __typename }) => __typename === name);
  const byCountry = <T extends { country: string | null }>(list: readonly T[]): Map<string | null, T> =>
    new Map(list.map((each) => [each.country, each]));

  const splits = byCountry(checksOf('SampleRatioTest'));
  expect(new Set(splits.keys())).toEqual(new Set(reference.splits.map((split) => split.country)));
  for (const expected of reference.splits) {
    const found = splits.get(expected.country) as Check;
    const sorted = [...found.observed].sort((a, b) => (a.variant < b.variant ? -1 : 1));
    const observed = expected.observed.map((each) => ({ ...each, expected: closeTo(each.expected) }));
    expect(sorted).toEqual(observed.sort((a, b) => (a.variant < b.variant ? -1 : 1)));
    expect(found).toMatchObject({
      verdict: expected.verdict,
      degreesOfFreedom:
        expected.chiSquared === null ? null : expected.observed.filter((each) => each.expected > 0).length - 1,
      chiSquared: closeTo(expected.chiSquared),
      pValue: closeTo(expected.pValue),
      adjustedPValue: closeTo(expected.adjustedPValue),
      sequentialPValue: closeTo(expected.sequentialPValue),
      maxDeviation: closeTo(expected.maxDeviation),
    });
    if (!expected.isTie) expect(instantUs(found.brokenSince)).toBe(expected.brokenSince);
    expect(found.message.startsWith(`${expected.country ?? 'All markets'}: `)).toBe(true);
  }

  const gaps = checksOf('DeploymentGap').filter(({ kind }) => kind !== 'WENT_SILENT');
  const gapText = (gap: object) => JSON.stringify(gap);
  expect(
    gaps
      .map(({ kind, verdict: result, country, variant, since }) =>
        gapText({ kind, verdict: result, country, variant, since: instantUs(since) }),
      )
      .sort(),
  ).toEqual(reference.gaps.map(gapText).sort());

  const crossed = checksOf('CrossoverCheck').map(({ country, verdict: result, users, examples }) => ({
    ...{ country, verdict: result, users, examples: examples.nodes.map(({ userId }) => userId) },
  }));
  const crossovers = reference.crossovers.map(({ share: _share, ...each }) => each);
  expect(byCountry(crossed)).toEqual(byCountry(crossovers));

  const unknown = checksOf('UnknownUserCheck').map(({ country, verdict: result, users, byVariant }) => ({
    ...{ country, verdict: result, users, byVariant },
  }));
  expect(unknown).toEqual(
    reference.unknown.map(({ events: _events, byVariant, ...each }) => ({
      ...each,
      byVariant: byVariant.map((variant) => ({ ...variant, expected: closeTo(variant.expected) })),
    })),
  );

  const ranks = ['BROKEN', 'WATCH', 'NO_DATA', 'NOT_ENOUGH_DATA', 'HEALTHY'];
  const order = checks.map((check) => ranks.indexOf(check.verdict));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  const counted = all.filter(({ country }) => scope.country === undefined || country === scope.country);
  if (counted.length === 0 && order[0] !== 0) expect(verdict).toBe('NO_DATA');
  else if (order[0] !== undefined && order[0] < 2) expect(verdict).toBe(ranks[order[0]]);
  else expect(verdict).toBe(reference.splits[0]?.verdict ?? 'NOT_ENOUGH_DATA');
  for (const market of markets) {
    const rows = all.filter(({ country }) => country === market.country);
    const times = rows.map(({ at }) => at);
    expect({ ...market, first: instantUs(market.firstEventAt), last: instantUs(market.lastEventAt) }).toMatchObject({
      verdict: checks.find(({ country }) => country === market.country)?.verdict,
      userCount: new Set(rows.map(({ userId }) => userId)).size,
      first: times.length > 0 ? Math.min(...times) : null,
      last: times.length > 0 ? Math.max(...times) : null,
      sampleRatio: { verdict: splits.get(market.country)?.verdict, message: splits.get(market.country)?.message },
    });
  }
};

const compareOutcomes = (
  { outcomes }: Monitor,
  ledger: ReferenceLedger,
  scope: Scope,
  request: ReferenceOutcomeRequest,
): void => {
  const { country } = scope;
  const all = referenceRows(ledger, scope);
  const rows = all.filter((row) => country === undefined || row.country === country);
  const plan = referencePlan(ledger.plans, scope.key);
  const variants = [...new Set([...referenceVariants(plan), ...all.map(({ variant }) => variant)])].sort();
  const control = referenceControl(plan) ?? variants[0];
  const { users, crossovers, cappedAt } = referenceOutcomes(rows, request);
  // Users are compared within a phase and the shares of their market in it.
  const split = referenceShares(plan, all);
  const stratumOf = ({ market, at }: { market: string; at: number }): string => {
    const phase = plan.terms.filter(({ from }) => from <= at).length;
    const shares = [...(split?.sharesOf(market, at) ?? [])]
      .map(([name, share]) => `${name} ${share.toPrecision(12)}`)
      .sort();
    return JSON.stringify([phase, shares, request.byMarket ? market : null]);
  };
  const momentsIn = (variant: string | undefined, stratum: string | null) =>
    referenceMoments(
      users
        .filter((user) => user.variant === variant && (stratum === null || stratumOf(user) === stratum))
        .map(({ value }) => value),
    );
  const strataCodes = [...new Set(users.map(stratumOf))];
  const intervalOf = (interval: object | null) =>
    interval && Object.fromEntries(Object.entries(interval).map(([name, value]) => [name, closeTo(value)]));
  expect(outcomes).toEqual(
    variants.map((variant) => {
      const { count, mean } = momentsIn(variant, null);
      const isControl = variant === control;
      const strata = strataCodes.map(
        (code): Stratum => ({ treatment: momentsIn(variant, code), control: momentsIn(control, code) }),
      );
      const { absolute, relative, leftOutUserCount } = stratifiedDifference(isControl ? [] : strata, {
        range: referenceRanges[request.metric],
      });
      return {
        ...{ variant, isControl, users: count, mean: expect.closeTo(mean, 6), cappedAt, leftOutUserCount },
        crossoverUserCount: crossovers.filter((first) => first === variant).length,
        absoluteDifference: intervalOf(absolute),
        relativeDifference: intervalOf(relative),
      };
    }),
  );
};

const compareTrend = (
  { trend, arrival }: Monitor,
  ledger: ReferenceLedger,
  scope: Scope,
  grain: string,
  zone: string,
) => {
  const all = referenceRows(ledger, scope);
  const rows = all.filter(({ country }) => scope.country === undefined || country === scope.country);
  const points = new Map<string, { eventCount: number; newUserCount: number }>();
  const exposed = new Set<string>();
  // Sorting is stable: of equal times the event that was recorded first is the first one.
  for (const row of rows.toSorted((a, b) => a.at - b.at)) {
    const key = JSON.stringify([referencePeriod(row.at, grain, zone), row.country, row.variant]);
    const point = points.get(key) ?? { eventCount: 0, newUserCount: 0 };
    const user = JSON.stringify([row.userId, row.variant]);
    const newUserCount = point.newUserCount + Number(!exposed.has(user));
    exposed.add(user);
    points.set(key, { eventCount: point.eventCount + 1, newUserCount });
  }
  const expected = [...points].map(([key, point]) => {
    const [start, country, variant] = JSON.parse(key) as [number, string, string];
    return { periodStart: start, country, variant, ...point };
  });
  expected.sort(
    (a, b) =>
      a.periodStart - b.periodStart ||
      (a.country < b.country ? -1 : a.country > b.country ? 1 : 0) ||
      (a.variant < b.variant ? -1 : 1),
  );
  expect(
    (trend as { periodStart: string }[]).map((point) => ({ ...point, periodStart: Date.parse(point.periodStart) })),
  ).toEqual(expected);

  // All events arrived at the same moment, because the clock stands still.
  let newest = -Infinity;
  const late = new Set<object>();
  for (const event of ledger.events) {
    if (event.at < newest - 43_200_000_000) late.add(event);
    newest = Math.max(newest, Math.min(event.at, now));
  }
  const isLate = ledger.events.map((event) => late.has(event));
  const marked = ledger.events.map((event, index) => ({ ...event, isLate: isLate[index] }));
  const own = referenceRows({ ...ledger, events: marked }, scope).filter(
    ({ country }) => scope.country === undefined || country === scope.country,
  ) as readonly (ReturnType<typeof referenceRows>[number] & { isLate?: boolean })[];
  const delays = own
    .map(({ at }) => now - at)
    .filter((delay) => delay >= 0)
    .sort((a, b) => a - b);
  const rank = (part: number) => delays[Math.max(0, Math.ceil(part * delays.length) - 1)];
  const text = (delay: number | undefined) => (delay === undefined ? null : `PT${delay / 1e6}S`);
  expect(arrival).toEqual({
    ...{ received: all.length, duplicates: 0, rejected: 0, stored: own.length },
    late: own.filter((event) => event.isLate && event.at <= now + 300_000_000).length,
    inTheFuture: own.filter(({ at }) => at > now + 300_000_000).length,
    medianDelay: text(rank(0.5)),
    p99Delay: text(rank(0.99)),
  });
};

it('the monitor agrees with the reference model after every batch, for every request, and after a restart', async () => {
  await fc.assert(
    fc.asyncProperty(ledgers, fc.array(queries, { minLength: 2, maxLength: 4 }), async (batches, sampled) => {
      const app = await openApp({ settings, onDisk: true });
      try {
        let ledger = emptyLedger;
        for (const batch of batches as Batch[]) {
          await send(app, batch);
          ledger = withBatch(ledger, batch);
          for (const query of sampled) await compare(app, ledger, query);
        }
        await app.app.close();
        const again = await openApp({ settings, data: app.data });
        for (const query of sampled) await compare(again, ledger, query);
        await again.close();
      } finally {
        await app.close();
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 8) },
  );
}, 300_000);
