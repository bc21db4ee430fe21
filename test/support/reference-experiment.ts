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
  /** The number of the request that it was sent in. */
  readonly batch: number;
}

export interface ReferenceUser {
  readonly userId: string;
  readonly country: string | null;
  readonly gender: string | null;
}

export interface ReferenceAllocation {
  readonly variant: string;
  readonly weight: number;
  readonly isControl: boolean;
}

/** What is saved at once, at the time `savedAt`. */
export interface ReferenceRevision {
  readonly key: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly allocation: readonly ReferenceAllocation[];
  /** Null: the default. */
  readonly allocationFrom: number | null;
  readonly allocationByMarket: readonly {
    readonly country: string;
    readonly allocation: readonly ReferenceAllocation[];
  }[];
  readonly markets: readonly string[];
  readonly savedAt: number;
}

/** A plan after all of its revisions: what is in force from each time on, the earliest first. */
export interface ReferencePlan extends Pick<ReferenceRevision, 'key' | 'startedAt' | 'endedAt'> {
  readonly terms: readonly (Pick<ReferenceRevision, 'allocation' | 'allocationByMarket' | 'markets'> & {
    readonly from: number;
  })[];
}

export interface ReferenceLedger {
  readonly events: readonly ReferenceEvent[];
  readonly users: readonly ReferenceUser[];
  readonly plans: readonly ReferenceRevision[];
  readonly changes: readonly ReferenceChange[];
}

const noTerms = { from: -Infinity, allocation: [], allocationByMarket: [], markets: [] };

/** The current plans in the order in which their keys were first saved. */
export const referencePlans = (revisions: readonly ReferenceRevision[]): ReferencePlan[] => {
  const plans = new Map<string, ReferencePlan>();
  for (const { key, startedAt, endedAt, savedAt, allocationFrom, ...rest } of revisions) {
    const before = plans.get(key);
    const hasStarted = before !== undefined && before.startedAt !== null && before.startedAt <= savedAt;
    const from = before === undefined ? -Infinity : (allocationFrom ?? (hasStarted ? savedAt : -Infinity));
    const { allocation, allocationByMarket, markets } = rest;
    const kept = from === -Infinity ? [] : (before?.terms.filter((term) => term.from !== from) ?? []);
    const all = [...kept, { from, allocation, allocationByMarket, markets }].sort((a, b) => a.from - b.from);
    const text = (term: (typeof all)[number]) => JSON.stringify({ ...term, from: 0 });
    const terms = all.filter((term, index) => index === 0 || text(term) !== text(all[index - 1] as typeof term));
    plans.set(key, { key, startedAt, endedAt, terms });
  }
  return [...plans.values()];
};

export const referencePlan = (revisions: readonly ReferenceRevision[], key: string): ReferencePlan =>
  referencePlans(revisions).find((plan) => plan.key === key) ?? {
    key,
    startedAt: null,
    endedAt: null,
    terms: [noTerms],
  };

const termsAt = ({ terms }: ReferencePlan, at: number) =>
  terms.filter(({ from }) => from <= at).at(-1) as ReferencePlan['terms'][number];

const allocationsOf = (terms: ReferencePlan['terms'][number]) => [
  terms.allocation,
  ...terms.allocationByMarket.map(({ allocation }) => allocation),
];

/** What is in force at some time of the experiment: not what ends before its start, or would begin after its end. */
const termsInPeriod = ({ terms, startedAt, endedAt }: ReferencePlan) =>
  terms.filter(
    ({ from }, index) =>
      (terms[index + 1]?.from ?? Infinity) > (startedAt ?? -Infinity) && from < (endedAt ?? Infinity),
  );

/** All variants that a plan ever names. */
export const referenceVariants = (plan: ReferencePlan): string[] => [
  ...new Set(
    termsInPeriod(plan)
      .toReversed()
      .flatMap(allocationsOf)
      .flat()
      .map(({ variant }) => variant),
  ),
];

