import { selectNth } from '../../indices/select-nth.ts';
import { createYielder } from '../../lib/yielding.ts';
import { scanEvents } from './scan-events.ts';
import type { ReportSources } from './snapshot.ts';

export interface ArrivalQuality {
  /** stored + duplicates + rejected, of the whole experiment. */
  readonly received: number;
  readonly duplicates: number;
  /** Rejected events of any experiment, conflicts included: they often do not name their experiment. */
  readonly rejected: number;
  /** Of the requested country and time, like the ones below. */
  readonly stored: number;
  readonly late: number;
  readonly inTheFuture: number;
  /** From an event to its storing, microseconds; events dated after it are left out. */
  readonly medianDelayUs: number | null;
  readonly p99DelayUs: number | null;
}

/** How events arrive. `rejected` is the number of rejected events. */
export const arrivalQualityOf = async (sources: ReportSources, rejected: number): Promise<ArrivalQuality> => {
  const { experimentEvents, experiments } = sources.services;
  const { experiment, nowUs, eventCount } = sources.snapshot;
  const { columns, events } = experimentEvents;
  const isCurrent = experiments.current(nowUs).key === experiment.key;
  const duplicates =
    experimentEvents.duplicatesOf(experiment.key) + (isCurrent ? experimentEvents.duplicatesOf(null) : 0);
  let [stored, late, inTheFuture, delayCount] = [0, 0, 0, 0];
  const delays = new Float64Array(eventCount);
  await scanEvents(sources, (row) => {
    stored++;
    const arrival = events.arrivalOf(row);
    if (arrival === 'LATE') late++;
    if (arrival === 'FUTURE') inTheFuture++;
    const delayUs = events.recordedAtUsOf(row) - columns.occurredAtUsOf(row);
    if (delayUs >= 0) delays[delayCount++] = delayUs;
  });
  const yieldIfDue = createYielder(sources.work);
  // The nearest rank: the smallest delay that this part of the events does not exceed.
  const quantile = (part: number) =>
    delayCount === 0
      ? null
      : selectNth(delays.subarray(0, delayCount), Math.max(0, Math.ceil(part * delayCount) - 1), yieldIfDue);
  const [medianDelayUs, p99DelayUs] = [await quantile(0.5), await quantile(0.99)];
  const received = eventCount + duplicates + rejected;
  return { received, duplicates, rejected, stored, late, inTheFuture, medianDelayUs, p99DelayUs };
};
