import { persistedExchange } from '@urql/exchange-persisted';
import { createClient as createEventClient } from 'graphql-sse';
import { Client, cacheExchange, type ExecutionResult, fetchExchange, subscriptionExchange } from 'urql';
import { hashOfDocument } from '../generated/document-ids.ts';

const endpoint = '/graphql';

/** The longest wait before the connection for events is tried again, milliseconds. */
const retryMsMax = 10_000;

/** Waits longer after each failure, and not at all once the browser says that it is connected again. */
const waitToRetry = async (failures: number): Promise<void> => {
  const ms = Math.min(retryMsMax, 500 * 2 ** failures) * (0.75 + Math.random() / 2);
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener('online', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener('online', end);
  });
};

/** Subscriptions by one stream of events each; `onLost` is called when one has broken, before it is made again. */
const createEvents = (headers: Record<string, string>, onLost: () => void) => {
  const events = createEventClient({
    url: endpoint,
    headers,
    retryAttempts: Number.POSITIVE_INFINITY,
    retry(failures) {
      onLost();
      return waitToRetry(failures);
    },
  });
  return {
    subscribe(request: Parameters<typeof events.subscribe>[0], sink: Parameters<typeof events.subscribe>[1]) {
      let isStopped = false;
      let end = (): void => undefined;
      const start = (): void => {
        if (isStopped) return;
        end = events.subscribe(request, {
          next: (result) => sink.next(result),
          error: (error) => sink.error(error),
          complete() {
            // Changes have no end: a server that stops ends the stream in good order.
            if (isStopped) return;
            onLost();
            void waitToRetry(0).then(start);
          },
        });
      };
      start();
      return () => {
        isStopped = true;
        end();
      };
    },
  };
};

/**
 * A client that sends ids of the documents in `generated`, no text. Its cache is of documents: a mutation makes those with
 * the same types be read again.
 */
export const createUiClient = (headers: Record<string, string>, onLost: () => void): Client => {
  const events = createEvents(headers, onLost);
  return new Client({
    url: endpoint,
    // Variables such as a thousand addresses are too long for a URL: these are posted.
    preferGetMethod: 'within-url-limit',
    fetchOptions: { headers },
    exchanges: [
      cacheExchange,
      persistedExchange({
        enforcePersistedQueries: true,
        enableForMutation: true,
        enableForSubscriptions: true,
        preferGetForPersistedQueries: 'within-url-limit',
        generateHash: async (_text, document) => hashOfDocument(document),
      }),
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {}, extensions = {} }) => ({
          subscribe: (sink) => ({
            // Without text: the id in the extensions stands for it.
            unsubscribe: events.subscribe(
              { query, variables: { ...variables }, extensions },
              {
                next: (result) => sink.next(result as ExecutionResult),
                error: (error) => sink.error(error),
                complete: () => sink.complete(),
              },
            ),
          }),
        }),
      }),
      fetchExchange,
    ],
  });
};