/** What the others are compared with: the newest control of a phase in the period, or else the first of the newest phase. */
export const referenceControl = (plan: ReferencePlan): string | undefined => {
  const allocated = termsInPeriod(plan).toReversed().flatMap(allocationsOf).flat();
  return (allocated.find(({ isControl }) => isControl) ?? allocated[0])?.variant;
};
export const referenceMarkets = (plan: ReferencePlan): string[] => [
  ...new Set(termsInPeriod(plan).flatMap(({ markets }) => markets)),
];

const isIn = ({ startedAt, endedAt }: ReferencePlan, at: number): boolean =>
  (startedAt ?? -Infinity) <= at && at < (endedAt ?? Infinity);

/** The experiment that an event belongs to by the current plans. */
const experimentKeyOf = (plans: readonly ReferencePlan[], { experiment, at, variant }: ReferenceEvent): string => {
  if (experiment !== null) return experiment;
  const running = plans.filter((plan) => plan.startedAt !== null && isIn(plan, at));
  const naming = running.filter((plan) =>
    allocationsOf(termsAt(plan, at)).some((allocation) => allocation.some((each) => each.variant === variant)),
  );
  const candidates = naming.length > 0 ? naming : running;
  let latest: ReferencePlan | undefined;
  for (const plan of candidates) if (!latest || (plan.startedAt ?? 0) >= (latest.startedAt ?? 0)) latest = plan;
  return latest?.key ?? 'default';
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

/**
 * The events of an experiment that count, of every country, with the countries of their users. In a span only those of users
 * who were first seen in it; the others are returning.
 */
export const referenceRows = (ledger: ReferenceLedger, { key, from, to }: ReferenceRequest) => {
  const [known, current] = [usersById(ledger.users), referencePlans(ledger.plans)];
  const plan = referencePlan(ledger.plans, key);
  const counted = ledger.events
    .filter((event) => experimentKeyOf(current, event) === key && isIn(plan, event.at))
    .map((event) => ({ ...event, country: known.get(event.userId)?.country ?? 'unknown' }));
  const isInSpan = ({ at }: { at: number }): boolean => at >= (from ?? -Infinity) && at < (to ?? Infinity);
  const firsts = firstOf(counted);
  return counted.filter((event) => isInSpan(event) && isInSpan(firsts.get(event.userId) as ReferenceRow));
};

/** Users with events in a span who were first seen before it. */
export const referenceReturning = (ledger: ReferenceLedger, request: ReferenceRequest): number => {
  const { key, from = -Infinity, to = Infinity } = request;
  const all = referenceRows(ledger, { key });
  const here = new Set(referenceRows(ledger, request).map(({ userId }) => userId));
  const others = all.filter(({ at, userId }) => at >= from && at < to && !here.has(userId));
  return new Set(others.map(({ userId }) => userId)).size;
};

/** Events of an experiment outside of its period. */
export const referenceOutside = ({ events, plans }: ReferenceLedger, { key, from, to }: ReferenceRequest): number => {
  const plan = referencePlan(plans, key);
  const isInSpan = ({ at }: { at: number }): boolean => at >= (from ?? -Infinity) && at < (to ?? Infinity);
  const own = events.filter((event) => experimentKeyOf(referencePlans(plans), event) === key && isInSpan(event));
  return own.filter(({ at }) => !isIn(plan, at)).length;
};

type ReferenceRow = ReferenceEvent & { readonly country: string };

/** The earliest event of each user by its own time; of equal times the one that was recorded first. */
const firstOf = (rows: readonly ReferenceRow[]): Map<string, ReferenceRow> => {
  const firsts = new Map<string, ReferenceRow>();
  for (const row of rows) {
    const first = firsts.get(row.userId);
    if (!first || row.at < first.at) firsts.set(row.userId, row);
  }
  return firsts;
};

/**
 * Users by market: of markets that are planned but have no events, those first seen in the phases that plan it; and those first
 * seen in a phase that plans other markets. A phase without markets plans all of them.
 */
export const referenceMarketGaps = (plan: ReferencePlan, rows: readonly ReferenceRow[], now: number) => {
  const phases = termsInPeriod(plan);
  const phaseOf = (at: number) =>
    Math.max(
      0,
      phases.findLastIndex(({ from }) => from <= at),
    );
  const firsts = [...firstOf(rows).values()].map((row) => ({ country: row.country, phase: phaseOf(row.at) }));
  const missing = new Map<string, number>();
  const unexpected = new Map<string, number>();
  const add = (counts: Map<string, number>, country: string, users: number) =>
    counts.set(country, (counts.get(country) ?? 0) + users);
  phases.forEach(({ from, markets }, phase) => {
    const ofPhase = firsts.filter((first) => first.phase === phase);
    if (phase === 0 || from <= now)
      for (const country of markets)
        if (rows.every((row) => row.country !== country)) add(missing, country, ofPhase.length);
    if (markets.length > 0)
      for (const { country } of ofPhase)
        if (country !== 'unknown' && !markets.includes(country)) add(unexpected, country, 1);
  });
  return { missing, unexpected };
};

/** Without a plan, variants with less than 1 % of the users are no arms. */
const armsOf = (rows: readonly ReferenceRow[]): string[] => {
  const users = (few: readonly ReferenceRow[]) => new Set(few.map(({ userId }) => userId)).size;
  const seen = [...new Set(rows.map(({ variant }) => variant))];
  return seen.filter((variant) => users(rows.filter((row) => row.variant === variant)) >= 0.01 * users(rows));
};

/** The shares by which a user of a country is judged who is first seen at a time. */
export type ReferenceShares = (country: string, at: number) => ReadonlyMap<string, number>;

/** The names of the variants under test and their shares; null while there are fewer than two variants. */
export const referenceShares = (plan: ReferencePlan, rows: readonly ReferenceRow[]) => {
  const arms = armsOf(rows);
  const isOpen = plan.terms.some(({ allocation }) => allocation.length === 0);
  const variants = [...new Set([...referenceVariants(plan), ...(isOpen ? arms : [])])];
  if (variants.length < 2) return null;
  const equal = (arms.length > 1 ? arms : variants).map((variant) => ({ variant, weight: 1 }));
  const sharesOf: ReferenceShares = (country, at) => {
    const terms = termsAt(plan, at);
    const own = terms.allocationByMarket.find((each) => each.country === country)?.allocation ?? terms.allocation;
    const weights = own.length > 0 ? own : equal;
    const sum = weights.reduce((total, { weight }) => total + weight, 0);
    return new Map(weights.map(({ variant, weight }) => [variant, weight / sum]));
  };
  return { variants, sharesOf };
};

export type ReferenceSplitPlan = NonNullable<ReturnType<typeof referenceShares>>;

/** The users who take part in the test, each with the first event, of one country or of all for null. */
export const referenceEnrolled = (
  rows: readonly ReferenceRow[],
  split: ReferenceSplitPlan | null,
  country: string | null,
) =>
  [...firstOf(rows).values()].filter(
    (row) => (country === null || row.country === country) && split?.sharesOf(row.country, row.at).has(row.variant),
  );

/** A variant's expected part of the users of a country, or of all users for null; null when it is not planned. */
export const referenceShare = (
  rows: readonly ReferenceRow[],
  split: ReferenceSplitPlan | null,
  variant: string,
  { country, now }: { readonly country: string | null; readonly now: number },
): number | null => {
  if (!split) return null;
  const enrolled = referenceEnrolled(rows, split, country);
  const expected = enrolled.reduce((sum, row) => sum + (split.sharesOf(row.country, row.at).get(variant) ?? 0), 0);
  return expected > 0 ? expected / enrolled.length : (split.sharesOf(country ?? '', now).get(variant) ?? null);
};

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

export const referenceExposures = (ledger: ReferenceLedger, request: ReferenceRequest, now: number) => {
  const rows = referenceRows(ledger, request);
  const plan = referencePlan(ledger.plans, request.key);
  const split = referenceShares(plan, rows);
  const countries = distinct([...referenceMarkets(plan), ...rows.map(({ country }) => country)]);
  const variants = distinct([...referenceVariants(plan), ...rows.map(({ variant }) => variant)]);
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
        expectedShare: referenceShare(rows, split, cell.variant, { country, now }),
      }));
    });
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

