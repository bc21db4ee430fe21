import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import { unknownLabel } from '../../src/lib/unknown-label.ts';
import type { Row, Store } from '../store.ts';
import { experimentEvents } from '../tables/experiments.ts';
import type { Connection } from './connection.ts';
import { amountOf, recordPages } from './record-pages.ts';
import type { RecordRange, Rows } from './rows.ts';

/** What is known of how the events before the next one arrived. */
export interface EventArrivals {
  /** The latest time of an event, each as if it had happened at its storing at the latest; `noneBeforeUs` without events. */
  newestUs: number;
}

/** Before every instant: no event is late after none. */
export const noneBeforeUs = Number.MIN_SAFE_INTEGER;

const columns = [
  ...(['seq', 'userId', 'occurredAtUs', 'recordedAtUs', 'orderValue', 'experiment'] as const),
  ...(['variant', 'accountType', 'eventType', 'importId', 'requestId'] as const),
] as const;
type EventRecord = Pick<Row<typeof experimentEvents>, (typeof columns)[number]>;

/** The rows of events and of their batches. The range is of whole transactions, and `arrivals` moves on to its end. */
export const readEvents = async (
  { store, knowledge }: { readonly store: Store; readonly knowledge: FactKnowledge },
  range: RecordRange,
  arrivals: EventArrivals,
): Promise<{ readonly events: Rows; readonly batches: Rows }> => {
  const events: (string | number | null)[][] = [];
  const lastOfBatch = new Map<number, number>();
  let open: { readonly recordedAtUs: number; readonly from: number } | undefined;
  const closeTransaction = (end: number): void => {
    const last = events[end - 1]?.[0] as number;
    for (let index = open?.from ?? end; index < end; index++) events[index]?.splice(-2, 1, last);
  };
  for await (const page of recordPages(store, experimentEvents, { columns, range }))
    for (const record of page as readonly EventRecord[]) {
      const { seq, recordedAtUs, occurredAtUs } = record;
      if (open?.recordedAtUs !== recordedAtUs) {
        closeTransaction(events.length);
        open = { recordedAtUs, from: events.length };
      }
      const batch = knowledge.batchOf(record);
      if (batch !== 0) lastOfBatch.set(batch, seq);
      events.push([...ownColumns(record), batch, seq, arrivals.newestUs]);
      arrivals.newestUs = Math.max(arrivals.newestUs, Math.min(occurredAtUs, recordedAtUs));
    }
  closeTransaction(events.length);
  return { events, batches: Array.from(lastOfBatch) };
};

/** What is known of the events that are copied up to a sequence number. */
export const readArrivals = async (connection: Connection, sequence: number): Promise<EventArrivals> => {
  const newest = 'max(least(occurred_at_us, recorded_at_us))';
  const sql = `SELECT toString(if(count() = 0, ${noneBeforeUs}, ${newest})) FROM ${connection.table('experiment_events')} WHERE seq <= ${sequence}`;
  const [row] = await connection.rows<[string]>(sql);
  return { newestUs: Number(row?.[0] ?? noneBeforeUs) };
};

const ownColumns = (record: EventRecord): (string | number | null)[] => {
  const { seq, userId, occurredAtUs, recordedAtUs, orderValue, experiment, variant, accountType, eventType } = record;
  const amount = orderValue === null ? null : amountOf(orderValue, seq);
  // No key of an experiment is empty.
  const names = [experiment ?? '', variant, accountType, eventType ?? unknownLabel];
  return [seq, userId, occurredAtUs, recordedAtUs, amount, ...names];
};
