import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { changeStream } from '../../lib/change-stream.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { Users } from '../users/users.ts';
import type { ExperimentEvents, StoredExperimentEvent } from './events.ts';
import type { Experiments } from './experiments.ts';

export interface RecordedEventsRequest {
  /** Only events of the experiment with this key; default: all. */
  readonly experiment?: string | undefined;
  /** Only events of users of these countries, as known when an event is sent, or `unknown`; default: all. */
  readonly countries?: readonly string[] | undefined;
  /** Only events stored after this sequence number; default: only events stored from now on. */
  readonly afterSequence?: number | undefined;
}

/** The events of experiments as a stream that a reader can resume. */
export interface RecordedEvents {
  /**
   * Every event in the order of `seq`, stored ones first: a reader that resumes after the last `seq` it received misses
   * no event and receives none twice. One statement reads some hundred events. Throws BAD_REQUEST for a sequence number
   * beyond the end of the ledger.
   */
  after(request: RecordedEventsRequest): AsyncIterableIterator<StoredExperimentEvent>;
}

/** Events read from the store in one statement. */
const pageEvents = 200;
/** Rows that are tested without yielding to other requests. */
const sliceRows = 5000;

export const createRecordedEvents = (
  ledger: Ledger,
  experimentEvents: ExperimentEvents,
  experiments: Experiments,
  users: Users,
): RecordedEvents => {
  const { columns } = experimentEvents;

  const matcherOf = ({ experiment, countries }: RecordedEventsRequest): ((row: number) => boolean) => {
    const plans = experiments.plans();
    const code = experiment === undefined ? undefined : experiments.keys.codeOf(experiment);
    const requestedCountries = countries && new Set(countries);
    const isOfExperiment = (row: number): boolean =>
      experiment === undefined || experimentEvents.experimentOf(row, plans) === code;
    const countryOf = (row: number): string =>
      users.attributesOf(users.attributesCodeAt(columns.userOf(row))).country ?? unknownLabel;
    return (row) => isOfExperiment(row) && (!requestedCountries || requestedCountries.has(countryOf(row)));
  };

  return {
    after(request) {
      const newest = ledger.snapshot().sequence;
      const { afterSequence = newest } = request;
      if (afterSequence < 0 || afterSequence > newest)
        throw new DomainError(
          'BAD_REQUEST',
          `afterSequence ${afterSequence} is outside the ledger, which ends at ${newest}`,
        );
      // Rows are append-only: the rows from here on are those after the sequence number.
      let row = columns.rowsUpTo(afterSequence);
      return changeStream(ledger.onAdvance, async function* (waits) {
        const yieldIfDue = createYielder(undefined);
        for (;;) {
          await waits.changed();
          while (row < columns.rows) {
            await yieldIfDue();
            if (waits.closed) return;
            const matches = matcherOf(request);
            const end = Math.min(columns.rows, row + sliceRows);
            const seqs: number[] = [];
            for (; row < end && seqs.length < pageEvents; row++) if (matches(row)) seqs.push(columns.seqOf(row));
            for (const [index, event] of experimentEvents.bySeqs(seqs).entries()) {
              if (!event) throw new Error(`event ${seqs[index]} is in memory but not in the store`);
              yield event;
            }
          }
          if (waits.closed) return;
        }
      });
    },
  };
};
