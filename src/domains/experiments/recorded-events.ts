import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { changeStream } from '../../lib/change-stream.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { Users } from '../users/users.ts';
import type { ExperimentEvents, StoredExperimentEvent } from './events.ts';
import type { Experiments } from './experiments.ts';

export interface RecordedEventsRequest {
  /** Key of the experiment they belong to; default: all. */
  readonly experiment?: string | undefined;
  /** Their user's country as it is known when they are handed out, or `unknown`; default: all. */
  readonly countries?: readonly string[] | undefined;
  /** Only those stored after this sequence number; default: only those that come from now on. */
  readonly afterSequence?: number | undefined;
}

/** Experiment events as a stream, for readers that may have missed some. */
export interface RecordedEvents {
  /**
   * Every event in the order of `seq`, stored ones first: whoever comes back with the last `seq` it has seen misses none
   * and gets none twice. One statement for some hundred events. Throws BAD_REQUEST for a sequence number to come.
   */
  after(wanted: RecordedEventsRequest): AsyncIterableIterator<StoredExperimentEvent>;
}

/** Events read from the store in one statement. */
const pageEvents = 200;
/** Rows looked at without a turn for others. */
const sliceRows = 5000;

export const createRecordedEvents = (
  ledger: Ledger,
  experimentEvents: ExperimentEvents,
  experiments: Experiments,
  users: Users,
): RecordedEvents => {
  const { columns, events } = experimentEvents;

  const matcherOf = ({ experiment, countries }: RecordedEventsRequest): ((row: number) => boolean) => {
    const plans = experiments.plans();
    const code = experiment === undefined ? undefined : experiments.keys.codeOf(experiment);
    const wantedCountries = countries && new Set(countries);
    const isOfExperiment = (row: number): boolean =>
      experiment === undefined || plans.codeAt(events.namedExperimentOf(row), columns.occurredAtUsOf(row)) === code;
    const countryOf = (row: number): string =>
      users.attributesOf(users.attributesCodeAt(columns.userOf(row))).country ?? unknownLabel;
    return (row) => isOfExperiment(row) && (!wantedCountries || wantedCountries.has(countryOf(row)));
  };

  return {
    after(wanted) {
      const newest = ledger.snapshot().sequence;
      const { afterSequence = newest } = wanted;
      if (afterSequence < 0 || afterSequence > newest)
        throw new DomainError(
          'BAD_REQUEST',
          `afterSequence ${afterSequence} is outside of the ledger, which ends at ${newest}`,
        );
      // Rows are only ever appended: what follows this one is what follows the sequence number.
      let row = columns.rowsUpTo(afterSequence);
      return changeStream(ledger.onAdvance, async function* (waits) {
        const turn = createYielder();
        for (;;) {
          await waits.changed();
          while (row < columns.rows) {
            await turn();
            if (waits.closed) return;
            const matches = matcherOf(wanted);
            const end = Math.min(columns.rows, row + sliceRows);
            const seqs: number[] = [];
            for (; row < end && seqs.length < pageEvents; row++) if (matches(row)) seqs.push(columns.seqOf(row));
            for (const [place, event] of experimentEvents.bySeqs(seqs).entries()) {
              if (!event) throw new Error(`event ${seqs[place]} is in memory and not in the store`);
              yield event;
            }
          }
          if (waits.closed) return;
        }
      });
    },
  };
};
