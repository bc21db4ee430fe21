import { CombinedError } from 'urql';

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

export const offlineProblem: Problem = {
  kind: 'offline',
  code: 'OFFLINE',
  message: 'Check that this device is connected and that the server runs. Figures that are still shown may be old.',
};

/** The problem behind an error of the client. Statuses without a GraphQL answer are those of proxies or of a stopped server. */
export const problemOf = ({ graphQLErrors }: CombinedError): Problem => {
  const [first] = graphQLErrors;
  if (first) {
    const code = typeof first.extensions.code === 'string' ? first.extensions.code : 'INTERNAL';
    return { kind: kinds[code] ?? 'server', code, message: first.message };
  }
  return offlineProblem;
};

/** What to say about anything that was thrown. `fetch` throws a TypeError without an answer, in words of the browser. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof CombinedError) return problemOf(error).message;
  if (error instanceof TypeError) return offlineProblem.message;
  return error instanceof Error ? error.message : String(error);
};

/** Why a mutation did nothing: the error of its union, or that of the request; undefined when it succeeded. */
export const refusalOf = (result: object | null | undefined, error: CombinedError | undefined): string | undefined => {
  if (error) return problemOf(error).message;
  return result && 'message' in result ? String(result.message) : undefined;
};
