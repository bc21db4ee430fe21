import { type ExecutionArgs, GraphQLError } from 'graphql';
import { createGraphQLError, handleStreamOrSingleExecutionResult, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context } from '../context.ts';
import { DomainError, statusOfCode } from '../errors.ts';
import { challenge } from '../http/credentials.ts';
import { internalErrorMessage } from '../http/response.ts';

/** A DomainError as a GraphQLError, with the HTTP status of its code. */
export const toGraphQLError = (error: DomainError): GraphQLError => {
  const { code, message, problems, details } = error;
  const { retryAfterMs } = details;
  const headers = {
    ...(typeof retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } : {}),
    ...(code === 'UNAUTHENTICATED' ? challenge : {}),
  };
  return createGraphQLError(message, {
    extensions: {
      code,
      ...(problems.length > 0 ? { problems } : {}),
      ...details,
      http: { status: statusOfCode(code), headers },
    },
  });
};

/** Runs a check and throws its DomainError as a GraphQLError. */
export const withGraphQLErrors = (check: () => void): void => {
  try {
    check();
  } catch (error) {
    throw error instanceof DomainError ? toGraphQLError(error) : error;
  }
};

/** What the request guard passes to Yoga with a request. */
export interface ServerContext {
  readonly requestId: string;
}

/** A thrown value as an Error, which Yoga requires. */
export const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Domain errors keep their code; any other error is a bug: it is logged, and the client receives only the request id. */
const maskError = (error: unknown, log: Logger, requestId: string): Error => {
  const original = error instanceof GraphQLError ? error.originalError : error;
  const cause = original instanceof GraphQLError ? original.originalError : original;
  if (cause instanceof DomainError) {
    const { message, extensions } = toGraphQLError(cause);
    if (!(error instanceof GraphQLError)) return createGraphQLError(message, { extensions });
    return createGraphQLError(message, { extensions, path: error.path, nodes: error.nodes ?? null });
  }
  // Errors of syntax and coercion have no cause other than GraphQL's own errors. The cause of a validation error can be the
  // error of a scalar; only errors of validation have nodes but no path.
  const isOfGraphQL = original === undefined || original === null || original instanceof GraphQLError;
  if (error instanceof GraphQLError && (isOfGraphQL || (error.nodes && !error.path))) return error;
  log.error({ err: error, requestId }, 'a request failed');
  const location = error instanceof GraphQLError ? { path: error.path, nodes: error.nodes ?? null } : {};
  return createGraphQLError(internalErrorMessage(requestId), {
    ...location,
    extensions: { code: 'INTERNAL', requestId },
  });
};

/**
 * Masks errors with the id of their request, which Yoga's own masking does not know: those of an execution, and those
 * outside of one, for example while the context is created.
 */
export const maskedErrorsOf = (log: Logger): Plugin<Context, ServerContext> => {
  const maskerOf = ({ contextValue }: ExecutionArgs) => {
    const { requestId } = contextValue as Context;
    return (error: unknown) => maskError(error, log, requestId);
  };
  const maskResults = (args: ExecutionArgs) => {
    const mask = maskerOf(args);
    return (payload: Parameters<typeof handleStreamOrSingleExecutionResult>[0]) =>
      handleStreamOrSingleExecutionResult(payload, ({ result, setResult }) => {
        if (result.errors) setResult({ ...result, errors: result.errors.map(mask) as GraphQLError[] });
      });
  };
  return {
    onResultProcess({ result, setResult, serverContext: { requestId } }) {
      // The events of a stream have been masked one by one, and an error that has been masked stays as it is.
      if (!('errors' in result) || !result.errors) return;
      const errors = result.errors.map((error) => maskError(error, log, requestId) as GraphQLError);
      setResult({ ...result, errors });
    },
    onExecute: ({ args }) => ({ onExecuteDone: maskResults(args) }),
    onSubscribe: ({ args }) => ({
      onSubscribeResult: maskResults(args),
      onSubscribeError: ({ error, setError }) => setError(maskerOf(args)(error)),
    }),
  };
};
