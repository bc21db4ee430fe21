import { DomainError } from '../../errors.ts';
import { createNumberTable } from '../../indices/number-table.ts';
import { compareTexts } from '../../lib/compare.ts';
import { createPeriods, type Grain } from '../../lib/periods.ts';
import { scanEvents } from './scan-events.ts';
import type { ReportSources } from './snapshot.ts';

/** A country and variant in one period. */
export interface TrendPoint {
  readonly periodStartUs: number;
  readonly country: string;
  readonly variant: string;
  readonly eventCount: number;
  /** How many of them arrived late. */
  readonly lateEventCount: number;
  /** Users whose first event in this variant, by its own time, falls into the period. */
  readonly newUserCount: number;
}

interface PointCounts {
  events: number;
  late: number;
  newUsers: number;
}

/** By the start of the period, then by country and variant as one number. */
type Points = Map<number, Map<number, PointCounts>>;

const codeLimit = 2 ** 26;

/** Events per period, country and variant, in that order; empty ones are left out. Throws LIMIT_EXCEEDED for too many. */
export const trendOf = async (sources: ReportSources, grain: Grain): Promise<TrendPoint[]> => {
  const { users, experimentEvents } = sources.services;
  const { variants } = experimentEvents.events;
  const points = await countPoints(sources, grain);
  const trend = [...points].flatMap(([periodStartUs, ofPeriod]) =>
    [...ofPeriod].map(([key, { events: eventCount, late, newUsers }]) => ({
      periodStartUs,
      country: users.countries.names.textOf(Math.floor(key / codeLimit)),
      variant: variants.textOf(key % codeLimit),
      eventCount,
      lateEventCount: late,
      newUserCount: newUsers,
    })),
  );
  return trend.sort(
    (a, b) =>
      a.periodStartUs - b.periodStartUs || compareTexts(a.country, b.country) || compareTexts(a.variant, b.variant),
  );
};

const countPoints = async (sources: ReportSources, grain: Grain): Promise<Points> => {
  const { columns, events } = sources.services.experimentEvents;
  const { countryOf } = sources.events;
  const { timeZone, limits } = sources.snapshot;
  const periods = createPeriods(grain, timeZone);
  const points: Points = new Map();
  /** Users with a variant, as one number; by code, the time of their first event and the point it belongs to. */
  const exposed = createNumberTable();
  const firsts: { atUs: number; point: PointCounts }[] = [];
  let count = 0;
  const addPoint = (): PointCounts => {
    count++;
    if (count <= limits.trendPointsMax) return { events: 0, late: 0, newUsers: 0 };
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `trend has more than ${limits.trendPointsMax} points, ask for a coarser grain (setting trendPointsMax)`,
    );
  };
  await scanEvents(sources, (row) => {
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
      point = addPoint();
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
