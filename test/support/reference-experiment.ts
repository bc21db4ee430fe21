import { type ReferenceChange, referenceStatus } from './reference-transactions.ts';

/** The reference model of experiments: lists in the order of recording, searched again for each request, without code of `src`. */
export interface ReferenceEvent {
  readonly eventId: string | null;
  readonly experiment: string | null;
  readonly userId: string;
  readonly variant: string;
  readonly accountType: string;
  readonly eventType: string | null;
  /** Microseconds. */
  readonly at: number;
  /** Millionths. */
  readonly micros: bigint | null;
}

export interface ReferenceUser {
  readonly userId: string;
  readonly country: string | null;
  readonly gender: string | null;
}

export interface ReferencePlan {
  readonly key: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly allocation: readonly { readonly variant: string; readonly weight: number; readonly isControl: boolean }[];
  readonly markets: readonly string[];
}

export interface ReferenceLedger {
  readonly events: readonly ReferenceEvent[];
  readonly users: readonly ReferenceUser[];
  readonly plans: readonly ReferencePlan[];
  readonly changes: readonly ReferenceChange[];
}

const noPlan = { startedAt: null, endedAt: null, allocation: [], markets: [] };

/** The current plans in the order of saving; saving an unchanged plan has no effect. */
export const referencePlans = (plans: readonly ReferencePlan[]): ReferencePlan[] => {
  let current: ReferencePlan[] = [];
  for (const plan of plans) {
    const known = current.find(({ key }) => key === plan.key);
    if (JSON.stringify(known) !== JSON.stringify(plan))
      current = [...current.filter(({ key }) => key !== plan.key), plan];
  }
  return current;
};

export const referencePlan = (plans: readonly ReferencePlan[], key: string): ReferencePlan =>
  referencePlans(plans).find((plan) => plan.key === key) ?? { key, ...noPlan };

/** The experiment that an event belongs to by the current plans. */
const experimentKeyOf = (current: readonly ReferencePlan[], { experiment, at }: ReferenceEvent): string => {
  const active = current.filter(
    ({ startedAt, endedAt }) => (startedAt ?? -Infinity) <= at && at < (endedAt ?? Infinity),
  );
  return experiment ?? active.at(-1)?.key ?? 'default';
};

/** The last row of each user, by user. */
const usersById = (users: readonly ReferenceUser[]): Map<string, ReferenceUser> =>
  new Map(users.map((user) => [user.userId, user]));

export type ReferenceValues = Readonly<Record<string, string | number>>;

/** The values of an event in every dimension except the period. */
export const referenceValues = ({ users, plans, changes }: Omit<ReferenceLedger, 'events'>) => {
  const [known, current] = [usersById(users), referencePlans(plans)];
  return (event: ReferenceEvent, validAt: number | null = null): ReferenceValues => ({
    USER: event.userId,
    USER_STATUS: referenceStatus(changes, event.userId, validAt ?? event.at),
    COUNTRY: known.get(event.userId)?.country ?? 'unknown',
    GENDER: known.get(event.userId)?.gender ?? 'unknown',
    VARIANT: event.variant,
    ACCOUNT_TYPE: event.accountType,
    EVENT_TYPE: event.eventType ?? 'unknown',
    EXPERIMENT: experimentKeyOf(current, event),
  });
};

export interface ReferenceRequest {
  readonly key: string;
  readonly country?: string | undefined;
  readonly from?: number;
  readonly to?: number;
}

/** The events of an experiment in a span, of every country, with the countries of their users. */
export const referenceRows = ({ events, users, plans }: ReferenceLedger, { key, from, to }: ReferenceRequest) => {
  const [known, current] = [usersById(users), referencePlans(plans)];
  return events
    .filter((event) => experimentKeyOf(current, event) === key)
    .filter(({ at }) => at >= (from ?? -Infinity) && at < (to ?? Infinity))
    .map((event) => ({ ...event, country: known.get(event.userId)?.country ?? 'unknown' }));
};

type ReferenceRow = ReturnType<typeof referenceRows>[number];

/** The variants that take part in the split and their shares; null while there are fewer than two. */
export const referenceShares = (plan: ReferencePlan, rows: readonly ReferenceRow[]): Map<string, number> | null => {
  const seen = [...new Set(rows.map(({ variant }) => variant))];
  const allocation =
    plan.allocation.length > 0 ? plan.allocation : seen.map((variant) => ({ variant, weight: 1, isControl: false }));
  const sum = allocation.reduce((total, { weight }) => total + weight, 0);
  return allocation.length < 2 ? null : new Map(allocation.map(({ variant, weight }) => [variant, weight / sum]));
};

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

