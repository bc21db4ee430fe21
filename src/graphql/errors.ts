import { type ExecutionArgs, GraphQLError } from 'graphql';
import { createGraphQLError, handleStreamOrSingleExecutionResult, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context } from '../context.ts';
import { DomainError, statusOfCode } from '../errors.ts';
import { challenge } from '../http/credentials.ts';
import { internalErrorMessage } from '../http/response.ts';

/** A domain's error in the form of GraphQL, with the HTTP status of its code. */
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

/** Runs a check and throws its DomainError in the form of GraphQL. */
export const withGraphQLErrors = (check: () => void): void => {
  try {
    check();
  } catch (error) {
    throw error instanceof DomainError ? toGraphQLError(error) : error;
  }
};

/** Domain errors keep their code; a bug is logged, and the client learns only under which request id. */
export const maskError = (error: unknown, log: Logger, requestId: string): Error => {
  const original = error instanceof GraphQLError ? error.originalError : error;
  const cause = original instanceof GraphQLError ? original.originalError : original;
  if (cause instanceof DomainError) {
    const { message, extensions } = toGraphQLError(cause);
    if (!(error instanceof GraphQLError)) return createGraphQLError(message, { extensions });
    return createGraphQLError(message, { extensions, path: error.path, nodes: error.nodes ?? null });
  }
  // Errors of syntax, validation and coercion have no cause beside GraphQL's own.
  if (
    error instanceof GraphQLError &&
    (original === undefined || original === null || original instanceof GraphQLError)
  )
    return error;
  log.error({ err: error, requestId }, 'a request failed');
  const location = error instanceof GraphQLError ? { path: error.path, nodes: error.nodes ?? null } : {};
  return createGraphQLError(internalErrorMessage(requestId), {
    ...location,
    extensions: { code: 'INTERNAL', requestId },
  });
};

/** Masks the errors of results by the id of their request, which Yoga's own masking does not know. */
export const maskedErrorsOf = (log: Logger): Plugin<Context> => {
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
    onExecute: ({ args }) => ({ onExecuteDone: maskResults(args) }),
    onSubscribe: ({ args }) => ({
      onSubscribeResult: maskResults(args),
      onSubscribeError: ({ error, setError }) => setError(maskerOf(args)(error)),
    }),
  };
};
