import { DomainError } from '../../errors.ts';
import { cooperativeSort } from '../../indices/cooperative-sort.ts';
import { sharesOfPlanned } from '../../lib/statistics/plan.ts';
import { type ShareBand, shareBand } from '../../lib/statistics/share-band.ts';
import { upperBound } from '../../lib/upper-bound.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { sampleRatios } from './sample-ratio.ts';
import type { ReportSources } from './snapshot.ts';
import type { SplitPlan } from './split-plan.ts';

/** A variant's part of the users so far. */
export interface CumulativeShare extends ShareBand {
  readonly variant: string;
  readonly users: number;
  readonly share: number;
  /** By the shares in force when each of the users was first seen. */
  readonly expectedShare: number;
}

export interface ShareTrendPoint {
  /** The time of the first event of the last of the users, microseconds. */
  readonly atUs: number;
  readonly users: number;
  readonly shares: readonly CumulativeShare[];
}

/** How the users of a market, or all users for null, came to be split as they are. */
export interface ShareTrend {
  readonly country: string | null;
  /** The probability, at most, that the share of a variant that is split as planned ever leaves its band. */
  readonly alpha: number;
  /** As the check of the split says: the time of the event with which the sequential test was crossed. */
  readonly brokenSinceUs: number | null;
  readonly points: readonly ShareTrendPoint[];
}

export interface ShareTrendRequest {
  /** Default: the market of the report, or all users. */
  readonly country?: string | undefined;
  /** At most so many points, at least 2. */
  readonly points: number;
}

/** Users counted without looking at the clock. */
const usersPerSlice = 4096;
const pointsMin = 2;

/** The users under test: by user, the time of the first event and the index of stratum × variants + variant. */
interface TestedUsers {
  readonly times: Float64Array;
  readonly cells: Uint32Array;
}

/**
 * The cumulative shares in the order in which users were first seen, by their own time, with the bands of the sequential test.
 * The users are read when this is called, before the first wait, so the sources must be as the snapshot has them.
 *
 * The test counts users in the order in which they arrived. Where that is another order, because of late events or files of
 * earlier days, a line may leave its band at another time than `brokenSinceUs`; both keep their promise, because in either
 * order the variant of a user does not depend on those before.
 *
 * Throws BAD_REQUEST for fewer than two points and for a market that the report leaves out, LIMIT_EXCEEDED for more than
 * `shareTrendPointsMax` points.
 */
export const shareTrendOf = async (sources: ReportSources, request: ShareTrendRequest): Promise<ShareTrend> => {
  const { snapshot } = sources;
  const country = countryOf(sources, request);
  checkPoints(request.points, snapshot.limits.shareTrendPointsMax);
  const { all, markets } = sampleRatios(snapshot);
  const ratio = country === null ? all : markets.find((market) => market.country === country);
  const [alpha, brokenSinceUs] = [ratio?.alpha ?? snapshot.limits.monitorAlpha, ratio?.brokenSinceUs ?? null];
  const { split } = snapshot;
  if (!split) return { country, alpha, brokenSinceUs, points: [] };
  const tested = await inOrder(testedUsers(sources, split, country), sources.work);
  const ends = pointEnds(tested.times, request.points, brokenSinceUs);
  return { country, alpha, brokenSinceUs, points: await pointsAt(ends, { tested, split, alpha, work: sources.work }) };
};

const countryOf = ({ snapshot }: ReportSources, { country }: ShareTrendRequest): string | null => {
  if (country === undefined || snapshot.country === undefined || country === snapshot.country)
    return country ?? snapshot.country ?? null;
  throw new DomainError('BAD_REQUEST', `country must be ${snapshot.country}, the market of the monitor, or absent`);
};

const checkPoints = (points: number, pointsMax: number): void => {
  if (points < pointsMin) throw new DomainError('BAD_REQUEST', `points must be at least ${pointsMin}`);
  if (points > pointsMax)
    throw new DomainError('LIMIT_EXCEEDED', `points must be at most ${pointsMax} (setting shareTrendPointsMax)`);
};

