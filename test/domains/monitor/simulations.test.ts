import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../src/demo/random.ts';
import type { MonitorHealth } from '../../../src/domains/monitor/checks.ts';
import { chiSquaredTest } from '../../../src/lib/statistics/chi-squared.ts';
import { createMonitorHarness } from '../../support/monitor-harness.ts';

/** The number of experiments is multiplied by this; the published figures used 40. */
const scale = Number(process.env.SIMULATIONS ?? 1);
const log = (name: string, figures: object): void => {
  if (scale > 1) process.stdout.write(`${name} ${JSON.stringify(figures)}\n`);
};

const minuteUs = 60_000_000;
const hourUs = 60 * minuteUs;
const dayUs = 24 * hourUs;
/** A Monday. */
const start = Date.UTC(2025, 0, 6) * 1000;

const even = ['A', 'B'].map((variant, index) => ({ variant, weight: 50, isControl: index === 0 }));
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `M${index}`);
/** A pause between independent events with the mean `meanUs`. */
const pause = (random: Random, meanUs: number): number => Math.ceil(-Math.log((random.below(1e9) + 1) / 1e9) * meanUs);

const broken = ({ checks }: MonitorHealth) => checks.filter(({ verdict }) => verdict === 'BROKEN');
const kindOf = (check: MonitorHealth['checks'][number]) => check.kind;

describe('fair experiments of 20,000 users, checked after every 100 users', () => {
  it.each([
    { markets: 1, experiments: 3 },
    { markets: 3, experiments: 3 },
    { markets: 10, experiments: 3 },
  ])(
    'the monitor raises no alarm in $markets fair markets, where chi-squared at 0.01 would',
    async ({ markets, experiments }) => {
      const alarms: string[][] = [];
      let byChiSquared = 0;
      for (let seed = 0; seed < experiments * scale; seed++) {
        const random = createRandom(seed * 7919 + 17 + markets);
        const harness = createMonitorHarness();
        harness.savePlan({ allocation: even, markets: names(markets) });
        const counts = [0, 0];
        const kinds = new Set<string>();
        let isOff = false;
        let atUs = start;
        for (let user = 1; user <= 20_000; user++) {
          atUs += pause(random, minuteUs);
          harness.addUser(`u${user}`, `M${random.below(markets)}`);
          const variant = random.below(2);
          counts[variant] = (counts[variant] as number) + 1;
          harness.addEvent(atUs, `u${user}`, variant === 0 ? 'A' : 'B');
          if (user % 100 !== 0) continue;
          for (const check of broken((await harness.report()).health)) kinds.add(kindOf(check));
          isOff ||= (chiSquaredTest(counts, [1, 1])?.pValue ?? 1) <= 0.01;
        }
        if (kinds.size > 0) alarms.push([...kinds]);
        if (isOff) byChiSquared++;
      }
      log(`fair, ${markets} markets`, { experiments: experiments * scale, alarms, byChiSquared });
      expect(alarms.length).toBeLessThanOrEqual(0.01 * experiments * scale);
      if (scale > 1) expect(byChiSquared).toBeGreaterThan(0.05 * experiments * scale);
    },
    600_000,
  );
});

it('the monitor detects 60/40 in one market and 40/60 in another while their total is even', async () => {
  let found = 0;
  for (let seed = 0; seed < 5 * scale; seed++) {
    const random = createRandom(seed * 104_729 + 5);
    const harness = createMonitorHarness();
    harness.savePlan({ allocation: even, markets: ['DE', 'NO', 'SE'] });
    let atUs = start;
    const unfairFromUs = start + 1000 * minuteUs;
    for (let user = 0; user < 6000; user++) {
      atUs += minuteUs;
      const country = random.pick(['DE', 'NO', 'SE']);
      // The first thousand users are split fairly in every market.
      const percent = country === 'NO' || atUs <= unfairFromUs ? 50 : country === 'SE' ? 60 : 40;
      harness.addUser(`u${user}`, country);
      harness.addEvent(atUs, `u${user}`, random.chance(percent) ? 'A' : 'B');
    }
    const { health } = await harness.report();
    const markets = new Map(health.markets.map((market) => [market.country, market]));
    expect(health.verdict).toBe('BROKEN');
    const isRight = ['DE', 'SE'].every((country) => {
      const since = markets.get(country)?.sampleRatio.brokenSinceUs ?? 0;
      return markets.get(country)?.verdict === 'BROKEN' && since > unfairFromUs && since <= atUs;
    });
    const isQuiet = broken(health).every(({ country }) => country === 'DE' || country === 'SE');
    if (isRight && isQuiet) found++;
  }
  log('60/40 and 40/60', { experiments: 5 * scale, found });
  expect(found).toBe(5 * scale);
}, 600_000);

