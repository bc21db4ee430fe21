import { type ExecutionResult, type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { DomainError, storageFaultOf } from '../errors.ts';
import { internalErrorMessage } from '../http/response.ts';
import { extensionsOf, withCode } from './answer.ts';
import { withErrors } from './execution/text-result.ts';

/** A result whose errors are coded: a DomainError keeps its code, any other error is a bug, which is logged and masked. */
export const maskResult = (result: ExecutionResult, log: Logger, requestId: string): FormattedExecutionResult => {
  if (!result.errors) return result as FormattedExecutionResult;
  return withErrors(
    result,
    result.errors.map((error) => maskError(error, log, requestId)),
  );
};

/** In the form of `GraphQLError.toJSON`, without another error: there may be many, and each would cost its stack. */
const maskError = (error: GraphQLError, log: Logger, requestId: string): GraphQLFormattedError => {
  const { message, extensions } = codedErrorOf(error, log, requestId);
  const { locations, path } = error;
  return { message, ...(locations ? { locations } : {}), ...(path ? { path } : {}), extensions };
};

const codedErrorOf = (
  error: GraphQLError,
  log: Logger,
  requestId: string,
): Pick<GraphQLError, 'message' | 'extensions'> => {
  const thrown = causeOf(error);
  const cause = storageFaultOf(thrown) ?? thrown;
  if (cause instanceof DomainError) return { message: cause.message, extensions: extensionsOf(cause) };
  // Without a cause it is an argument that does not fit because of a variable.
  if (cause instanceof GraphQLError && isOfRequest(cause)) return withCode(error, 'BAD_USER_INPUT');
  log.error({ err: error, requestId }, 'a request failed');
  return { message: internalErrorMessage(requestId), extensions: { code: 'INTERNAL', requestId } };
};

/** What was thrown. */
const causeOf = (error: GraphQLError): unknown => {
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
};

/**
 * graphql-js throws an error with nodes for an argument, and one without for a result that its type cannot serialize. Pothos
 * throws subclasses for arguments.
 */
const isOfRequest = (cause: GraphQLError): boolean => cause.nodes !== undefined || cause.constructor !== GraphQLError;
