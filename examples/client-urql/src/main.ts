import { createClient } from './client.ts';
import {
  EventsAfterDocument,
  type EventsAfterSubscription,
  PurchasesDocument,
  type PurchasesQuery,
  RecordEventsDocument,
  RevenueByStatusDocument,
} from './generated/graphql.ts';

const client = createClient(process.env.ASOF_URL ?? 'http://127.0.0.1:4000', process.env.ASOF_KEY);
const userIds = ['ada', 'bo'];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Revenue by status: a query with types for its variables and its result. */
const printRevenue = async (): Promise<void> => {
  const { data, error } = await client.query(RevenueByStatusDocument, { userIds });
  if (!data?.enrichedAggregate) throw error ?? new Error('no data');
  // Amounts are text: a JavaScript number would round them.
  for (const { key, measures } of data.enrichedAggregate.nodes)
    print(`${key.userStatus}: ${measures.sum} in ${measures.count} purchases`);
};

type Purchases = NonNullable<PurchasesQuery['transactions']>;

/** The purchases up to a page: graphcache adds it to the pages before. */
const readPage = async (after: string | null): Promise<Purchases> => {
  const { data, error } = await client.query(PurchasesDocument, { userIds, first: 2, after });
  if (!data?.transactions) throw error ?? new Error('no data');
  print(`${data.transactions.edges.length} of ${data.transactions.totalCount} purchases`);
  return data.transactions;
};

const readPurchases = async (): Promise<Purchases> => {
  let read = await readPage(null);
  while (read.pageInfo.hasNextPage) read = await readPage(read.pageInfo.endCursor);
  return read;
};

/** The first event after the sequence number. */
const firstEvent = (sequence: number): Promise<NonNullable<EventsAfterSubscription['eventRecorded']>> =>
  new Promise((resolve, reject) => {
    const { unsubscribe } = client
      .subscription(EventsAfterDocument, { experiment: 'checkout', sequence })
      .subscribe(({ data, error }) => {
        if (error) reject(error);
        if (!data?.eventRecorded) return;
        unsubscribe();
        resolve(data.eventRecorded);
      });
  });

const recordEvent = async (userId: string): Promise<void> => {
  const event = { userId, occurredAt: '2026-01-02T10:00:00Z', variant: 'A', accountType: 'free' };
  const { data, error } = await client.mutation(RecordEventsDocument, {
    input: { experiment: 'checkout', events: [event] },
  });
  if (!data?.recordEvents) throw error ?? new Error('no data');
  if ('message' in data.recordEvents) throw new Error(data.recordEvents.message);
  print(`${data.recordEvents.accepted} event recorded`);
};

await printRevenue();
const { edges } = await readPurchases();
print(`the last is of ${edges.at(-1)?.node.occurredAt}`);
// The same question again is answered by the cache, without a request.
await printRevenue();
const event = firstEvent(0);
await recordEvent('ada');
const { userId, variant } = await event;
print(`${userId} saw variant ${variant}`);
