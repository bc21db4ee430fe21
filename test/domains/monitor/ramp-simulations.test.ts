import { expect, it } from 'vitest';
import { createRandom, type Random } from '../../../src/demo/random.ts';
import { createMonitorHarness } from '../../support/monitor-harness.ts';

/** The number of experiments is multiplied by this; the published figures used 40. */
const scale = Number(process.env.SIMULATIONS ?? 1);
const log = (name: string, figures: object): void => {
  if (scale > 1) process.stdout.write(`${name} ${JSON.stringify(figures)}\n`);
};

const minuteUs = 60_000_000;
const start = Date.UTC(2025, 0, 6) * 1000;
const usersPerPhase = 1500;

type Weights = Readonly<Record<string, number>>;
const allocationOf = (weights: Weights) =>
  Object.entries(weights).map(([variant, weight], index) => ({ variant, weight, isControl: index === 0 }));

/** Three phases; Norway keeps an allocation of its own, and C comes with the last phase. */
const phases: { readonly general: Weights; readonly NO: Weights }[] = [
  { general: { A: 95, B: 5 }, NO: { A: 50, B: 50 } },
  { general: { A: 80, B: 20 }, NO: { A: 50, B: 50 } },
  { general: { A: 50, B: 30, C: 20 }, NO: { A: 50, B: 50 } },
];
const markets = ['DE', 'NO', 'SE'] as const;

interface Visit {
  readonly userId: string;
  readonly country: (typeof markets)[number];
  readonly variant: string;
  readonly atUs: number;
}

const draw = (random: Random, weights: Weights): string =>
  Object.keys(weights)[random.weighted(Object.values(weights))] as string;

/** Users of all phases, each assigned by the plan, or by other weights in one market and phase. */
const drawVisits = (random: Random, faulty?: { phase: number; country: string; weights: Weights }): Visit[] =>
  phases.flatMap((phase, number) =>
    Array.from({ length: usersPerPhase }, (_, index) => {
      const country = random.pick(markets);
      const isFaulty = faulty?.phase === number && faulty.country === country;
      const planned = country === 'NO' ? phase.NO : phase.general;
      const variant = draw(random, isFaulty && faulty ? faulty.weights : planned);
      const atUs = start + (number * usersPerPhase + index) * minuteUs;
      return { userId: `u${number}-${index}`, country, variant, atUs };
    }),
  );

const openHarness = () => {
  const harness = createMonitorHarness();
  harness.setNow(start);
  for (const [number, { general, NO }] of phases.entries())
    harness.savePlan({
      ...{ startedAtUs: start, allocation: allocationOf(general), markets: [...markets] },
      allocationByMarket: [{ country: 'NO', allocation: allocationOf(NO) }],
      allocationFromUs: number === 0 ? null : start + number * usersPerPhase * minuteUs,
    });
  return harness;
};

/** Ways in which the same visits arrive: batches, each in an order of its own. */
const arrivals: Readonly<Record<string, (visits: readonly Visit[], random: Random) => Visit[][]>> = {
  'one by one': (visits) => visits.map((visit) => [visit]),
  'in files sorted by variant': (visits) =>
    chunked(visits, 900).map((chunk) => chunk.toSorted((a, b) => (a.variant < b.variant ? -1 : 1))),
  'in one file in random order': (visits, random) => [shuffled(visits, random)],
  'late, and again later': (visits, random) => {
    const again = visits.map((visit) => ({ ...visit, atUs: visit.atUs + random.below(2000) * minuteUs }));
    const all = [
      ...visits.map((visit) => ({ visit, late: random.chance(20) ? random.below(3000) : 0 })),
      ...again.map((visit) => ({ visit, late: 0 })),
    ];
    const ordered = all.toSorted((a, b) => a.visit.atUs + a.late * minuteUs - (b.visit.atUs + b.late * minuteUs));
    return chunked(
      ordered.map(({ visit }) => visit),
      50,
    );
  },
};

const chunked = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

const shuffled = <T>(items: readonly T[], random: Random): T[] => {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T);
};

/** Sends the batches and looks after some of them; returns whether a split was ever broken, and where at the end. */
const run = async (visits: readonly Visit[], batches: readonly (readonly Visit[])[]) => {
  const harness = openHarness();
  for (const { userId, country } of visits) harness.addUser(userId, country);
  const brokenNow = async (): Promise<(string | null)[]> =>
    (await harness.report()).health.checks
      .filter(({ kind, verdict }) => kind === 'SAMPLE_RATIO' && verdict === 'BROKEN')
      .map(({ country }) => country);
  let wasBroken = false;
  let sentSinceLook = 0;
  let nowUs = start;
  for (const [index, batch] of batches.entries()) {
    nowUs = Math.max(nowUs, ...batch.map(({ atUs }) => atUs));
    for (const { userId, variant, atUs } of batch)
      harness.addEvent(atUs, userId, variant, { requestId: index + 1, recordedAtUs: nowUs });
    sentSinceLook += batch.length;
    if (sentSinceLook < 100) continue;
    sentSinceLook = 0;
    wasBroken ||= (await brokenNow()).length > 0;
  }
  return { wasBroken, brokenAtEnd: await brokenNow() };
};

it.each(Object.keys(arrivals))(
  'a fair ramp with allocations of markets raises no alarm at any look (%s)',
  async (name) => {
    const experiments = 5 * scale;
    let alarms = 0;
    for (let seed = 0; seed < experiments; seed++) {
      const random = createRandom(seed * 7919 + 101);
      const visits = drawVisits(random);
      const batches = (arrivals[name] as (typeof arrivals)[string])(visits, random);
      if ((await run(visits, batches)).wasBroken) alarms++;
    }
    log('fair ramp', { name, experiments, alarms });
    expect(alarms).toBeLessThanOrEqual(0.01 * experiments);
  },
  600_000,
);

it('a ramp phase that is broken in one market is found there', async () => {
  const experiments = 5 * scale;
  let found = 0;
  for (let seed = 0; seed < experiments; seed++) {
    const random = createRandom(seed * 104_729 + 7);
    const visits = drawVisits(random, { phase: 1, country: 'SE', weights: { A: 60, B: 40 } });
    const { brokenAtEnd } = await run(visits, chunked(visits, 50));
    if (brokenAtEnd.includes('SE') && !brokenAtEnd.includes('NO') && !brokenAtEnd.includes('DE')) found++;
  }
  log('broken phase', { experiments, found });
  expect(found).toBe(experiments);
}, 600_000);
