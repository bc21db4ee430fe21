import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import type { ConfidenceInterval } from '../../../src/lib/statistics/confidence-sequence.ts';
import type { Moments } from '../../../src/lib/statistics/moments.ts';
import { type StratifiedDifference, stratifiedDifference } from '../../../src/lib/statistics/stratified-difference.ts';
import { createRunningMoments } from '../../support/running-moments.ts';

/** The number of experiments is multiplied by this; the published figures used 40. */
const scale = Number(process.env.SIMULATIONS ?? 1);

interface Phase {
  readonly users: number;
  /** The share of users in the treatment. */
  readonly treated: number;
  /** What the users of the control do: the share who order, and the spread of the logarithm of an order's value; 0: it is 1. */
  readonly ordering: number;
  readonly spread?: number;
  /** How many times as many users of the treatment order, and how many times as much. */
  readonly lift?: number;
  readonly growth?: number;
}

interface Scenario {
  readonly name: string;
  readonly phases: readonly Phase[];
  readonly isMixed?: boolean;
}

const rare = (ordering: number, treated: number, lift = 1): Scenario => ({
  name: `${ordering * 100} % order, ${lift} times as many of the ${treated * 100} % in the treatment`,
  phases: [{ users: 20_000, treated, ordering, lift }],
});

const valued = (treated: number, growth = 1, spread = 1): Scenario => ({
  name: `2 % order, lognormal of ${spread}, ${growth} times as much by the ${treated * 100} % in the treatment`,
  phases: [{ users: 20_000, treated, ordering: 0.02, spread, growth }],
});

const scenarios: readonly Scenario[] = [
  ...[0.002, 0.01, 0.05, 0.5].flatMap((ordering) => [rare(ordering, 0.5), rare(ordering, 0.1)]),
  ...[rare(0.01, 0.9), rare(0.01, 0.1, 2), rare(0.01, 0.9, 2), rare(0.01, 0.1, 0.5), rare(0.998, 0.1)],
  ...[valued(0.5), valued(0.1), valued(0.9), valued(0.5, 1.2), valued(0.1, 1.2), valued(0.5, 2)],
  {
    name: 'a ramp from 90/10 to 50/50 with ten times the base rate',
    phases: [
      { users: 10_000, treated: 0.1, ordering: 0.02, lift: 1.15 },
      { users: 10_000, treated: 0.5, ordering: 0.187, lift: 1.15 },
    ],
  },
  {
    name: 'a ramp from 50/50 to 10/90 while orders become rare',
    phases: [
      { users: 6_000, treated: 0.5, ordering: 0.2 },
      { users: 14_000, treated: 0.9, ordering: 0.005 },
    ],
  },
  {
    name: 'forty markets, some with few users, with order values',
    isMixed: true,
    phases: Array.from({ length: 40 }, (_, market) => ({
      users: Math.ceil(4_000 / (market + 1)),
      treated: market % 3 === 0 ? 0.1 : 0.5,
      ordering: 0.01 + (market % 7) / 20,
      spread: 0.5,
      growth: 1.1,
    })),
  },
];

/** The intervals are compared with the truth at each order while these are rare, and at each so many users. */
const usersPerLook = 50;
const rareBelow = 0.1;

/** Which of both intervals missed the truth at any look, and whether there was one at the end. */
const simulate = ({ phases, isMixed = false }: Scenario, seed: number) => {
  const random = createRandom(seed);
  const uniform = (): number => random.below(2 ** 32) / 2 ** 32;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const strata = phases.map((phase) => ({
    ...{ phase, left: phase.users, users: 0, treatment: createRunningMoments(), control: createRunningMoments() },
    mean: phase.ordering * Math.exp((phase.spread ?? 0) ** 2 / 2),
  }));
  const total = phases.reduce((sum, { users }) => sum + users, 0);
  const missed = { absolute: false, relative: false };
  let last: StratifiedDifference | undefined;
  for (let user = 1; user <= total; user++) {
    let pick = isMixed ? random.below(total - user + 1) : 0;
    const stratum = strata.find(({ left }) => {
      pick -= left;
      return pick < 0;
    });
    if (!stratum) throw new Error('no user is left');
    const { ordering, treated, spread = 0, lift = 1, growth = 1 } = stratum.phase;
    stratum.left--;
    stratum.users++;
    const isTreated = uniform() < treated;
    const isOrder = uniform() < ordering * (isTreated ? lift : 1);
    const value = isOrder ? (isTreated ? growth : 1) * Math.exp(spread * (spread === 0 ? 0 : normal())) : 0;
    (isTreated ? stratum.treatment : stratum.control).add(value);
    if (!(isOrder && ordering < rareBelow) && user % usersPerLook !== 0) continue;
    const seen = strata.filter(({ users }) => users > 0);
    last = stratifiedDifference(
      seen.map(({ treatment, control }) => ({ treatment: treatment.now(), control: control.now() })),
      { range: phases.every(({ spread }) => spread === undefined) ? 'BINARY' : 'ANY' },
    );
    const compared = seen.filter(({ treatment, control }) => treatment.now().count > 0 && control.now().count > 0);
    let [ofTreatment, ofControl, users] = [0, 0, 0];
    for (const { mean, phase, users: count } of compared) {
      ofTreatment += count * mean * (phase.lift ?? 1) * (phase.growth ?? 1);
      ofControl += count * mean;
      users += count;
    }
    missed.absolute ||= misses(last.absolute, (ofTreatment - ofControl) / users);
    missed.relative ||= misses(last.relative, ofTreatment / ofControl - 1);
  }
  return { missed, isKnown: last?.absolute !== null };
};

