import type { Plugin } from 'graphql-yoga';
import type { Principal } from '../domains/api-keys.ts';
import { DomainError } from '../errors.ts';
import { withGraphQLErrors } from './errors.ts';
import type { DocumentParameters, DocumentResolver } from './trusted-documents/resolve-document.ts';

/** Puts the text that a request may run in place of what it sent, before Yoga looks at its parameters. */
export const documentsPlugin = (
  resolver: DocumentResolver,
  callerOf: (request: Request) => Principal | null,
): Plugin => ({
  onRequestParse: ({ request, url }) => {
    if (request.method !== 'GET') return undefined;
    return {
      onRequestParseDone({ requestParserResult, setRequestParserResult }) {
        // Yoga reads only the parameters that it knows from an address.
        const ids = url.searchParams.getAll('documentId');
        if (ids.length === 0) return;
        if (ids.length > 1)
          withGraphQLErrors(() => {
            throw new DomainError('BAD_REQUEST', 'documentId is there several times');
          });
        setRequestParserResult(Object.assign({}, requestParserResult, { documentId: ids[0] }));
      },
    };
  },
  onParams({ request, params, setParams }) {
    // Yoga refuses what is no object, and lists of operations.
    if (typeof params !== 'object' || params === null || Array.isArray(params)) return;
    const { documentId: _documentId, ...others } = params as typeof params & DocumentParameters;
    withGraphQLErrors(() => {
      const { text } = resolver.resolve(params as DocumentParameters, callerOf(request));
      setParams({ ...others, query: text });
    });
  },
});