export const referenceExposures = (ledger: ReferenceLedger, request: ReferenceRequest) => {
  const rows = referenceRows(ledger, request);
  const plan = referencePlan(ledger.plans, request.key);
  const shares = referenceShares(plan, rows);
  const countries = distinct([...plan.markets, ...rows.map(({ country }) => country)]);
  const variants = distinct([...plan.allocation.map(({ variant }) => variant), ...rows.map(({ variant }) => variant)]);
  return countries
    .filter((country) => request.country === undefined || country === request.country)
    .flatMap((country) => {
      const cells = variants.map((variant) => {
        const found = rows.filter((row) => row.country === country && row.variant === variant);
        return { variant, eventCount: found.length, userCount: new Set(found.map(({ userId }) => userId)).size };
      });
      const exposed = cells.reduce((sum, { userCount }) => sum + userCount, 0);
      return cells.map((cell) => ({
        country,
        ...cell,
        share: exposed === 0 ? 0 : cell.userCount / exposed,
        expectedShare: shares?.get(cell.variant) ?? null,
      }));
    });
};

/** The first event of each user, in the order of recording. */
const firstRows = (rows: readonly ReferenceRow[]): ReferenceRow[] => {
  const seen = new Set<string>();
  return rows.filter(({ userId }) => !seen.has(userId) && seen.add(userId));
};

export interface ReferenceSplit {
  readonly observed: { readonly variant: string; readonly users: number; readonly expected: number }[];
  readonly chiSquared: number | null;
  readonly pValue: number | null;
  readonly sequentialPValue: number | null;
  /** The time of the event with which the sequential p-value fell to alpha. */
  readonly crossedAt: number | null;
  readonly maxDeviation: number | null;
}

/** How the users of a country, or all users for null, are split among the variants of the plan. */
export const referenceSplit = (
  rows: readonly ReferenceRow[],
  shares: ReadonlyMap<string, number>,
  country: string | null,
  alpha: number,
): ReferenceSplit => {
  const first = firstRows(rows).filter(
    (row) => shares.has(row.variant) && (country === null || row.country === country),
  );
  const counts = new Map([...shares.keys()].map((variant) => [variant, 0]));
  let [sequentialPValue, crossedAt] = [1, null as number | null];
  for (const { variant, at } of first) {
    counts.set(variant, (counts.get(variant) as number) + 1);
    sequentialPValue = Math.min(sequentialPValue, Math.exp(-logBayesFactor(counts, shares)));
    if (sequentialPValue <= alpha) crossedAt ??= at;
  }
  const users = first.length;
  const observed = [...shares].map(([variant, share]) => {
    return { variant, users: counts.get(variant) as number, expected: users * share };
  });
  if (users === 0) return { observed, ...untested };
  const chiSquared = observed.reduce((sum, { users: n, expected }) => sum + (n - expected) ** 2 / expected, 0);
  const maxDeviation = Math.max(...observed.map(({ users: n, expected }) => Math.abs(n - expected) / users));
  const pValue = chiSquaredTail(chiSquared, shares.size - 1);
  return { observed, chiSquared, pValue, sequentialPValue, crossedAt, maxDeviation };
};

const untested = { chiSquared: null, pValue: null, sequentialPValue: null, crossedAt: null, maxDeviation: null };

/** Lindon & Malek's Bayes factor from counts alone, with the concentration of docs/decisions/0008. */
const logBayesFactor = (counts: ReadonlyMap<string, number>, shares: ReadonlyMap<string, number>): number => {
  const concentration = 400;
  let [log, total] = [logGamma(concentration), 0];
  for (const [variant, count] of counts) {
    const share = shares.get(variant) as number;
    log += logGamma(concentration * share + count) - logGamma(concentration * share) - count * Math.log(share);
    total += count;
  }
  return log - logGamma(concentration + total);
};

/** Stirling's series, shifted to where it is exact enough. */
const logGamma = (x: number): number => {
  let [shifted, log] = [x, 0];
  for (; shifted < 20; shifted++) log -= Math.log(shifted);
  const r = 1 / shifted ** 2;
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r / 1680))) / shifted;
  return log + (shifted - 0.5) * Math.log(shifted) - shifted + Math.log(2 * Math.PI) / 2 + series;
};

/** The upper tail of chi-squared: for 1 and 2 degrees of freedom by definition, two more at a time by parts. */
const chiSquaredTail = (x: number, degreesOfFreedom: number): number => {
  if (degreesOfFreedom === 1) return erfc(Math.sqrt(x / 2));
  if (degreesOfFreedom === 2) return Math.exp(-x / 2);
  const a = degreesOfFreedom / 2;
  const term = Math.exp((a - 1) * Math.log(x / 2) - x / 2 - logGamma(a));
  return chiSquaredTail(x, degreesOfFreedom - 2) + (x === 0 ? 0 : term);
};

