import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { schema } from '../../schema/schema.ts';
import { DomainError } from '../errors.ts';

const timeoutMs = 30_000;

/** The schema of this program. */
export const builtInSchema = (): GraphQLSchema => schema;

/** The GraphQL endpoint of a URL that may name the server only. Throws BAD_REQUEST. */
const endpointOf = (url: string): URL => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new DomainError('BAD_REQUEST', `${url} is no URL like http://127.0.0.1:4000 (option --url)`);
  const endpoint = new URL(url);
  if (endpoint.pathname === '/') endpoint.pathname = '/graphql';
  return endpoint;
};

/**
 * The schema of a running server. Throws BAD_REQUEST for a malformed URL and SOURCE_UNREACHABLE when the server cannot be
 * reached, or answers something else than its schema.
 */
export const serverSchema = async (url: string, key: string | undefined): Promise<GraphQLSchema> => {
  const endpoint = endpointOf(url);
  const answer = await introspect(endpoint, key);
  const { data, errors, error } = answer as Answer;
  if (data?.__schema) return buildClientSchema(data);
  const message = errors?.[0]?.message ?? error?.message ?? 'the answer has no schema';
  throw new DomainError('SOURCE_UNREACHABLE', `${endpoint.href} does not show its schema: ${message}`);
};

interface Answer {
  readonly data?: IntrospectionQuery | null;
  readonly errors?: readonly { readonly message: string }[];
  readonly error?: { readonly message: string };
}

const introspect = async (endpoint: URL, key: string | undefined): Promise<object> => {
  const query = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true });
  const request = {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'x-api-key': key }),
    },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(timeoutMs),
  };
  const fail = (reason: string, cause?: unknown): never => {
    throw new DomainError('SOURCE_UNREACHABLE', `${endpoint.href} cannot be read: ${reason}`, { cause });
  };
  try {
    const response = await fetch(endpoint, request);
    const body: unknown = await response.json().catch(() => null);
    return typeof body === 'object' && body !== null ? body : fail(`status ${response.status}, and no JSON`);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const { cause, message } = error as Error;
    return fail(cause instanceof Error && cause.message !== '' ? cause.message : message, error);
  }
};
