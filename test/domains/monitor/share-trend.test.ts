import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawUsers, minute, openScenario, type ScenarioEvent, shares } from '../../support/experiment-scenario.ts';

interface Point {
  readonly at: string;
  readonly userCount: number;
  readonly shares: readonly {
    readonly variant: string;
    readonly userCount: number;
    readonly share: number;
    readonly expectedShare: number;
    readonly lower: number;
    readonly upper: number;
  }[];
}

interface Answer {
  readonly snapshot: { readonly sequence: number };
  readonly checks: readonly { readonly country?: string | null; readonly brokenSince?: string | null }[];
  readonly shareTrend: {
    readonly country: string | null;
    readonly alpha: number;
    readonly brokenSince: string | null;
    readonly points: readonly Point[];
  };
}

const even = { A: 50, B: 50 };
const plan = { key: 'shares', startedAt: minute(0), allocation: shares(even) };

type Scenario = Awaited<ReturnType<typeof openScenario>>;

const trendOf = async ({ query }: Pick<Scenario, 'query'>, args = '', monitorArgs = ''): Promise<Answer> => {
  const { data, errors } = await query<{ monitor: Answer }>(`{ monitor${monitorArgs} {
    snapshot { sequence } checks { ... on SampleRatioTest { country brokenSince } }
    shareTrend${args} { country alpha brokenSince points { at userCount shares { variant userCount share expectedShare lower upper } } }
  } }`);
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return data.monitor;
};

const brokenSinceOf = ({ checks }: Answer, country: string | null): string | null | undefined =>
  checks.find((check) => check.country === country)?.brokenSince;

const isOutside = ({ shares: found }: Point): boolean =>
  found.some(({ share, lower, upper }) => share < lower || share > upper);

/** The cumulative users by variant at each time, counted again for each point. */
const referencePoints = (
  events: readonly ScenarioEvent[],
  markets: ReadonlyMap<string, string>,
  country: string | null,
) => {
  const firsts = new Map<string, ScenarioEvent>();
  for (const event of events) {
    const known = firsts.get(event.user_id);
    if (!known || event.date < known.date) firsts.set(event.user_id, event);
  }
  const users = [...firsts.values()].filter(
    ({ user_id }) => country === null || (markets.get(user_id) ?? 'unknown') === country,
  );
  return new Map(
    users.map(({ date }) => {
      const upTo = users.filter((each) => each.date <= date);
      const countOf = (variant: string) => upTo.filter(({ version }) => version === variant).length;
      return [date, { A: countOf('A'), B: countOf('B') }];
    }),
  );
};

