import {
  type ReferenceLedger,
  type ReferenceRequest,
  referenceCrossovers,
  referenceEnrolled,
  referenceHolm,
  referenceMarketGaps,
  referenceMarkets,
  referencePlan,
  referenceRows,
  referenceShare,
  referenceShares,
  referenceSplit,
  referenceVariants,
} from './reference-experiment.ts';

/** The reference model of the monitor's checks, computed from lists without code of `src`. Silences have a separate test. */
export interface ReferenceLimits {
  readonly alpha: number;
  readonly deviationMin: number;
  readonly usersMin: number;
  readonly now: number;
}

type Rows = ReturnType<typeof referenceRows>;

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
const usersOf = (rows: Rows): number => new Set(rows.map(({ userId }) => userId)).size;

/** Compares all larger shares, equally probable, with the largest share that raises no alarm, by Simpson's rule. */
const exceeds = (count: number, total: number, alpha: number): boolean => {
  const max = 0.01;
  const [steps, width] = [2000, 1 - max];
  const log = (p: number) => (count === 0 ? 0 : count * Math.log(p / max)) + ratioOfRest(total - count, p, max);
  let sum = 0;
  for (let step = 0; step <= steps; step++) {
    const weight = step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2;
    sum += Math.exp(log(max + (width * step) / steps)) * weight;
  }
  return sum / steps / 3 >= 1 / alpha;
};
const ratioOfRest = (rest: number, p: number, max: number): number =>
  rest === 0 ? 0 : rest * Math.log((1 - p) / (1 - max));

