import { selectNth } from '../../indices/select-nth.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { PassScope, StoredQuality } from './event-passes.ts';
import { type ScannedEvents, scanEvents } from './scan-events.ts';
import { type ReportSources, scopeOf } from './snapshot.ts';

export interface ArrivalQuality extends StoredQuality {
  /** stored + duplicates + rejected, of the whole experiment. */
  readonly received: number;
  readonly duplicates: number;
  /** Rejected events of any experiment, conflicts included: they often do not name their experiment. */
  readonly rejected: number;
}

/** How events arrive. `rejected` is the number of rejected events. What is stored is of the requested country and time. */
export const arrivalQualityOf = async (sources: ReportSources, rejected: number): Promise<ArrivalQuality> => {
  const { experimentEvents, experiments } = sources.services;
  const { experiment, nowUs, eventCount } = sources.snapshot;
  const isCurrent = experiments.current(nowUs).key === experiment.key;
  const duplicates =
    experimentEvents.duplicatesOf(experiment.key) + (isCurrent ? experimentEvents.duplicatesOf(null) : 0);
  const received = eventCount + duplicates + rejected;
  return { received, duplicates, rejected, ...(await sources.passes.storedQuality(scopeOf(sources))) };
};

export const scanQuality = async (scanned: ScannedEvents, scope: PassScope): Promise<StoredQuality> => {
  const { columns, events } = scanned.services.experimentEvents;
  let [stored, late, inTheFuture, delayCount] = [0, 0, 0, 0];
  const delays = new Float64Array(scanned.eventCount);
  await scanEvents(scanned, scope, (row) => {
    stored++;
    const arrival = events.arrivalOf(row);
    if (arrival === 'LATE') late++;
    if (arrival === 'FUTURE') inTheFuture++;
    const delayUs = events.recordedAtUsOf(row) - columns.occurredAtUsOf(row);
    if (delayUs >= 0) delays[delayCount++] = delayUs;
  });
  const yieldIfDue = createYielder(scope.work);
  // The nearest rank: the smallest delay that this part of the events does not exceed.
  const quantile = (part: number) =>
    delayCount === 0
      ? null
      : selectNth(delays.subarray(0, delayCount), Math.max(0, Math.ceil(part * delayCount) - 1), yieldIfDue);
  const [medianDelayUs, p99DelayUs] = [await quantile(0.5), await quantile(0.99)];
  return { stored, late, inTheFuture, medianDelayUs, p99DelayUs };
};
