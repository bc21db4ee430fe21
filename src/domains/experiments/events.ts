import type { Row, Store, Tx } from '../../../db/store.ts';
import { experimentEvents, experimentRepeats } from '../../../db/tables/experiments.ts';
import { createDictionary, type Dictionary } from '../../indices/dictionary.ts';
import { growableFloat64, growableUint8, growableUint32 } from '../../indices/growable.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { idProblems, type RecordOrigin, type RecordOutcome } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { type Decimal, formatDecimal, parseDecimal } from '../../lib/decimal.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { createFactColumns } from '../facts/columns.ts';
import { byDictionary, userDimensions } from '../facts/dimensions.ts';
import { createEnrichment } from '../facts/enrichment.ts';
import type { StoredFact } from '../facts/fact-set.ts';
import { createFacts, type Facts } from '../facts/facts.ts';
import type { FilterLimits } from '../facts/filter.ts';
import { joinAttributes, joinFiles, joinStatus } from '../facts/joins.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import { joinExperiment } from './experiment-join.ts';
import type { Experiments } from './experiments.ts';

export interface ExperimentEvent {
  /** The sender's own id; null when it gave none, and then nothing tells a repeat. */
  readonly eventId: string | null;
  /** As the sender named it; null when it named none. */
  readonly experiment: string | null;
  readonly userId: string;
  readonly variant: string;
  readonly accountType: string;
  readonly eventType: string | null;
  readonly occurredAtUs: number;
  /** The order's value. */
  readonly amount: Decimal | null;
}

export type StoredExperimentEvent = ExperimentEvent & StoredFact & { readonly source: 'EXPERIMENT_EVENTS' };

/** What an event's row in memory holds beside the columns all facts have. */
export interface EventColumns {
  readonly variants: Dictionary;
  readonly variantOf: (row: number) => number;
  readonly accountTypes: Dictionary;
  readonly accountTypeOf: (row: number) => number;
  /** Code 0 is `unknown`: of events without a type. */
  readonly eventTypes: Dictionary;
  readonly eventTypeOf: (row: number) => number;
  /** Code of the experiment that the event names, null when it names none. */
  readonly namedExperimentOf: (row: number) => number | null;
  /** When it was stored, microseconds. */
  readonly recordedAtUsOf: (row: number) => number;
  readonly arrivalOf: (row: number) => Arrival;
}

/**
 * How an event came: late when one more than `lateAfterMs` newer was there before (the watermark of bounded disorder,
 * Akidau et al., The Dataflow Model, VLDB 2015), in the future when dated more than `futureToleranceMs` after its coming.
 */
export type Arrival = 'IN_TIME' | 'LATE' | 'FUTURE';

const arrivals: readonly Arrival[] = ['IN_TIME', 'LATE', 'FUTURE'];

export interface ArrivalLimits {
  readonly lateAfterMs: number;
  readonly futureToleranceMs: number;
}

/** What users of an experiment did. */
export interface ExperimentEvents extends Facts {
  readonly events: EventColumns;
  /** Whether the event stored as `seq` came late. */
  isLate(seq: number): boolean;
  /** The key of the experiment that an event belongs to. */
  experimentKeyOf(event: ExperimentEvent): string;
  /** Stored events by `seq`, in the order of the keys: one statement. */
  bySeqs(seqs: readonly number[]): (StoredExperimentEvent | null)[];
  /** Records one event. Its id with the same content is a duplicate, with other content a conflict; without an id it is new. */
  record(tx: Tx, event: ExperimentEvent, origin: RecordOrigin): RecordOutcome;
  /** Counts an event that is known to be stored. */
  repeat(tx: Tx, event: ExperimentEvent): RecordOutcome;
  /** How many events of an experiment's name, of none for null, were not stored because they were before: one statement. */
  duplicatesOf(experiment: string | null): number;
}

const noName = 0xffffffff;

export interface ExperimentEventServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly users: Users;
  readonly userFiles: UserFiles;
  readonly userStatus: UserStatus;
  readonly experiments: Experiments;
  readonly limits: FilterLimits & ArrivalLimits;
}