export const referenceChecks = (ledger: ReferenceLedger, request: ReferenceRequest, limits: ReferenceLimits) => {
  const rows = referenceRows(ledger, request);
  const plan = referencePlan(ledger.plans, request.key);
  const split = referenceShares(plan, rows);
  const planMarkets = referenceMarkets(plan);
  const seen = distinct(rows.map(({ country }) => country));
  const markets = distinct([...planMarkets, ...seen]);
  const variants = distinct([...referenceVariants(plan), ...rows.map(({ variant }) => variant)]);
  const isRequested = (country: string | null) => request.country === undefined || country === request.country;
  const rowsOf = (country: string) => rows.filter((row) => row.country === country);
  const share = limits.alpha / 10;

  return { splits: splits(), gaps: gaps(), crossovers: crossovers(), unknown: unknown() };

  function splits() {
    const all = [null, ...markets].map((country) => ({
      country,
      ...referenceSplit(rows, split, country, limits.alpha),
    }));
    const users = ({ observed }: (typeof all)[number]) => observed.reduce((sum, each) => sum + each.users, 0);
    const tested = all.filter((each) => users(each) >= limits.usersMin);
    const ofMarkets = tested.filter(({ country }) => country !== null);
    const adjusted = referenceHolm(ofMarkets.map(({ pValue }) => pValue ?? 1));
    const pValues = tested.map(({ sequentialPValue }) => sequentialPValue ?? 1);
    const sequential = referenceHolm(pValues);
    return all
      .filter(({ country }) => (country === null ? request.country === undefined : isRequested(country)))
      .map((each) => {
        const index = tested.indexOf(each);
        const p = pValues[index] ?? 1;
        const isCertain = index >= 0 && (sequential[index] as number) <= limits.alpha;
        // Of equal p-values the first counts as the smaller. Where rounding decides the order, the time is not compared.
        const smaller = pValues.filter((other, at) => other < p || (other === p && at < index)).length;
        const isTie = pValues.some((other) => other !== p && Math.abs(other - p) < 1e-9);
        const line = limits.alpha / (pValues.length - smaller);
        const brokenSince = isCertain ? referenceSplit(rows, split, each.country, line).crossedAt : null;
        const isLarge = (each.maxDeviation ?? 0) >= limits.deviationMin;
        const verdict = index < 0 ? 'NOT_ENOUGH_DATA' : isCertain && isLarge ? 'BROKEN' : 'HEALTHY';
        const adjustedPValue = adjusted[ofMarkets.indexOf(each)] ?? each.pValue;
        return { ...each, adjustedPValue, verdict, brokenSince, isTie };
      });
  }

  function gaps() {
    const found: { kind: string; verdict: string; country: string; variant: string | null; since: number | null }[] =
      [];
    const earliest = (events: Rows) => events.reduce((least, { at }) => Math.min(least, at), Infinity);
    const verdictOfUnexpected = (few: number, all: number) =>
      exceeds(few, all, share / markets.length) ? 'BROKEN' : 'WATCH';
    const users = usersOf(rows);
    const marketGaps = referenceMarketGaps(plan, rows, limits.now);
    for (const [country, few] of marketGaps.missing) {
      const isBroken = few >= limits.usersMin * planMarkets.length;
      const verdict = isBroken ? 'BROKEN' : few >= limits.usersMin ? 'WATCH' : 'NOT_ENOUGH_DATA';
      found.push({ kind: 'MARKET_MISSING', verdict, country, variant: null, since: null });
    }
    for (const [country, few] of marketGaps.unexpected) {
      const verdict = verdictOfUnexpected(few, users);
      found.push({ kind: 'MARKET_UNEXPECTED', verdict, country, variant: null, since: earliest(rowsOf(country)) });
    }
    for (const country of seen)
      for (const variant of variants) {
        const own = rowsOf(country).filter((row) => row.variant === variant);
        const all = usersOf(rowsOf(country));
        const enrolled = referenceEnrolled(rows, split, country);
        const none = enrolled.reduce((p, row) => p * (1 - (split?.sharesOf(country, row.at).get(variant) ?? 0)), 1);
        if (own.length === 0) {
          if (none <= share / (markets.length * variants.length))
            found.push({ kind: 'VARIANT_MISSING', verdict: 'BROKEN', country, variant, since: null });
          continue;
        }
        if (!split || referenceVariants(plan).length === 0) continue;
        const isEver = plan.terms.some(({ from }) => split.sharesOf(country, from).has(variant));
        const firsts = referenceEnrolled(
          rows,
          { ...split, sharesOf: () => new Map(variants.map((name) => [name, 1])) },
          country,
        );
        const early = firsts.filter((row) => row.variant === variant && !split.sharesOf(country, row.at).has(variant));
        const users = isEver ? early.length : usersOf(own);
        if (users > 0) {
          const verdict = verdictOfUnexpected(users, all);
          found.push({ kind: 'VARIANT_UNEXPECTED', verdict, country, variant, since: earliest(own) });
        }
      }
    return found.filter(({ country }) => isRequested(country));
  }

  function crossovers() {
    return [null, ...markets].flatMap((country) => {
      const examples = referenceCrossovers(rows, country);
      if (country === null ? request.country !== undefined : !isRequested(country) || examples.length === 0) return [];
      const all = usersOf(country === null ? rows : rowsOf(country));
      const isMany = exceeds(examples.length, all, share / (1 + markets.length));
      const verdict = examples.length === 0 ? 'HEALTHY' : isMany ? 'BROKEN' : 'WATCH';
      return [{ country, verdict, users: examples.length, share: all === 0 ? 0 : examples.length / all, examples }];
    });
  }

  function unknown() {
    if (!isRequested('unknown')) return [];
    const own = rowsOf('unknown');
    const byVariant = variants.map((variant) => ({
      variant,
      users: usersOf(own.filter((row) => row.variant === variant)),
      expected: usersOf(own) * (referenceShare(rows, split, variant, { country: 'unknown', now: limits.now }) ?? 0),
    }));
    const users = usersOf(own);
    const isUneven = splits().some(({ country, verdict }) => country === 'unknown' && verdict === 'BROKEN');
    const verdict = isUneven ? 'BROKEN' : users > usersOf(rows) * 0.01 ? 'WATCH' : 'HEALTHY';
    return [{ country: request.country ?? null, verdict, users, events: own.length, byVariant }];
  }
};
