import type { CombinedError } from 'urql';

/** What went wrong, in words that say what to do. */
export interface Problem {
  readonly kind: 'offline' | 'noKey' | 'noScope' | 'refused' | 'server';
  readonly code: string;
  readonly message: string;
}

const kinds: Readonly<Record<string, Problem['kind']>> = {
  UNAUTHENTICATED: 'noKey',
  FORBIDDEN: 'noScope',
  BAD_REQUEST: 'refused',
  NOT_FOUND: 'refused',
};

/** The problem behind an error of the client. Statuses without a GraphQL answer are those of proxies or of a stopped server. */
export const problemOf = ({ networkError, graphQLErrors }: CombinedError): Problem => {
  const [first] = graphQLErrors;
  if (first) {
    const code = typeof first.extensions.code === 'string' ? first.extensions.code : 'INTERNAL';
    return { kind: kinds[code] ?? 'server', code, message: first.message };
  }
  const message = networkError?.message ?? 'The server did not answer.';
  return { kind: 'offline', code: 'OFFLINE', message };
};

/** Why a mutation did nothing: the error of its union, or that of the request; undefined when it succeeded. */
export const refusalOf = (result: object | null | undefined, error: CombinedError | undefined): string | undefined =>
  error?.message ?? (result && 'message' in result ? String(result.message) : undefined);
