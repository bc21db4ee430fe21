import { persistedExchange } from '@urql/exchange-persisted';
import { createClient as createEventClient } from 'graphql-sse';
import { Client, cacheExchange, type ExecutionResult, fetchExchange, subscriptionExchange } from 'urql';
import { hashOfDocument } from '../generated/document-ids.ts';

const endpoint = '/graphql';

/**
 * A client that sends ids of the documents in `generated`, no text. Its cache is of documents: a mutation makes those with
 * the same types be read again.
 */
export const createUiClient = (headers: Record<string, string>): Client => {
  const events = createEventClient({ url: endpoint, headers, retryAttempts: Number.POSITIVE_INFINITY });
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
