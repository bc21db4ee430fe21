import { type FormattedExecutionResult, GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { DomainError, type ErrorCode, statusOfCode, storageFaultOf } from '../errors.ts';
import { challenge } from '../http/credentials.ts';
import { type HttpResponse, internalErrorMessage } from '../http/response.ts';
import { resultPieces } from './execution/text-result.ts';

export const jsonTypes = ['application/json', 'application/graphql-response+json'] as const;
export type JsonType = (typeof jsonTypes)[number];

/** What an operation answers, before it is written in a media type. */
export interface Answer {
  readonly result: FormattedExecutionResult;
  /** 200 once execution has begun. */
  readonly status: number;
  /**
   * The status as `application/json`, by which a client cannot tell a GraphQL server from what is in front of it: 200 for
   * every well-formed request (GraphQL over HTTP, 6.4.1).
   */
  readonly jsonStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A refused subscription, which is a stream of its errors for clients that accept streams. */
  readonly isOfSubscription?: true;
}

const noHeaders = {};

export const succeeded = (result: FormattedExecutionResult): Answer => ({
  result,
  status: 200,
  jsonStatus: 200,
  headers: noHeaders,
});

const unavailableCodes: readonly unknown[] = ['OUT_OF_SPACE', 'STORAGE_FAILED', 'OUTDATED'] satisfies ErrorCode[];

/**
 * The answer to an operation that was executed. One that gave nothing at all because the store cannot be written has the
 * status of a server that is unavailable, so that clients and proxies try again; any data keeps the status 200.
 */
export const executed = (result: FormattedExecutionResult): Answer => {
  const answer = succeeded(result);
  if (!result.errors?.every(({ extensions }) => unavailableCodes.includes(extensions?.code))) return answer;
  if (Object.values(result.data ?? {}).some((value) => value !== null)) return answer;
  return { ...answer, status: 503, jsonStatus: 503, headers: retryAfter(result.errors[0]?.extensions?.retryAfterMs) };
};

const retryAfter = (ms: unknown): Answer['headers'] =>
  typeof ms === 'number' ? { 'retry-after': String(Math.ceil(ms / 1000)) } : noHeaders;

/** Errors of a well-formed request whose document or variables do not fit the schema. */
export const requestErrors = (code: ErrorCode, errors: readonly GraphQLError[]): Answer => ({
  result: { errors: errors.map((error) => withCode(error, code).toJSON()) },
  status: statusOfCode(code),
  jsonStatus: 200,
  headers: noHeaders,
});

/** Messages of graphql-js contain the whole of a value that does not fit. */
const messageLengthMax = 2000;

/** The same error with a code, and without the value of an original error. */
export const withCode = ({ message, nodes, source, positions, path }: GraphQLError, code: ErrorCode): GraphQLError =>
  new GraphQLError(message.length > messageLengthMax ? `${message.slice(0, messageLengthMax)}…` : message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: { code },
  });

/** The extensions of a DomainError. */
export const extensionsOf = ({ code, problems, details }: DomainError): Record<string, unknown> => ({
  code,
  ...(problems.length > 0 ? { problems } : {}),
  ...details,
});

/** The answer to a request that is refused before its execution. Any error that is not a DomainError is a bug: it is logged and masked. */
export const refusalOf = (thrown: unknown, log: Logger, requestId: string): Answer => {
  const error = storageFaultOf(thrown) ?? thrown;
  if (!(error instanceof DomainError)) {
    const err = error instanceof Error ? error : new Error(String(error));
    log.error({ err, requestId }, 'a request failed');
    const message = internalErrorMessage(requestId);
    return refusal({ message, extensions: { code: 'INTERNAL', requestId } }, 500, noHeaders);
  }
  const { code, message, details } = error;
  const { retryAfterMs, acceptEncoding, allow } = details;
  const headers = {
    ...retryAfter(retryAfterMs),
    ...(typeof acceptEncoding === 'string' ? { 'accept-encoding': acceptEncoding } : {}),
    ...(typeof allow === 'string' ? { allow } : {}),
    ...(code === 'UNAUTHENTICATED' ? challenge : {}),
    // Its status is 200, which a cache may keep, and the next request registers the text.
    ...(code === 'PERSISTED_QUERY_NOT_FOUND' ? { 'cache-control': 'no-store' } : {}),
  };
  return refusal({ message, extensions: extensionsOf(error) }, statusOfCode(code), headers);
};

const refusal = (
  error: { readonly message: string; readonly extensions: Record<string, unknown> },
  status: number,
  headers: Answer['headers'],
): Answer => ({ result: { errors: [error] }, status, jsonStatus: status, headers });

/** An answer as HTTP, complete. */
export const httpResponseOf = ({ result, status, jsonStatus, headers }: Answer, type: JsonType): HttpResponse => ({
  status: type === 'application/json' ? jsonStatus : status,
  headers: headers === noHeaders ? headersOfType[type] : { ...headersOfType[type], ...headers },
  body: resultPieces(result),
});

const headersOfType: Readonly<Record<JsonType, Readonly<Record<string, string>>>> = {
  'application/json': { 'content-type': 'application/json; charset=utf-8' },
  'application/graphql-response+json': { 'content-type': 'application/graphql-response+json; charset=utf-8' },
};
