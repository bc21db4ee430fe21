import { filter, firstValueFrom } from 'rxjs';
import { createClient } from './client.ts';
import {
  EventsAfterDocument,
  type EventsAfterSubscription,
  PurchasesDocument,
  RecordEventsDocument,
  RevenueByStatusDocument,
} from './generated/graphql.ts';

const client = createClient(process.env.ASOF_URL ?? 'http://127.0.0.1:4000', process.env.ASOF_KEY);
const userIds = ['ada', 'bo'];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Revenue by status: a query with types for its variables and its result. */
const printRevenue = async (): Promise<void> => {
  const { data } = await client.query({ query: RevenueByStatusDocument, variables: { userIds } });
  if (!data?.enrichedAggregate) throw new Error('no data');
  // Amounts are text: a JavaScript number would round them.
  for (const { key, measures } of data.enrichedAggregate.nodes)
    print(`${key.userStatus}: ${measures.sum} in ${measures.count} purchases`);
};

/** All purchases, page by page: the cache adds each page to the list of those before. Returns the time of the last. */
const readPurchases = async (): Promise<string | undefined> => {
  const variables = { userIds, first: 2 };
  const list = client.watchQuery({ query: PurchasesDocument, variables });
  await firstValueFrom(list.pipe(filter(({ loading }) => !loading)));
  for (;;) {
    const { data, dataState } = list.getCurrentResult();
    if (dataState !== 'complete' || !data.transactions) throw new Error('no data');
    const { edges, pageInfo, totalCount } = data.transactions;
    print(`${edges.length} of ${totalCount} purchases`);
    if (!pageInfo.hasNextPage) return edges.at(-1)?.node.occurredAt;
    await list.fetchMore({ variables: { after: pageInfo.endCursor } });
  }
};

/** The first event after the sequence number. */
const firstEvent = (sequence: number): Promise<NonNullable<EventsAfterSubscription['eventRecorded']>> =>
  new Promise((resolve, reject) => {
    const events = client.subscribe({ query: EventsAfterDocument, variables: { experiment: 'checkout', sequence } });
    const subscription = events.subscribe({
      next({ data, error }) {
        if (error) reject(error);
        if (!data?.eventRecorded) return;
        subscription.unsubscribe();
        resolve(data.eventRecorded);
      },
      error: reject,
    });
  });

const recordEvent = async (userId: string): Promise<void> => {
  const event = { userId, occurredAt: '2026-01-02T10:00:00Z', variant: 'A', accountType: 'free' };
  const { data } = await client.mutate({
    mutation: RecordEventsDocument,
    variables: { input: { experiment: 'checkout', events: [event] } },
  });
  if (!data?.recordEvents) throw new Error('no data');
  if ('message' in data.recordEvents) throw new Error(data.recordEvents.message);
  print(`${data.recordEvents.accepted} event recorded`);
};

await printRevenue();
print(`the last is of ${await readPurchases()}`);
// The same question again is answered by the cache, without a request.
await printRevenue();
const event = firstEvent(0);
await recordEvent('ada');
const { userId, variant } = await event;
print(`${userId} saw variant ${variant}`);
client.stop();