const misses = (interval: ConfidenceInterval | null, truth: number): boolean =>
  interval !== null && (interval.lower > truth || interval.upper < truth);

describe('intervals of outcomes, compared with the truth after every order', () => {
  it.each(scenarios)(
    'the intervals of 95 % hold the truth at all looks: $name',
    (scenario) => {
      const experiments = 20 * scale;
      const count = { absolute: 0, relative: 0, known: 0 };
      for (let seed = 0; seed < experiments; seed++) {
        const { missed, isKnown } = simulate(scenario, seed * 7919 + 3);
        if (missed.absolute) count.absolute++;
        if (missed.relative) count.relative++;
        if (isKnown) count.known++;
      }
      if (scale > 1) process.stdout.write(`${scenario.name} ${experiments} ${JSON.stringify(count)}\n`);
      expect(count.absolute).toBeLessThanOrEqual(0.05 * experiments);
      expect(count.relative).toBeLessThanOrEqual(0.05 * experiments);
    },
    600_000,
  );
});

/** Users who order some time after their exposure, up to so many times: values that grow while one looks. */
const delayed = [
  { name: 'one order', treated: 0.5, ordering: 0.02, orders: 1, spread: 0 },
  { name: 'one order, 10 % of users', treated: 0.1, ordering: 0.02, orders: 1, spread: 0 },
  { name: 'five orders', treated: 0.5, ordering: 0.05, orders: 5, spread: 1 },
  { name: 'five orders, 10 % of users', treated: 0.1, ordering: 0.05, orders: 5, spread: 0.7 },
];

/** Whether an interval of 10,000 users, without an effect, ever excludes 0. */
const simulateDelayed = ({ treated, ordering, orders, spread }: (typeof delayed)[number], seed: number): boolean => {
  const random = createRandom(seed);
  const uniform = (): number => random.below(2 ** 32) / 2 ** 32;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const events = Array.from({ length: 10_000 }, () => {
    const user = { arm: uniform() < treated ? ('treatment' as const) : ('control' as const), value: 0 };
    let at = uniform();
    const own = [{ at, user, value: 0 }];
    // The users arrive in one unit of time, and are watched for two.
    for (let left = uniform() < ordering ? orders : 0; left > 0; left--) {
      at += -Math.log(1 - uniform()) / 2;
      if (at < 2) own.push({ at, user, value: Math.exp(spread * normal()) });
    }
    return own;
  }).flat();
  events.sort((a, b) => a.at - b.at);
  const arms = { treatment: createPowerSums(), control: createPowerSums() };
  return events.some(({ user, value }, index) => {
    arms[user.arm].change(user.value, user.value + value, value === 0);
    user.value += value;
    if (value === 0 && index % usersPerLook !== 0) return false;
    const { absolute, relative } = stratifiedDifference(
      [{ treatment: arms.treatment.now(), control: arms.control.now() }],
      { range: spread === 0 && orders === 1 ? 'BINARY' : 'ANY' },
    );
    return misses(absolute, 0) || misses(relative, 0);
  });
};

/** Moments of values that change. */
const createPowerSums = () => {
  let count = 0;
  const sums = [0, 0, 0, 0, 0];
  return {
    change(from: number, to: number, isNew: boolean): void {
      if (isNew) count++;
      for (let power = 1; power <= 4; power++) sums[power] = (sums[power] as number) + to ** power - from ** power;
    },
    now(): Moments {
      const [, mean, second, third, fourth] = sums.map((sum) => sum / Math.max(1, count)) as Powers;
      return {
        ...{ count, mean, variance: (Math.max(0, second - mean ** 2) * count) / Math.max(1, count - 1) },
        third: third - 3 * mean * second + 2 * mean ** 3,
        fourth: fourth - 4 * mean * third + 6 * mean ** 2 * second - 3 * mean ** 4,
      };
    },
  };
};
type Powers = [number, number, number, number, number];

describe('intervals of outcomes while orders come long after the exposure', () => {
  it.each(delayed)(
    'the intervals of 95 % hold no effect at all looks: $name',
    (scenario) => {
      const experiments = 20 * scale;
      let missed = 0;
      for (let seed = 0; seed < experiments; seed++) if (simulateDelayed(scenario, seed * 7919 + 3)) missed++;
      if (scale > 1) process.stdout.write(`${scenario.name} ${experiments} ${missed}\n`);
      expect(missed).toBeLessThanOrEqual(0.05 * experiments);
    },
    600_000,
  );
});