describe('the cumulative share of users', () => {
  it('leaves its band exactly when the check says that the split is broken', async () => {
    const scenario = await openScenario();
    await scenario.save(plan);
    const users = drawUsers(31, { count: 900, from: 0, weights: { A: 62, B: 38 }, prefix: 'u' });
    await scenario.send(users);
    const found = await trendOf(scenario, '(points: 1000)');
    const { brokenSince, points, alpha } = found.shareTrend;
    expect(brokenSince).toBe(brokenSinceOf(found, null));
    expect(brokenSince).not.toBeNull();
    expect(alpha).toBe(0.01 / 2);
    expect(points).toHaveLength(900);
    expect(points.find(isOutside)?.at).toBe(brokenSince);
    const few = await trendOf(scenario, '(points: 7)');
    expect([6, 7]).toContain(few.shareTrend.points.length);
    expect(few.shareTrend.points.map(({ at }) => at)).toContain(brokenSince);
    expect(few.shareTrend.points.at(-1)).toEqual(points.at(-1));
    for (const point of few.shareTrend.points) expect(points).toContainEqual(point);
  });

  it('of a fair split stays in its band', async () => {
    const scenario = await openScenario();
    await scenario.save(plan);
    await scenario.send(drawUsers(32, { count: 900, from: 0, weights: even, prefix: 'u' }));
    const found = await trendOf(scenario, '(points: 900)');
    expect(found.shareTrend.brokenSince).toBeNull();
    expect(found.shareTrend.points.filter(isOutside)).toEqual([]);
  });

  it('agrees with a count of all users at each time, in whatever order they arrive', async () => {
    const event = fc.record({
      user_id: fc.integer({ min: 0, max: 30 }).map((user) => `u${user}`),
      version: fc.constantFrom('A', 'B'),
      date: fc.integer({ min: 0, max: 40 }).map(minute),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(event, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 4 }),
        async (batches) => {
          const scenario = await openScenario();
          await scenario.save(plan);
          const markets = new Map(Array.from({ length: 15 }, (_, user) => [`u${user}`, user % 2 === 0 ? 'SE' : 'DE']));
          const text = [
            'user_id,country,gender',
            ...[...markets].map(([user, country]) => `${user},${country},f`),
            '',
          ].join('\n');
          await scenario.importFile('users', { name: 'users.csv', text });
          // An equal time leaves open which event of a user is the first.
          const seen = new Set<string>();
          const sent = batches.map((batch) =>
            batch.filter(({ user_id, date }) => !seen.has(`${user_id} ${date}`) && seen.add(`${user_id} ${date}`)),
          );
          for (const batch of sent) if (batch.length > 0) await scenario.send(batch);
          for (const country of [null, 'SE', 'unknown']) {
            const expected = referencePoints(sent.flat(), markets, country);
            const args = country === null ? '(points: 1000)' : `(country: "${country}", points: 1000)`;
            const { points } = (await trendOf(scenario, args)).shareTrend;
            expect(points.map(({ at }) => at)).toEqual([...expected.keys()].sort());
            for (const { at, userCount, shares: found } of points) {
              const counts = expected.get(at) as { A: number; B: number };
              expect(userCount).toBe(counts.A + counts.B);
              for (const { variant, userCount: ofVariant, share, expectedShare } of found) {
                expect(ofVariant).toBe(counts[variant as 'A' | 'B']);
                expect(share).toBeCloseTo(ofVariant / userCount, 12);
                expect(expectedShare).toBeCloseTo(0.5, 12);
              }
            }
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('expects what the phases plan, weighted by their users', async () => {
    const scenario = await openScenario();
    await scenario.save({ ...plan, allocation: shares({ A: 90, B: 10 }) });
    await scenario.save({ ...plan, allocation: shares(even), allocationFrom: minute(100) });
    await scenario.send(drawUsers(33, { count: 100, from: 0, weights: { A: 90, B: 10 }, prefix: 'first' }));
    await scenario.send(drawUsers(34, { count: 300, from: 100, weights: even, prefix: 'second' }));
    const { points } = (await trendOf(scenario, '(points: 400)')).shareTrend;
    const expectedOfB = (users: number) =>
      points[users - 1]?.shares.find(({ variant }) => variant === 'B')?.expectedShare;
    expect(expectedOfB(50)).toBeCloseTo(0.1, 12);
    expect(expectedOfB(100)).toBeCloseTo(0.1, 12);
    expect(expectedOfB(200)).toBeCloseTo(0.3, 12);
    expect(expectedOfB(400)).toBeCloseTo(0.4, 12);
    expect(points.filter(isOutside)).toEqual([]);
  });

  it('is of the snapshot of the monitor, of its market and of its part', async () => {
    const scenario = await openScenario();
    await scenario.save(plan);
    await scenario.send(drawUsers(35, { count: 300, from: 0, weights: even, prefix: 'u' }));
    const before = await trendOf(scenario);
    await scenario.send(drawUsers(36, { count: 300, from: 300, weights: { A: 5, B: 95 }, prefix: 'v' }));
    expect(await trendOf(scenario, '', `(asOf: { sequence: ${before.snapshot.sequence} })`)).toEqual(before);
    expect((await trendOf(scenario)).shareTrend.points.at(-1)?.userCount).toBe(600);
    const range = `(range: { between: { from: "${minute(100)}", to: "${minute(250)}" } })`;
    expect((await trendOf(scenario, '', range)).shareTrend.points.at(-1)?.userCount).toBe(150);
    const market = await trendOf(scenario, '', '(country: "unknown")');
    expect(market.shareTrend).toMatchObject({ country: 'unknown' });
    expect((await trendOf(scenario, '(country: "XX")')).shareTrend.points).toEqual([]);
  });

  it('refuses another market than that of the monitor, and too many or too few points', async () => {
    const scenario = await openScenario({ shareTrendPointsMax: '10' });
    await expect(trendOf(scenario, '(country: "SE", points: 5)', '(country: "DE")')).rejects.toThrow(
      /country must be DE/,
    );
    await expect(trendOf(scenario, '(points: 11)')).rejects.toThrow(/shareTrendPointsMax/);
    await expect(trendOf(scenario, '(points: 1)')).rejects.toThrow(/points must be at least 2/);
    expect((await trendOf(scenario, '(points: 10)')).shareTrend.points).toEqual([]);
  });
});
