import type { Row, Store, Tx } from '../../db/store.ts';
import { experimentEvents, experimentRepeats } from '../../db/tables/experiments.ts';
import { type Decimal, formatDecimal, parseDecimal } from '../lib/decimal.ts';
import { idProblems, type Origin, type Outcome, type StoredOrigin } from './recording.ts';
import { rowsInOrder } from './rows-in-order.ts';

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
  readonly orderValue: Decimal | null;
}

export type StoredExperimentEvent = ExperimentEvent & StoredOrigin;

/** What users of an experiment did. */
export interface ExperimentEvents {
  /** Stored events by `seq`, in the order of the keys: one statement. */
  bySeqs(seqs: readonly number[]): (StoredExperimentEvent | null)[];
  /** Records one event. Its id with the same content is a duplicate, with other content a conflict; without an id it is new. */
  record(tx: Tx, event: ExperimentEvent, origin: Origin): Outcome;
}

const contentFields = [
  'experiment',
  'userId',
  'variant',
  'accountType',
  'eventType',
  'occurredAtUs',
  'orderValue',
] as const;

export const createExperimentEvents = (store: Store): ExperimentEvents => ({
  bySeqs: (seqs) => rowsInOrder(store, experimentEvents, 'seq', seqs).map((row) => row && stored(row)),
  record(tx, event, origin) {
    const problems = idProblems(idsOf(event));
    if (problems.length > 0) return { kind: 'REJECTED', problems };
    const { orderValue } = event;
    const row = { ...event, orderValue: orderValue === null ? null : formatDecimal(orderValue) };
    const { eventId, experiment } = row;
    const known = eventId === null ? undefined : tx.newest(experimentEvents, { eventId });
    if (!known) return { kind: 'CREATED', seq: tx.append(experimentEvents, { ...row, ...origin }) };
    const differing = contentFields.filter((field) => known[field] !== row[field]);
    countRepeat(tx, experiment, differing.length === 0 ? 'duplicates' : 'conflicts');
    if (differing.length === 0) return { kind: 'DUPLICATE' };
    const message = `event ${eventId} is recorded with another ${differing.join(', ')}`;
    return { kind: 'CONFLICT', problems: [{ path: 'event_id', code: 'CONFLICT', message }] };
  },
});

const idsOf = ({ eventId, experiment, userId, variant, accountType, eventType }: ExperimentEvent) => ({
  ...(eventId === null ? {} : { eventId }),
  ...(experiment === null ? {} : { experiment }),
  userId,
  variant,
  accountType,
  ...(eventType === null ? {} : { eventType }),
});

const countRepeat = (tx: Tx, experiment: string | null, kind: 'duplicates' | 'conflicts'): void => {
  const known = tx.newest(experimentRepeats, { experiment });
  if (known) tx.update(experimentRepeats, { id: known.id }, { [kind]: known[kind] + 1 });
  else tx.insert(experimentRepeats, { experiment, [kind]: 1 });
};

const stored = (row: Row<typeof experimentEvents>): StoredExperimentEvent => ({
  ...row,
  orderValue: row.orderValue === null ? null : (parseDecimal(row.orderValue) as Decimal),
});
