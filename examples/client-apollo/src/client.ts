import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } from '@apollo/client/core';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { createClient as createEventClient } from 'graphql-sse';
import { hashOfDocument } from './generated/document-ids.ts';
import { possibleTypes } from './generated/possible-types.ts';

interface Server {
  /** Like `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Subscriptions over server-sent events, which Apollo has no link for. Ends when the subscriber leaves. */
const eventStreamLink = ({ url, headers }: Server): ApolloLink => {
  const events = createEventClient({ url: `${url}/graphql`, headers: { ...headers } });
  return new ApolloLink(
    ({ operationName = '', variables, query }) =>
      new Observable<ApolloLink.Result>((observer) => {
        const persistedQuery = { version: 1, sha256Hash: hashOfDocument(query) };
        // The id stands for the text.
        const request = { query: '', operationName, variables, extensions: { persistedQuery } };
        return events.subscribe(request, {
          next: (result) => observer.next(result as ApolloLink.Result),
          error: (error) => observer.error(error),
          complete: () => observer.complete(),
        });
      }),
  );
};

/** The server behind a normalized cache. Sends ids of documents, no text. */
export const createClient = (url: string, key: string | undefined): ApolloClient => {
  const server: Server = { url, headers: key === undefined ? {} : { 'x-api-key': key } };
  const requests = ApolloLink.from([
    // Queries by GET, which the browser may answer from its cache after it has asked for the ETag.
    new PersistedQueryLink({ generateHash: (document) => hashOfDocument(document), useGETForHashedQueries: true }),
    new HttpLink({ uri: `${url}/graphql`, headers: server.headers }),
  ]);
  return new ApolloClient({
    cache: new InMemoryCache({
      possibleTypes,
      // Pages with the same filter are one list.
      typePolicies: { Query: { fields: { transactions: relayStylePagination(['where']) } } },
    }),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      eventStreamLink(server),
      requests,
    ),
  });
};