export const createExperimentEvents = (services: ExperimentEventServices): ExperimentEvents => {
  const { store, ledger, users, userFiles, userStatus, experiments, limits } = services;
  const columns = createFactColumns();
  const [variant, accountType, eventType] = [growableUint32(), growableUint32(), growableUint32()];
  const namedExperiment = growableUint32();
  const recordedAtUs = growableFloat64();
  const arrival = growableUint8();
  let newestUs = Number.NEGATIVE_INFINITY;
  const [variants, accountTypes, eventTypes] = [createDictionary(), createDictionary(), createDictionary()];
  eventTypes.intern(unknownLabel);

  const arrivalOf = (occurredAtUs: number, storedAtUs: number): Arrival => {
    const isFuture = occurredAtUs > storedAtUs + limits.futureToleranceMs * 1000;
    const isLate = occurredAtUs < newestUs - limits.lateAfterMs * 1000;
    // One event dated into the far future must not make all others late.
    newestUs = Math.max(newestUs, Math.min(occurredAtUs, storedAtUs));
    return isFuture ? 'FUTURE' : isLate ? 'LATE' : 'IN_TIME';
  };

  ledger.subscribe(experimentEvents, ['seq', 'recordedAtUs', ...contentFields], {
    name: 'experiment-events',
    after: ['users', 'user-status', 'user-file-syncs', 'experiments'],
    apply(rows) {
      const last = columns.lastSeq;
      for (const row of rows) {
        if (row.seq <= last) continue;
        const { seq, occurredAtUs } = row;
        columns.push({ seq, user: users.addNamed(row.userId), occurredAtUs, amount: storedAmount(row) });
        variant.push(variants.intern(row.variant));
        accountType.push(accountTypes.intern(row.accountType));
        eventType.push(eventTypes.intern(row.eventType ?? unknownLabel));
        namedExperiment.push(row.experiment === null ? noName : experiments.keys.intern(row.experiment));
        recordedAtUs.push(row.recordedAtUs);
        arrival.push(arrivals.indexOf(arrivalOf(occurredAtUs, row.recordedAtUs)));
      }
    },
    size() {
      const own = [columns, variant, accountType, eventType, namedExperiment, recordedAtUs];
      return { entries: columns.rows, bytes: own.reduce((bytes, column) => bytes + column.byteLength, 0) };
    },
  });

  const events: EventColumns = {
    variants,
    variantOf: (row) => variant.values[row] as number,
    accountTypes,
    accountTypeOf: (row) => accountType.values[row] as number,
    eventTypes,
    eventTypeOf: (row) => eventType.values[row] as number,
    namedExperimentOf(row) {
      const code = namedExperiment.values[row] as number;
      return code === noName ? null : code;
    },
    recordedAtUsOf: (row) => recordedAtUs.values[row] as number,
    arrivalOf: (row) => arrivals[arrival.values[row] as number] as Arrival,
  };

  return {
    ...createFacts({
      source: 'EXPERIMENT_EVENTS',
      columns,
      enrichment: createEnrichment(ledger, columns, [
        joinStatus(columns, userStatus),
        joinAttributes(columns, users),
        joinFiles(columns, userFiles),
        joinExperiment(columns, events.namedExperimentOf, experiments),
      ]),
      dimensions: {
        ...userDimensions(columns, users),
        EXPERIMENT: (enriched) => byDictionary(enriched.codeBy('experiment'), experiments.keys),
        VARIANT: () => byDictionary(events.variantOf, variants),
        ACCOUNT_TYPE: () => byDictionary(events.accountTypeOf, accountTypes),
        EVENT_TYPE: () => byDictionary(events.eventTypeOf, eventTypes),
      },
      users,
      limits,
    }),
    events,
    isLate: (seq) => events.arrivalOf(columns.rowsUpTo(seq) - 1) === 'LATE',
    experimentKeyOf({ experiment, occurredAtUs }) {
      const { keys } = experiments;
      return experiment ?? keys.textOf(experiments.plans().codeAt(null, occurredAtUs));
    },
    bySeqs: (seqs) => rowsByKey(store, experimentEvents, 'seq', seqs).map((row) => row && stored(row)),
    record(tx, event, origin) {
      const { eventId, experiment, userId, variant, accountType, eventType, occurredAtUs, amount } = event;
      const problems = idProblems({ eventId, experiment, userId, variant, accountType, eventType });
      if (problems.length > 0) return { kind: 'REJECTED', problems };
      const row = {
        importId: origin.importId,
        line: origin.line,
        eventId,
        experiment,
        userId,
        variant,
        accountType,
        eventType,
        occurredAtUs,
        orderValue: amount === null ? null : formatDecimal(amount),
      };
      if (eventId === null) return { kind: 'CREATED', seq: tx.append(experimentEvents, row) };
      const { seq, known } = tx.appendOrFind(experimentEvents, row, { eventId });
      if (!known) return { kind: 'CREATED', seq };
      const differing = contentFields.filter((field) => known[field] !== row[field]);
      if (differing.length === 0) {
        countDuplicate(tx, experiment);
        return { kind: 'DUPLICATE' };
      }
      const names = differing.map((field) => wireNames[field]).join(', ');
      const message = `event ${eventId} is recorded with another ${names}`;
      return { kind: 'CONFLICT', problems: [{ path: 'event_id', code: 'CONFLICT', message }] };
    },
    repeat(tx, { experiment }) {
      countDuplicate(tx, experiment);
      return { kind: 'DUPLICATE' };
    },
    duplicatesOf(experiment) {
      const [found] = store.page(experimentRepeats, { match: { experiment }, key: 'id', direction: 'desc', limit: 1 });
      return found?.duplicates ?? 0;
    },
  };
};

/** What makes an event the same as another of its id, in the words of the wire format. */
const wireNames = {
  experiment: 'experiment',
  userId: 'user_id',
  variant: 'version',
  accountType: 'account_type',
  eventType: 'event_type',
  occurredAtUs: 'date',
  orderValue: 'order_value',
} as const;
const contentFields = Object.keys(wireNames) as (keyof typeof wireNames)[];

const countDuplicate = (tx: Tx, experiment: string | null): void => {
  const known = tx.findLatest(experimentRepeats, { experiment });
  if (known) tx.update(experimentRepeats, { id: known.id }, { duplicates: known.duplicates + 1 });
  else tx.insert(experimentRepeats, { experiment, duplicates: 1 });
};

const storedAmount = ({ seq, orderValue }: Pick<Row<typeof experimentEvents>, 'seq' | 'orderValue'>) => {
  if (orderValue === null) return null;
  const amount = parseDecimal(orderValue);
  if (!amount) throw new Error(`event record ${seq} holds the order value ${orderValue}`);
  return amount;
};

const stored = (row: Row<typeof experimentEvents>): StoredExperimentEvent => ({
  ...row,
  source: 'EXPERIMENT_EVENTS',
  amount: storedAmount(row),
});
