import {
  Client,
  type ExecutionResult,
  fetchExchange,
  type SubscriptionForwarder,
  subscriptionExchange,
} from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { persistedExchange } from '@urql/exchange-persisted';
import { createClient as createEventClient } from 'graphql-sse';
import { hashOfDocument } from './generated/document-ids.ts';
import { keys } from './generated/graphcache.ts';
import schema from './generated/schema.json' with { type: 'json' };

/** Subscriptions over server-sent events. They end when the subscriber leaves. */
const forwarderOf = (endpoint: string, headers: Record<string, string>): SubscriptionForwarder => {
  const events = createEventClient({ url: endpoint, headers });
  return ({ query = '', variables = {}, extensions = {} }) => ({
    subscribe: (sink) => {
      // Without text: the id in the extensions stands for it.
      const request = { query, variables: { ...variables }, extensions };
      const unsubscribe = events.subscribe(request, {
        next: (result) => sink.next(result as ExecutionResult),
        error: (error) => sink.error(error),
        complete: () => sink.complete(),
      });
      return { unsubscribe };
    },
  });
};

/** The server at a URL like `http://127.0.0.1:4000`, behind a normalized cache. Sends ids of documents, no text. */
export const createClient = (url: string, key: string | undefined): Client => {
  const endpoint = `${url}/graphql`;
  const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key };
  return new Client({
    url: endpoint,
    fetchOptions: { headers },
    exchanges: [
      cacheExchange({ schema, keys, resolvers: { Query: { transactions: relayPagination() } } }),
      persistedExchange({
        enforcePersistedQueries: true,
        enableForMutation: true,
        enableForSubscriptions: true,
        // A GET, which the browser may answer from its cache after it has asked for the ETag.
        preferGetForPersistedQueries: true,
        generateHash: async (_text, document) => hashOfDocument(document),
      }),
      subscriptionExchange({ forwardSubscription: forwarderOf(endpoint, headers) }),
      fetchExchange,
    ],
  });
};
