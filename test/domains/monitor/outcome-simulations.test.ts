import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import type { ConfidenceInterval } from '../../../src/lib/statistics/confidence-sequence.ts';
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
  ...[valued(0.5), valued(0.1), valued(0.9), valued(0.5, 1.2), valued(0.1, 1.2)],
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
      { isNonNegative: true },
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