/** Copied in one go: later events change what is known of users. */
const testedUsers = (
  { services, snapshot, events }: ReportSources,
  { variants }: SplitPlan,
  country: string | null,
): TestedUsers => {
  const { users, splits } = events;
  const code = country === null ? null : (services.users.countries.names.codeOf(country) ?? -1);
  const times = new Float64Array(snapshot.userCount);
  const cells = new Uint32Array(snapshot.userCount);
  let count = 0;
  for (let index = 0; index < snapshot.userCount; index++) {
    const cell = splits?.cellOf(index);
    if (!cell || (code !== null && users.countryAt(index) !== code)) continue;
    times[count] = users.firstAtUs(index);
    cells[count++] = cell.stratum * variants.length + cell.variant;
  }
  return { times: times.subarray(0, count), cells: cells.subarray(0, count) };
};

/** The users by the time of their first event. Users mostly arrive in that order, and are not sorted then. */
const inOrder = async ({ times, cells }: TestedUsers, work: Work): Promise<TestedUsers> => {
  if (times.every((time, index) => index === 0 || (times[index - 1] as number) <= time)) return { times, cells };
  const compare = (a: number, b: number): number => (times[a] as number) - (times[b] as number);
  const order = await cooperativeSort(
    Uint32Array.from(times, (_, index) => index),
    compare,
    createYielder(work),
  );
  return {
    times: Float64Array.from(order, (user) => times[user] as number),
    cells: order.map((user) => cells[user] as number),
  };
};

/**
 * How many users each point counts, ascending: in even steps, the last point counts all. Users who were first seen at the same
 * time are in the same point. One point is at the time of the crossing.
 */
const pointEnds = (times: Float64Array, points: number, brokenSinceUs: number | null): number[] => {
  const usersUpTo = (atUs: number): number => upperBound(times, atUs, 0, times.length);
  const crossing = brokenSinceUs === null ? 0 : usersUpTo(brokenSinceUs);
  const ends = new Set(crossing > 0 ? [crossing] : []);
  const steps = points - ends.size;
  for (let step = 1; step <= steps && times.length > 0; step++)
    ends.add(usersUpTo(times[Math.max(0, Math.ceil((step * times.length) / steps) - 1)] as number));
  return [...ends].sort((a, b) => a - b);
};

interface PointSources {
  readonly tested: TestedUsers;
  readonly split: SplitPlan;
  readonly alpha: number;
  readonly work: Work;
}

const pointsAt = async (
  ends: readonly number[],
  { tested: { times, cells }, split, alpha, work }: PointSources,
): Promise<ShareTrendPoint[]> => {
  const { variants, strata } = split;
  const shares = strata.map((weights) => sharesOfPlanned(weights));
  const counts = new Float64Array(strata.length * variants.length);
  const ofStrata = strata.map(() => 0);
  const points: ShareTrendPoint[] = [];
  const yieldIfDue = createYielder(work);
  let position = 0;
  for (const end of ends) {
    for (; position < end; position++) {
      if (position % usersPerSlice === 0) await yieldIfDue();
      const cell = cells[position] as number;
      counts[cell] = (counts[cell] as number) + 1;
      const stratum = Math.floor(cell / variants.length);
      ofStrata[stratum] = (ofStrata[stratum] as number) + 1;
    }
    await yieldIfDue();
    const bandStrata = strata.map((_, stratum) => ({
      shares: shares[stratum] as Float64Array,
      count: ofStrata[stratum] as number,
    }));
    const shareOf = (variant: string, index: number): CumulativeShare => {
      const users = strata.reduce((sum, _, stratum) => sum + (counts[stratum * variants.length + index] as number), 0);
      const expected = bandStrata.reduce((sum, each) => sum + each.count * (each.shares[index] as number), 0);
      const band = shareBand(bandStrata, index, { alpha });
      return { variant, users, share: users / end, expectedShare: expected / end, ...band };
    };
    points.push({ atUs: times[end - 1] as number, users: end, shares: variants.map(shareOf) });
  }
  return points;
};
