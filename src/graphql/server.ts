import {
  type DefinitionNode,
  type ExecutionArgs,
  GraphQLError,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { createGraphQLError, createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { schema } from '../../schema/schema.ts';
import type { Config } from '../config.ts';
import { type Context, createContext, type Shared } from '../context.ts';
import type { Principal } from '../domains/api-keys.ts';
import { DomainError, statusOfCode } from '../errors.ts';
import { challenge, keyOf } from '../http/credentials.ts';
import type { Handler } from '../http/request-guard.ts';
import { checkAccess } from './access.ts';
import { createDocumentCache } from './document-cache.ts';
import { createGraphiql } from './graphiql.ts';
import { checkOperation } from './limits.ts';
import { subscriptionsOf } from './subscriptions.ts';

/** Characters of all documents whose parsed form is kept; some 100 MB of it when they are of the worst kind. */
const cachedLengthMax = 400_000;

/** The GraphQL face: one endpoint for operations and, in a browser, GraphiQL. */
export const createGraphql = (shared: Shared, log: Logger): Handler => {
  const yoga = createYoga<object, Context>({
    schema,
    context: ({ request }) => createContext(shared, callerOf(request, shared), new URL(request.url).origin),
    graphqlEndpoint: '/graphql',
    landingPage: false,
    cors: false,
    graphiql: false,
    logging: false,
    parserAndValidationCache: {
      documentCache: createDocumentCache(cachedLengthMax),
      errorCache: createDocumentCache(cachedLengthMax),
    },
    maskedErrors: { maskError: (error) => maskError(error, log) },
    plugins: [limitsOf(shared), accessOf(shared), subscriptionsOf(shared.config, translated)],
  });
  const graphiql = createGraphiql();
  return async (request) => {
    const page = await graphiql(request);
    if (page) return page;
    const refusal = refuseUpload(request, shared);
    if (refusal) return refusal;
    if (!shared.ledger.ready) throw new DomainError('NOT_READY', 'the indices are being built');
    return yoga.fetch(request, {});
  };
};

const callerOf = ({ headers }: Request, { apiKeys }: Shared): Principal | null =>
  apiKeys.callerOf(keyOf((name) => headers.get(name) ?? undefined));

/** An upload is read before it is known what it asks for: whoever may not call at all should not cost that much. */
const refuseUpload = (request: Request, shared: Shared): Response | undefined => {
  if (!request.headers.get('content-type')?.startsWith('multipart/')) return undefined;
  try {
    shared.apiKeys.admit(callerOf(request, shared), ['ingest']);
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { code, message } = error;
    const headers = code === 'UNAUTHENTICATED' ? challenge : {};
    return Response.json({ errors: [{ message, extensions: { code } }] }, { status: statusOfCode(code), headers });
  }
};

const accessOf = ({ apiKeys }: Shared): Plugin<Context> => {
  const check = ({ args }: { args: ExecutionArgs }): void => {
    const { schema: running, document, contextValue } = args;
    const operation = operationOf(args);
    if (!operation) return;
    try {
      checkAccess(running, document, operation, apiKeys, (contextValue as Context).caller);
    } catch (error) {
      if (error instanceof DomainError) throw translated(error);
      throw error;
    }
  };
  return { onExecute: check, onSubscribe: check };
};

const limitsOf = ({ config, config: { queryTokensMax } }: Shared): Plugin => ({
  onParse({ setParseFn }) {
    setParseFn((source, options) => {
      try {
        return parse(source, { ...options, maxTokens: queryTokensMax });
      } catch (error) {
        if (error instanceof RangeError)
          throw translated(
            new DomainError('LIMIT_EXCEEDED', 'the document is nested too deep (setting queryDepthMax)'),
          );
        // graphql-js tells it by its message only.
        if (!(error instanceof Error && error.message.includes(`${queryTokensMax} tokens`))) throw error;
        const message = `the document has more than ${queryTokensMax} tokens (setting queryTokensMax)`;
        throw translated(new DomainError('LIMIT_EXCEEDED', message));
      }
    });
  },
  onExecute: ({ args }) => checkSize(args, config),
  // For each of its results: a subscription is measured like a query that is asked once.
  onSubscribe: ({ args }) => checkSize(args, config),
});

type Asked = Pick<ExecutionArgs, 'schema' | 'document' | 'variableValues' | 'operationName'>;

const operationOf = ({ document, operationName }: Asked): OperationDefinitionNode | undefined =>
  document.definitions.find(
    (definition: DefinitionNode): definition is OperationDefinitionNode =>
      definition.kind === 'OperationDefinition' && (!operationName || definition.name?.value === operationName),
  );

const checkSize = (asked: Asked, config: Config): void => {
  const { schema: running, document, variableValues } = asked;
  const operation = operationOf(asked);
  if (!operation) return;
  // As given they lack their defaults. Those that do not fit are refused when the operation is executed.
  const { coerced } = getVariableValues(running, operation.variableDefinitions ?? [], variableValues ?? {});
  if (!coerced) return;
  try {
    checkOperation(running, document, operation, coerced, config);
  } catch (error) {
    if (error instanceof DomainError) throw translated(error);
    throw error;
  }
};

/** A domain's fault as GraphQL says it, with the HTTP status of its code. */
const translated = (error: DomainError): GraphQLError => {
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

/** Faults pass with their code, bugs are logged and say nothing of themselves. */
const maskError = (error: unknown, log: Logger): Error => {
  const original = error instanceof GraphQLError ? error.originalError : error;
  const cause = original instanceof GraphQLError ? original.originalError : original;
  if (cause instanceof DomainError) {
    const { message, extensions } = translated(cause);
    if (!(error instanceof GraphQLError)) return createGraphQLError(message, { extensions });
    return createGraphQLError(message, { extensions, path: error.path, nodes: error.nodes ?? null });
  }
  // Syntax, validation and coercion errors have no cause that is not GraphQL's own.
  if (
    error instanceof GraphQLError &&
    (original === undefined || original === null || original instanceof GraphQLError)
  )
    return error;
  log.error(error, 'a request failed');
  const place = error instanceof GraphQLError ? { path: error.path, nodes: error.nodes ?? null } : {};
  return createGraphQLError('internal error; see the log', { ...place, extensions: { code: 'INTERNAL' } });
};