interface UserTraits {
  readonly country: string;
  readonly gender: string | null;
  readonly accountType: string;
  readonly eventType: string;
  readonly isPaying: boolean;
}

const drawTraits = (random: Random, percent: number): UserTraits => {
  // The losing value of each dimension has the requested frequency, the others share the rest.
  const pick = (losing: string, others: string[]) => (random.chance(percent) ? losing : random.pick(others));
  return {
    country: pick('SE', ['DE', 'FR', 'NO']),
    gender: pick('f', ['m', 'd']),
    accountType: pick('paid', ['free', 'trial', 'team']),
    eventType: pick('signup', ['view', 'click', 'order', 'search']),
    isPaying: random.chance(percent),
  };
};

const losing: Readonly<Record<string, (user: UserTraits) => boolean>> = {
  'COUNTRY SE': ({ country }) => country === 'SE',
  'GENDER f': ({ gender }) => gender === 'f',
  'ACCOUNT_TYPE paid': ({ accountType }) => accountType === 'paid',
  'EVENT_TYPE signup': ({ eventType }) => eventType === 'signup',
  'USER_STATUS paying': ({ isPaying }) => isPaying,
};

/** Adds users until the split of the market, or of all users, is BROKEN; returns the first suspect then. */
const firstSuspect = async (seed: number, segment: string, percent: number, lossPercent: number, market?: string) => {
  const random = createRandom(seed);
  const harness = createMonitorHarness();
  harness.savePlan({ allocation: even });
  let atUs = start;
  for (let user = 1; user <= 40_000; user++) {
    atUs += minuteUs;
    const traits = drawTraits(random, percent);
    const variant = random.chance(50) ? 'A' : 'B';
    const isIn =
      (losing[segment] as (user: UserTraits) => boolean)(traits) && (market === undefined || traits.country === market);
    if (isIn && variant === 'B' && random.chance(lossPercent)) continue;
    const userId = `u${user}`;
    harness.addUser(userId, traits.country, traits.gender);
    if (traits.isPaying) harness.addStatusChange({ userId, effectiveAtUs: atUs - dayUs, status: 'paying' });
    harness.addEvent(atUs, userId, variant, { accountType: traits.accountType, eventType: traits.eventType });
    if (user % 500 !== 0) continue;
    const { health, suspects } = await harness.report();
    const ratio = health.checks.find((check) => check.kind === 'SAMPLE_RATIO' && check.country === (market ?? null));
    if (ratio?.kind !== 'SAMPLE_RATIO' || ratio.verdict !== 'BROKEN') continue;
    const [first] = await suspects(ratio.country);
    return first && `${first.dimension} ${first.value}`;
  }
  return 'nothing was found';
};

describe('the segment that loses users is the first suspect', () => {
  it.each<{ segment: string; percent: number; loss: number; market?: string }>([
    ...Object.keys(losing).map((segment) => ({ segment, percent: 30, loss: 60 })),
    { segment: 'ACCOUNT_TYPE paid', percent: 8, loss: 100 },
    { segment: 'ACCOUNT_TYPE paid', percent: 50, loss: 30 },
    { segment: 'EVENT_TYPE signup', percent: 10, loss: 60 },
    { segment: 'ACCOUNT_TYPE paid', percent: 30, loss: 60, market: 'SE' },
    { segment: 'USER_STATUS paying', percent: 20, loss: 80, market: 'DE' },
  ])(
    'the first suspect is $segment with $percent % of users, of which $loss % of B are lost ($market)',
    async ({ segment, percent, loss, market }) => {
      const runs = scale > 1 ? 100 : 4;
      const firsts: Record<string, number> = {};
      for (let seed = 0; seed < runs; seed++) {
        const first =
          (await firstSuspect(seed * 15_485_863 + percent + loss, segment, percent, loss, market)) ?? 'none';
        firsts[first] = (firsts[first] ?? 0) + 1;
      }
      log('losing', { segment, percent, loss, market, firsts });
      expect(firsts[segment] ?? 0).toBeGreaterThanOrEqual(0.95 * runs);
    },
    600_000,
  );
});