/**
 * How the users of a country, or all users for null, are split. Users count in the order in which their first rows arrived:
 * request after request, and within a request by time. The e-value is looked at after every distinct time of a request.
 */
export const referenceSplit = (
  rows: readonly ReferenceRow[],
  split: ReferenceSplitPlan | null,
  country: string | null,
  alpha: number,
): ReferenceSplit => {
  const variants = split?.variants ?? [];
  const enrolled = new Map(referenceEnrolled(rows, split, country).map((row) => [row.userId, row]));
  const arrived = rows.toSorted((a, b) => a.batch - b.batch || a.at - b.at);
  const sharesOf = (row: ReferenceRow) => (split as ReferenceSplitPlan).sharesOf(row.country, row.at);
  const seen = new Set<string>();
  const judged: ReferenceRow[] = [];
  let [sequentialPValue, crossedAt] = [1, null as number | null];
  for (const [index, row] of arrived.entries()) {
    const own = enrolled.get(row.userId);
    if (own && !seen.has(row.userId)) judged.push(own);
    seen.add(row.userId);
    const next = arrived[index + 1];
    if (judged.length === 0 || (next && next.batch === row.batch && next.at === row.at)) continue;
    sequentialPValue = Math.min(sequentialPValue, Math.exp(-logEValue(judged, sharesOf)));
    if (sequentialPValue <= alpha) crossedAt ??= (judged.at(-1) as ReferenceRow).at;
  }
  const observed = variants.map((variant) => ({
    variant,
    users: judged.filter((row) => row.variant === variant).length,
    expected: judged.reduce((sum, row) => sum + (sharesOf(row).get(variant) ?? 0), 0),
  }));
  if (judged.length === 0) return { observed, ...untested };
  const planned = observed.filter(({ expected }) => expected > 0);
  const chiSquared = planned.reduce((sum, { users, expected }) => sum + (users - expected) ** 2 / expected, 0);
  const pValue = chiSquaredTail(chiSquared, planned.length - 1);
  const deviationOf = (of: readonly ReferenceRow[]) =>
    variants.map((variant) => {
      const expected = of.reduce((sum, row) => sum + (sharesOf(row).get(variant) ?? 0), 0);
      return Math.abs(of.filter((row) => row.variant === variant).length - expected) / of.length;
    });
  const certain = strataOf(judged, sharesOf).filter((stratum) => logEValue(stratum, sharesOf) >= -Math.log(alpha));
  const maxDeviation = Math.max(...[judged, ...certain].flatMap(deviationOf));
  return { observed, chiSquared, pValue, sequentialPValue, crossedAt, maxDeviation };
};

type SharesOf = (row: ReferenceRow) => ReadonlyMap<string, number>;

/** Users who are judged by the same shares. */
const strataOf = (rows: readonly ReferenceRow[], sharesOf: SharesOf): ReferenceRow[][] => {
  const strata = new Map<string, ReferenceRow[]>();
  for (const row of rows) {
    const text = [...sharesOf(row)]
      .map(([variant, share]) => `${variant} ${share.toPrecision(12)}`)
      .sort()
      .join();
    strata.set(text, [...(strata.get(text) ?? []), row]);
  }
  return [...strata.values()];
};

const logEValue = (rows: readonly ReferenceRow[], sharesOf: SharesOf): number =>
  strataOf(rows, sharesOf).reduce((sum, stratum) => {
    const shares = sharesOf(stratum[0] as ReferenceRow);
    const counts = new Map(
      [...shares.keys()].map((name) => [name, stratum.filter((row) => row.variant === name).length]),
    );
    return sum + logBayesFactor(counts, shares);
  }, 0);

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
  /** The time of the first event. */
  readonly at: number;
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
    users.push({ variant: first.variant, market: first.country, at: first.at, value: values[metric] });
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