/** 2 / √π ∫ exp(-t²) from x on, by Simpson's rule. */
const erfc = (x: number): number => {
  const [steps, width] = [20_000, 12];
  let sum = 0;
  for (let step = 0; step <= steps; step++) {
    const t = x + (width * step) / steps;
    sum += Math.exp(-t * t) * (step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2);
  }
  return ((2 / Math.sqrt(Math.PI)) * sum * width) / steps / 3;
};

/** Holm's correction straight from its definition. */
export const referenceHolm = (pValues: readonly number[]): number[] =>
  pValues.map((pValue, index) => {
    const rankOf = (other: number) =>
      pValues.filter((p, at) => p < (pValues[other] as number) || (p === pValues[other] && at < other)).length;
    const upTo = pValues.map((_, other) => other).filter((other) => rankOf(other) <= rankOf(index));
    const scaled = upTo.map((other) => (pValues[other] as number) * (pValues.length - rankOf(other)));
    return pValue > 1 ? Number.NaN : Math.min(1, Math.max(...scaled));
  });

/** Users with events in several variants, in the order of their second variant. */
export const referenceCrossovers = (rows: readonly ReferenceRow[], country: string | null): string[] => {
  const variantOf = new Map<string, string>();
  const found = new Set<string>();
  for (const { userId, variant } of rows) {
    if (variant !== (variantOf.get(userId) ?? variant)) found.add(userId);
    variantOf.set(userId, variantOf.get(userId) ?? variant);
  }
  const countryOf = new Map(rows.map((row) => [row.userId, row.country]));
  return [...found].filter((userId) => country === null || countryOf.get(userId) === country);
};

export type ReferenceMetric = 'ORDER_VALUE_PER_USER' | 'ORDERS_PER_USER' | 'CONVERSION';

/** What the values of a metric can be. */
export const referenceRanges = {
  ORDER_VALUE_PER_USER: 'ANY',
  ORDERS_PER_USER: 'NON_NEGATIVE',
  CONVERSION: 'BINARY',
} as const;

export interface ReferenceOutcomeRequest {
  readonly metric: ReferenceMetric;
  readonly eventTypes: readonly string[] | null;
  readonly cap: number | null;
  readonly byMarket: boolean;
}

/** A user who saw one variant, with the value of a metric. */
export interface ReferenceUserOutcome {
  readonly variant: string;
  readonly market: string;
  readonly value: number;
}

/** The values of a metric of the users who saw one variant, capped, and the first variants of all other users. */
export const referenceOutcomes = (rows: readonly ReferenceRow[], request: ReferenceOutcomeRequest) => {
  const { metric, eventTypes, cap } = request;
  const byUser = new Map<string, ReferenceRow[]>();
  for (const row of rows) byUser.set(row.userId, [...(byUser.get(row.userId) ?? []), row]);
  const users: ReferenceUserOutcome[] = [];
  const crossovers: string[] = [];
  for (const own of byUser.values()) {
    const [first] = [...own].sort((a, b) => a.at - b.at) as [ReferenceRow];
    if (own.some(({ variant }) => variant !== first.variant)) {
      crossovers.push(first.variant);
      continue;
    }
    const refunds = own.filter(({ micros }) => micros !== null && micros < 0n);
    const orders = own.filter((row) =>
      eventTypes === null
        ? (row.micros ?? 0n) > 0n
        : eventTypes.includes(row.eventType ?? 'unknown') && !refunds.includes(row),
    );
    const total = [...orders, ...refunds].reduce((sum, { micros }) => sum + (micros ?? 0n), 0n);
    const values = {
      ORDER_VALUE_PER_USER: Number(total) / 1e6,
      ORDERS_PER_USER: orders.length,
      CONVERSION: Math.sign(orders.length),
    };
    users.push({ variant: first.variant, market: first.country, value: values[metric] });
  }
  const sorted = users.map(({ value }) => value).sort((a, b) => a - b);
  const cappedAt = sorted.find((_, index) => cap !== null && index + 1 >= cap * sorted.length) ?? null;
  const capped = users.map((user) => ({ ...user, value: Math.min(user.value, cappedAt ?? Infinity) }));
  return { users: capped, crossovers, cappedAt };
};

/** The moments of values by their definitions. */
export const referenceMoments = (values: readonly number[]) => {
  const count = values.length;
  const mean = count === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / count;
  const sumOf = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0);
  const per = Math.max(1, count);
  return {
    ...{ count, mean, variance: count < 2 ? 0 : sumOf(2) / (count - 1) },
    ...{ third: sumOf(3) / per, fourth: sumOf(4) / per },
  };
};