describe('silence', () => {
  /** The activity of a market at a time: 1 by day, little or nothing at night, times `weekend` at weekends. */
  const activity = (atUs: number, zoneHours: number, weekend: number): number => {
    const hour = (((atUs / hourUs + zoneHours) % 24) + 24) % 24;
    const day = (Math.floor((atUs + zoneHours * hourUs) / dayUs) + 4) % 7;
    const ofDay = hour < 6 ? 0 : hour < 8 || hour > 22 ? 0.2 : 1;
    return ofDay * (day === 0 || day === 6 ? weekend : 1);
  };

  /** Checks three markets every 20 minutes; returns the reported silences with the time of the first report. */
  const watch = async (
    seed: number,
    options: { meanUs: number; weekend: number; zones: number[]; days: number; stopAtUs?: number },
  ) => {
    const { meanUs, weekend, zones, stopAtUs = Infinity } = options;
    const random = createRandom(seed);
    const harness = createMonitorHarness();
    harness.savePlan({ allocation: even });
    for (let user = 0; user < 3000; user++) harness.addUser(`u${user}`, `M${user % 3}`);
    const reported = new Map<string, number>();
    let nextCheckUs = start;
    for (let atUs = start; atUs < start + options.days * dayUs; atUs += pause(random, meanUs)) {
      while (nextCheckUs < atUs) {
        harness.setNow(nextCheckUs);
        for (const check of (await harness.report()).health.checks)
          if (check.kind === 'WENT_SILENT') {
            const name = `${check.verdict} ${check.country} ${check.variant}`;
            reported.set(name, Math.min(reported.get(name) ?? Infinity, nextCheckUs));
          }
        nextCheckUs += 20 * minuteUs;
      }
      const market = random.below(3);
      if (market === 0 && atUs >= stopAtUs) continue;
      if (random.below(1000) >= 1000 * activity(atUs, zones[market] as number, weekend)) continue;
      const user = 3 * random.below(1000) + market;
      // Users send a few events at a time.
      for (let visit = random.below(4); visit >= 0; visit--)
        harness.addEvent(atUs + visit, `u${user}`, user % 2 === 0 ? 'A' : 'B');
    }
    return reported;
  };

  const scenarios = [
    { name: 'busy, one zone', meanUs: 2 * minuteUs, weekend: 1, zones: [0, 0, 0] },
    { name: 'slow, weekends off', meanUs: 20 * minuteUs, weekend: 0, zones: [0, 1, 0] },
    { name: 'around the world', meanUs: 10 * minuteUs, weekend: 0.3, zones: [0, 8, 15] },
  ];

  it.each(scenarios)(
    'the monitor reports no silence for nights and weekends ($name)',
    async (scenario) => {
      const wrong: string[] = [];
      let guesses = 0;
      for (let seed = 0; seed < scale; seed++) {
        const reported = await watch(seed * 7919 + 11, { ...scenario, days: 17 });
        for (const name of reported.keys()) name.startsWith('BROKEN') ? wrong.push(name) : guesses++;
      }
      log('silence, fair', { name: scenario.name, experiments: scale, wrong, guesses });
      expect(wrong.length).toBeLessThanOrEqual(0.01 * scale);
    },
    600_000,
  );

  it.each(scenarios)(
    'the monitor reports the silence of a market that stops ($name)',
    async (scenario) => {
      const hours: number[] = [];
      for (let seed = 0; seed < scale; seed++) {
        // On a Wednesday at noon of its second week.
        const stopAtUs = start + 9 * dayUs + 12 * hourUs;
        const reported = await watch(seed * 7919 + 11, { ...scenario, days: 17, stopAtUs });
        hours.push(((reported.get('BROKEN M0 null') ?? Infinity) - stopAtUs) / hourUs);
      }
      hours.sort((a, b) => a - b);
      log('silence, found after hours', {
        name: scenario.name,
        experiments: scale,
        median: hours[hours.length >> 1],
        max: hours.at(-1),
      });
      expect(hours.at(-1)).toBeLessThan(7 * 24);
      expect(hours[0]).toBeGreaterThan(0);
    },
    600_000,
  );
});
