import { DomainError } from '../../errors.ts';
import { createNumberTable } from '../../indices/number-table.ts';
import { compareTexts } from '../../lib/compare.ts';
import { createPeriods, type Grain } from '../../lib/periods.ts';
import type { PassScope, TrendCounts } from './event-passes.ts';
import { type ScannedEvents, scanEvents } from './scan-events.ts';
import { type ReportSources, scopeOf } from './snapshot.ts';

interface PointCounts {
  events: number;
  late: number;
  newUsers: number;
}

/** By the start of the period, then by country and variant as one number. */
type Points = Map<number, Map<number, PointCounts>>;

const codeLimit = 2 ** 26;

/** Points of a pass, while they are counted. */
export interface PointRequest {
  readonly grain: Grain;
  /** To be called for each point before it takes memory. */
  readonly onPoint: () => void;
}

/** Events per period, country and variant, in that order; empty ones are left out. Throws LIMIT_EXCEEDED for too many. */
export const trendOf = async (sources: ReportSources, grain: Grain): Promise<TrendCounts[]> => {
  const onPoint = limitPoints('trend', sources.snapshot.limits.trendPointsMax);
  const trend = await sources.passes.trend(scopeOf(sources), grain, onPoint);
  return trend.sort(
    (a, b) =>
      a.periodStartUs - b.periodStartUs || compareTexts(a.country, b.country) || compareTexts(a.variant, b.variant),
  );
};

/** Throws LIMIT_EXCEEDED when it is called for one point too many. */
export const limitPoints = (name: string, pointsMax: number): (() => void) => {
  let count = 0;
  return () => {
    if (++count <= pointsMax) return;
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `${name} has more than ${pointsMax} points, ask for a coarser grain (setting trendPointsMax)`,
    );
  };
};

/** Counts the points of a trend. */
export const scanTrend = async (
  events: ScannedEvents,
  scope: PassScope,
  request: PointRequest,
): Promise<TrendCounts[]> => {
  const { users, experimentEvents } = events.services;
  const { variants } = experimentEvents.events;
  const points = await countPoints(events, scope, request);
  return [...points].flatMap(([periodStartUs, ofPeriod]) =>
    [...ofPeriod].map(([key, { events: eventCount, late, newUsers }]) => ({
      periodStartUs,
      country: users.countries.names.textOf(Math.floor(key / codeLimit)),
      variant: variants.textOf(key % codeLimit),
      eventCount,
      lateEventCount: late,
      newUserCount: newUsers,
    })),
  );
};

const countPoints = async (
  scanned: ScannedEvents,
  scope: PassScope,
  { grain, onPoint }: PointRequest,
): Promise<Points> => {
  const { columns, events } = scanned.services.experimentEvents;
  const { countryOf, timeZone } = scanned;
  const periods = createPeriods(grain, timeZone);
  const points: Points = new Map();
  /** Users with a variant, as one number; by code, the time of their first event and the point it belongs to. */
  const exposed = createNumberTable();
  const firsts: { atUs: number; point: PointCounts }[] = [];
  await scanEvents(scanned, scope, (row) => {
    const user = columns.userOf(row);
    const variant = events.variantOf(row);
    const atUs = columns.occurredAtUsOf(row);
    const startUs = periods.startOf(atUs);
    let ofPeriod = points.get(startUs);
    if (!ofPeriod) {
      ofPeriod = new Map();
      points.set(startUs, ofPeriod);
    }
    const key = countryOf(user) * codeLimit + variant;
    let point = ofPeriod.get(key);
    if (!point) {
      onPoint();
      point = { events: 0, late: 0, newUsers: 0 };
      ofPeriod.set(key, point);
    }
    point.events++;
    if (events.arrivalOf(row) === 'LATE') point.late++;
    const code = exposed.intern(user * codeLimit + variant);
    const first = firsts[code];
    if (!first || atUs < first.atUs) firsts[code] = { atUs, point };
  });
  for (const { point } of firsts) point.newUsers++;
  return points;
};
