import type { Row, Tx } from '../../../db/store.ts';
import { experimentEvents, experimentRepeats } from '../../../db/tables/experiments.ts';
import type { FieldProblem } from '../../errors.ts';
import type { RecordOrigin, RecordOutcome } from '../../ledger/record.ts';
import { type Decimal, formatDecimal, parseDecimal } from '../../lib/decimal.ts';
import { type RecordFace, wireFace } from '../../lib/problems.ts';

export interface ExperimentEvent {
  /** The sender's own id, unique within `experiment`. Without one (null) a repeated event cannot be recognized. */
  readonly eventId: string | null;
  /** The key of the experiment that the event names; null when it names none. */
  readonly experiment: string | null;
  readonly userId: string;
  readonly variant: string;
  readonly accountType: string;
  readonly eventType: string | null;
  readonly occurredAtUs: number;
  /** The value of the order. */
  readonly amount: Decimal | null;
}

/** The content of an event, under the names of the wire format. Two events of one id must agree in all of it. */
const wireNames = {
  experiment: 'experiment',
  userId: 'user_id',
  variant: 'version',
  accountType: 'account_type',
  eventType: 'event_type',
  occurredAtUs: 'date',
  orderValue: 'order_value',
} as const;
export const contentFields = Object.keys(wireNames) as (keyof typeof wireNames)[];

/**
 * Records one event. An id that is known in the experiment that the event names is a duplicate with the same content and a
 * conflict with other content; no id is always new.
 */
export const recordEvent = (
  tx: Tx,
  event: ExperimentEvent,
  origin: RecordOrigin,
  face: RecordFace = wireFace,
): RecordOutcome => {
  const { importId, line, sentBy, requestId = null } = origin;
  const { eventId, experiment, userId, variant, accountType, eventType, occurredAtUs, amount } = event;
  const orderValue = amount === null ? null : formatDecimal(amount);
  // Each field by its name, because to spread an object takes several times as long.
  const row = {
    importId,
    line,
    sentBy,
    requestId,
    eventId,
    experiment,
    userId,
    variant,
    accountType,
    eventType,
    occurredAtUs,
    orderValue,
  };
  if (eventId === null) return { kind: 'CREATED', seq: tx.append(experimentEvents, row) };
  const { seq, known } = tx.appendOrFind(experimentEvents, row, { eventId, experiment });
  if (!known) return { kind: 'CREATED', seq };
  const differing = contentFields.filter((field) => known[field] !== row[field]);
  if (differing.length === 0) return { ...recordRepeat(tx, event), storedSeq: known.seq };
  const names = differing.map((field) => face.fieldOf(wireNames[field])).join(', ');
  const message = `event ${eventId} is recorded with another ${names}`;
  const problem: FieldProblem = { path: face.fieldOf('event_id'), code: 'CONFLICT', message };
  return { kind: 'CONFLICT', storedSeq: known.seq, problems: [problem] };
};

/** Counts an event that is known to be stored. */
export const recordRepeat = (tx: Tx, { experiment }: ExperimentEvent): { kind: 'DUPLICATE' } => {
  const known = tx.findLatest(experimentRepeats, { experiment });
  const duplicates = (known?.duplicates ?? 0) + 1;
  if (known?.recordedAtUs === tx.nowUs) tx.update(experimentRepeats, { id: known.id }, { duplicates });
  else tx.insert(experimentRepeats, { experiment, duplicates, recordedAtUs: tx.nowUs });
  return { kind: 'DUPLICATE' };
};

export const amountOf = ({ seq, orderValue }: Pick<Row<typeof experimentEvents>, 'seq' | 'orderValue'>) => {
  if (orderValue === null) return null;
  const amount = parseDecimal(orderValue);
  if (!amount) throw new Error(`event record ${seq} holds the order value ${orderValue}`);
  return amount;
};
