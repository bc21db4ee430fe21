import { experimentEvents } from '../../../db/tables/experiments.ts';
import { createDictionary, type Dictionary } from '../../indices/dictionary.ts';
import type { NumberColumn } from '../../indices/number-column.ts';
import { PackedColumn } from '../../indices/packed-column.ts';
import { exchangeColumns, exchangeParts, type StateColumns } from '../../indices/state-columns.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { type FactColumns, type FutureLimit, isFutureAt } from '../facts/memory/columns.ts';
import { appendNew, factsOf } from '../facts/memory/record-facts.ts';
import type { Users } from '../users/users.ts';
import { ArrivalBatches, type BatchServices } from './arrival-batches.ts';
import { contentFields } from './event-record.ts';
import type { Experiments } from './experiments.ts';

/** The columns of events in memory, in addition to the columns of all facts. */
export interface EventColumns {
  readonly variants: Dictionary;
  readonly variantOf: (row: number) => number;
  readonly accountTypes: Dictionary;
  readonly accountTypeOf: (row: number) => number;
  /** Code 0 is `unknown`, for events without a type. */
  readonly eventTypes: Dictionary;
  readonly eventTypeOf: (row: number) => number;
  /** Code of the experiment that the event names, null when it names none. */
  readonly namedExperimentOf: (row: number) => number | null;
  /** When the event was stored, microseconds. */
  readonly recordedAtUsOf: (row: number) => number;
  readonly arrivalOf: (row: number) => Arrival;
  /** The import or request in which each event arrived. */
  readonly batches: Pick<ArrivalBatches, 'batchOf' | 'lastRowOf' | 'isOpen' | 'openKeys'>;
}

/**
 * How an event arrived. LATE: an event newer by more than `lateAfterMs` had arrived before (the watermark of bounded
 * disorder, Akidau et al., The Dataflow Model, VLDB 2015). FUTURE: dated more than `futureToleranceMs` after its arrival.
 */
export type Arrival = 'IN_TIME' | 'LATE' | 'FUTURE';

export interface ArrivalLimits extends FutureLimit {
  readonly lateAfterMs: number;
}

export interface EventColumnServices extends BatchServices {
  readonly ledger: Ledger;
  readonly users: Users;
  readonly experiments: Experiments;
  readonly limits: ArrivalLimits;
  /** A column for codes: fast to read where questions are answered from it, otherwise small. */
  readonly newCodes: () => NumberColumn;
  /** What events are joined to, which takes memory for each of them. */
  readonly joined: () => { readonly byteLength: number };
}

const arrivals: readonly Arrival[] = ['IN_TIME', 'LATE', 'FUTURE'];
/** In the column of experiments: the event names none. Above it are codes plus 1. */
const noExperiment = 0;

/** Fills the columns of events, and those of all facts, from the ledger. */
export const createEventColumns = (services: EventColumnServices, columns: FactColumns): EventColumns => {
  const { ledger, users, experiments, limits } = services;
  const batches = new ArrivalBatches(services);
  const { newCodes } = services;
  const [variant, accountType, eventType, namedExperiment] = [newCodes(), newCodes(), newCodes(), newCodes()];
  const [recordedAtUs, arrival] = [new PackedColumn(), new PackedColumn()];
  const [variants, accountTypes, eventTypes] = [createDictionary(), createDictionary(), createDictionary()];
  eventTypes.intern(unknownLabel);
  const classifier = new ArrivalClassifier(limits);

  ledger.subscribe(experimentEvents, ['seq', 'recordedAtUs', 'importId', 'requestId', ...contentFields], {
    name: 'experiment-events',
    after: ['users', 'user-status', 'user-file-syncs', 'experiments'],
    apply(records) {
      // All are read before any is appended: one that is damaged must not leave columns of different lengths.
      const facts = factsOf(records, records.texts('orderValue'), users);
      const variantCodes = variants.internAll(records.texts('variant'));
      const accountTypeCodes = accountTypes.internAll(records.texts('accountType'));
      // Null becomes -1: the code of `unknown` is 0, and those of experiments are one less than what is kept.
      const types = eventTypes.internAll(records.texts('eventType'));
      const named = experiments.keys.internAll(records.texts('experiment'));
      for (let index = 0; index < types.length; index++) {
        if (types[index] === -1) types[index] = 0;
        (named[index] as number) += 1;
      }
      const [importIds, requestIds] = [records.numbers('importId'), records.numbers('requestId')];

      const from = appendNew(columns, facts, limits);
      variant.pushAll(variantCodes.subarray(from));
      accountType.pushAll(accountTypeCodes.subarray(from));
      eventType.pushAll(types.subarray(from));
      namedExperiment.pushAll(named.subarray(from));
      recordedAtUs.pushAll(facts.recordedAtUs.subarray(from));
      for (let row = from; row < facts.seqs.length; row++) {
        const occurred = facts.occurredAtUs[row] as number;
        arrival.push(arrivals.indexOf(classifier.classify(occurred, facts.recordedAtUs[row] as number)));
      }
      batches.pushAll({ importIds, requestIds, recordedAtUs: facts.recordedAtUs }, from);
    },
    settings: [limits.futureToleranceMs, limits.lateAfterMs],
    exchange(state) {
      columns.exchange(state);
      exchangeColumns(state, { variant, accountType, eventType, namedExperiment, recordedAtUs, arrival });
      exchangeParts(state, { variants, accountTypes, eventTypes, batches, classifier });
    },
    size() {
      const own = [
        ...[columns, variant, accountType, eventType, namedExperiment, recordedAtUs, arrival, batches],
        ...[variants, accountTypes, eventTypes, services.joined()],
      ];
      return { entries: columns.rows, bytes: own.reduce((bytes, { byteLength }) => bytes + byteLength, 0) };
    },
  });

  return {
    variants,
    variantOf: (row) => variant.at(row),
    accountTypes,
    accountTypeOf: (row) => accountType.at(row),
    eventTypes,
    eventTypeOf: (row) => eventType.at(row),
    namedExperimentOf(row) {
      const code = namedExperiment.at(row);
      return code === noExperiment ? null : code - 1;
    },
    recordedAtUsOf: (row) => recordedAtUs.at(row),
    arrivalOf: (row) => arrivals[arrival.at(row)] as Arrival,
    batches,
  };
};

/** Classifies events in the order of their arrival. */
class ArrivalClassifier {
  readonly #limits: ArrivalLimits;
  #newestUs = Number.NEGATIVE_INFINITY;

  constructor(limits: ArrivalLimits) {
    this.#limits = limits;
  }

  classify(occurredAtUs: number, storedAtUs: number): Arrival {
    const isFuture = isFutureAt(occurredAtUs, storedAtUs, this.#limits);
    const isLate = occurredAtUs < this.#newestUs - this.#limits.lateAfterMs * 1000;
    // One event dated into the far future must not make all others late.
    this.#newestUs = Math.max(this.#newestUs, Math.min(occurredAtUs, storedAtUs));
    return isFuture ? 'FUTURE' : isLate ? 'LATE' : 'IN_TIME';
  }

  exchange(state: StateColumns): void {
    const newest = state.fixed('watermark', Float64Array.of(this.#newestUs));
    this.#newestUs = newest?.[0] ?? this.#newestUs;
  }
}
