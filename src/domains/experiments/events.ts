import { LRUCache } from 'lru-cache';
import type { Row, Store, Tx } from '../../../db/store.ts';
import { experimentEvents, experimentRepeats } from '../../../db/tables/experiments.ts';
import type { RecordOrigin, RecordOutcome } from '../../ledger/record.ts';
import { createRecordCache } from '../../ledger/record-cache.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import type { RecordFace } from '../../lib/problems.ts';
import type { TimeCounts } from '../../lib/time-counts.ts';
import type { StoredFact } from '../facts/fact-set.ts';
import { createFacts, type Facts } from '../facts/facts.ts';
import type { FactColumns } from '../facts/memory/columns.ts';
import type { MemoryFacts } from '../facts/memory/memory-facts.ts';
import type { EventColumns } from './event-columns.ts';
import { amountOf, type ExperimentEvent, recordEvent, recordRepeat } from './event-record.ts';
import { countMoved, experimentOf } from './experiment-join.ts';
import type { KnownExperiments } from './experiments.ts';
import { eventsInMemory, type InMemoryServices } from './in-memory.ts';
import type { Plans } from './plans.ts';

export type StoredExperimentEvent = ExperimentEvent & StoredFact & { readonly source: 'EXPERIMENT_EVENTS' };

/** What identifies an event for its sender; null stands for events that name no experiment. */
export type EventKey = Pick<ExperimentEvent, 'experiment'> & { readonly eventId: string };

/** The events of experiments: the facts that the monitor counts. */
export interface ExperimentEvents extends Facts, MemoryFacts<FactColumns> {
  readonly events: EventColumns;
  /** Whether the event stored as `seq` arrived late. */
  isLate(seq: number): boolean;
  /** The key of the experiment that an event belongs to, by the newest plans or those as of a sequence number. */
  experimentKeyOf(event: ExperimentEvent, sequence?: number): string;
  /** The experiments that plans and events named as of a sequence number. */
  experimentsAt(sequence: number): KnownExperiments;
  /** The code of the experiment that the event of a row belongs to. */
  experimentOf(row: number, plans: Plans): number;
  /** How many events belong to another experiment by the plans `after` than by the plans `before`: a pass over all events. */
  movedBy(before: Plans, after: Plans): Promise<number>;
  /** Stored events by `seq`, in the order of the keys: one statement for those that were not read lately. */
  bySeqs(seqs: readonly number[]): readonly (StoredExperimentEvent | null)[];
  /** The same by the senders' own ids within the experiments that the events name. */
  byEventIds(keys: readonly EventKey[]): (StoredExperimentEvent | null)[];
  /** Records one event. A known id with the same content is a duplicate, with other content a conflict; no id is always new. */
  record(tx: Tx, event: ExperimentEvent, origin: RecordOrigin, face?: RecordFace): RecordOutcome;
  /** Counts an event that is known to be stored. */
  repeat(tx: Tx, event: ExperimentEvent): RecordOutcome;
  /**
   * How many duplicates were sent that name this experiment, or no experiment for null, by an instant, microseconds, or until
   * now: one statement.
   */
  duplicatesOf(experiment: string | null, atUs?: number): number;
  /** When these duplicates were sent. */
  duplicateTimes(experiment: string | null): TimeCounts;
}

export interface ExperimentEventServices extends InMemoryServices {
  readonly store: Store;
}

/** Earlier states of experiments that are kept. */
const cachedExperimentsMax = 4;

export const createExperimentEvents = (services: ExperimentEventServices): ExperimentEvents => {
  const { store, experiments, limits } = services;
  const { events, facts, engine } = eventsInMemory(services);
  const { columns } = facts;
  const earlier = new LRUCache<number, KnownExperiments>({ max: cachedExperimentsMax });
  /** The keys that events name up to a sequence number. */
  const namedKeys = (sequence: number): string[] => {
    const codes = new Set<number | null>();
    for (let row = columns.rowsUpTo(sequence) - 1; row >= 0; row--) codes.add(events.namedExperimentOf(row));
    return [...codes].flatMap((code) => (code === null ? [] : experiments.keys.textOf(code)));
  };
  return {
    ...facts,
    ...createFacts({ source: 'EXPERIMENT_EVENTS', engine }, limits),
    events,
    isLate: (seq) => events.arrivalOf(columns.rowsUpTo(seq) - 1) === 'LATE',
    experimentKeyOf({ experiment, occurredAtUs, variant }, sequence) {
      const plans = sequence === undefined ? experiments.plans() : experiments.plansAt(sequence);
      const code = plans.codeOf({ named: null, atUs: occurredAtUs, variant });
      return experiment ?? experiments.keys.textOf(code);
    },
    experimentsAt(sequence) {
      const known = earlier.get(sequence) ?? experiments.at(sequence, () => namedKeys(sequence));
      earlier.set(sequence, known);
      return known;
    },
    experimentOf: (row, plans) => experimentOf({ columns, events }, row, plans),
    movedBy: (before, after) => countMoved({ columns, events }, before, after),
    bySeqs: createRecordCache((seqs) =>
      rowsByKey(store, experimentEvents, 'seq', seqs).map((row) => row && toEvent(row)),
    ),
    byEventIds(keys) {
      const eventIds = [...new Set(keys.map(({ eventId }) => eventId))];
      const rows = store.rowsIn(experimentEvents, 'eventId', eventIds);
      const found = new Map(rows.map((row) => [keyTextOf(row), row]));
      return keys.map((key) => {
        const row = found.get(keyTextOf(key));
        return row ? toEvent(row) : null;
      });
    },
    record: recordEvent,
    repeat: recordRepeat,
    ...createDuplicateCounts(store),
  };
};

const createDuplicateCounts = (store: Store): Pick<ExperimentEvents, 'duplicatesOf' | 'duplicateTimes'> => {
  const duplicatesOf = (experiment: string | null, atUs?: number): number => {
    const page = { match: { experiment }, key: 'recordedAtUs', direction: 'desc', limit: 1 } as const;
    const [row] = store.page(experimentRepeats, { ...page, ...(atUs === undefined ? {} : { after: atUs + 1 }) });
    return row?.duplicates ?? 0;
  };
  return {
    duplicatesOf,
    duplicateTimes: (experiment) => ({
      nextAfter(atUs) {
        const page = { match: { experiment }, key: 'recordedAtUs', direction: 'asc', after: atUs, limit: 1 } as const;
        return store.page(experimentRepeats, page)[0]?.recordedAtUs ?? null;
      },
      between: (afterUs, upToUs) => duplicatesOf(experiment, upToUs) - duplicatesOf(experiment, afterUs),
    }),
  };
};

const keyTextOf = ({ eventId, experiment }: Pick<ExperimentEvent, 'eventId' | 'experiment'>): string =>
  JSON.stringify([eventId, experiment]);

const toEvent = (row: Row<typeof experimentEvents>): StoredExperimentEvent => ({
  ...row,
  source: 'EXPERIMENT_EVENTS',
  amount: amountOf(row),
});
