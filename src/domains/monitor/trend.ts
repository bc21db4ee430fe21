import { DomainError } from '../../errors.ts';
import { createNumberTable } from '../../indices/number-table.ts';
import { selectNth } from '../../indices/select-nth.ts';
import { createPeriods, type Grain } from '../../lib/periods.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { MonitorSnapshot } from './snapshot.ts';

export interface DeploymentPoint {
  readonly periodStartUs: number;
  readonly country: string;
  readonly variant: string;
  readonly eventCount: number;
  /** Users whose first event in this variant, by when it came, is of the period. */
  readonly newUserCount: number;
}

export interface ArrivalQuality {
  /** stored + duplicates + rejected, of the whole experiment. */
  readonly received: number;
  readonly duplicates: number;
  /** Events of any experiment that were not taken in, conflicts included: they often do not say of which. */
  readonly rejected: number;
  /** Of the country and time asked for, as the following. */
  readonly stored: number;
  readonly late: number;
  readonly inTheFuture: number;
  /** Between an event and its coming, microseconds; those in the future left out. */
  readonly medianDelayUs: number | null;
  readonly p99DelayUs: number | null;
}

const rowsPerLook = 4096;
const codeLimit = 2 ** 26;

const scan = async (sight: MonitorSnapshot, visit: (row: number) => void): Promise<void> => {
  const { rows, rowCount, country, users, countryOf, experimentEvents } = sight;
  const market = country === undefined ? undefined : (users.countries.names.codeOf(country) ?? -1);
  const turn = createYielder();
  for (let index = 0; index < rowCount; index++) {
    const row = rows.values[index] as number;
    if (market === undefined || countryOf(experimentEvents.columns.userOf(row)) === market) visit(row);
    if (index % rowsPerLook === 0) await turn();
  }
};

/** Events per period, country and variant, in that order; what is empty is left out. Throws LIMIT_EXCEEDED for too many. */
export const trendOf = async (sight: MonitorSnapshot, grain: Grain): Promise<DeploymentPoint[]> => {
  const { users, timeZone, experimentEvents, limits } = sight;
  const { columns, events } = experimentEvents;
  const periods = createPeriods(grain, timeZone);
  const points = new Map<number, Map<number, { events: number; newUsers: number }>>();
  const exposed = createNumberTable();
  let count = 0;
  await scan(sight, (row) => {
    const country = sight.countryOf(columns.userOf(row));
    const startUs = periods.startOf(columns.occurredAtUsOf(row));
    const variant = events.variantOf(row);
    const ofPeriod = points.get(startUs) ?? new Map<number, { events: number; newUsers: number }>();
    if (ofPeriod.size === 0) points.set(startUs, ofPeriod);
    const key = country * codeLimit + variant;
    let point = ofPeriod.get(key);
    if (!point) {
      if (++count > limits.trendPointsMax)
        throw new DomainError(
          'LIMIT_EXCEEDED',
          `trend has more than ${limits.trendPointsMax} points, ask for a coarser grain (setting trendPointsMax)`,
        );
      point = { events: 0, newUsers: 0 };
      ofPeriod.set(key, point);
    }
    const before = exposed.size;
    exposed.intern(columns.userOf(row) * codeLimit + variant);
    point.events++;
    if (exposed.size > before) point.newUsers++;
  });
  const found = [...points].flatMap(([periodStartUs, ofPeriod]) =>
    [...ofPeriod].map(([key, point]) => ({
      periodStartUs,
      country: users.countries.names.textOf(Math.floor(key / codeLimit)),
      variant: events.variants.textOf(key % codeLimit),
      eventCount: point.events,
      newUserCount: point.newUsers,
    })),
  );
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return found.sort(
    (a, b) => a.periodStartUs - b.periodStartUs || byText(a.country, b.country) || byText(a.variant, b.variant),
  );
};

/** How well events arrive. `rejected` is what the store keeps of them. */
export const arrivalOf = async (sight: MonitorSnapshot, rejected: number): Promise<ArrivalQuality> => {
  const { experimentEvents, experiments, experiment, nowUs, rowCount } = sight;
  const { columns, events } = experimentEvents;
  const isCurrent = experiments.current(nowUs).key === experiment.key;
  const duplicates =
    experimentEvents.duplicatesOf(experiment.key) + (isCurrent ? experimentEvents.duplicatesOf(null) : 0);
  let [stored, late, inTheFuture, delays] = [0, 0, 0, 0];
  const delay = new Float64Array(rowCount);
  await scan(sight, (row) => {
    stored++;
    const arrival = events.arrivalOf(row);
    if (arrival === 'LATE') late++;
    if (arrival === 'FUTURE') inTheFuture++;
    const delayUs = events.recordedAtUsOf(row) - columns.occurredAtUsOf(row);
    if (delayUs >= 0) delay[delays++] = delayUs;
  });
  const turn = createYielder();
  // The nearest rank: the least delay that so large a part of the events does not exceed.
  const quantile = (part: number) =>
    delays === 0 ? null : selectNth(delay, 0, delays, Math.max(0, Math.ceil(part * delays) - 1), turn);
  const [medianDelayUs, p99DelayUs] = [await quantile(0.5), await quantile(0.99)];
  const received = rowCount + duplicates + rejected;
  return { received, duplicates, rejected, stored, late, inTheFuture, medianDelayUs, p99DelayUs };
};
