import { type DefinitionNode, type ExecutionArgs, GraphQLError, getVariableValues, parse } from 'graphql';
import { createGraphQLError, createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { schema } from '../schema/schema.ts';
import type { Config } from './config.ts';
import { type Context, createContext, type Shared } from './context.ts';
import { DomainError, statusOfCode } from './errors.ts';
import { createDocumentCache } from './graphql-documents.ts';
import { checkOperation } from './graphql-limits.ts';
import { subscriptionsOf } from './graphql-subscriptions.ts';
import type { Handler } from './web/gate.ts';
import { createGraphiql } from './web/graphiql.ts';

/** Characters of all documents whose parsed form is kept; some 100 MB of it when they are of the worst kind. */
const cachedLengthMax = 400_000;

/** The GraphQL face: one endpoint for operations and, in a browser, GraphiQL. */
export const createGraphql = (shared: Shared, log: Logger): Handler => {
  const yoga = createYoga<object, Context>({
    schema,
    context: ({ request }) => createContext(shared, new URL(request.url).origin),
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
    plugins: [limitsOf(shared), subscriptionsOf(shared.config, translated)],
  });
  const graphiql = createGraphiql();
  return async (request) => {
    const page = await graphiql(request);
    if (page) return page;
    if (!shared.ledger.ready) throw new DomainError('NOT_READY', 'the indices are being built');
    return yoga.fetch(request, {});
  };
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

const checkSize = ({ schema: running, document, variableValues, operationName }: Asked, config: Config): void => {
  const operation = document.definitions.find(
    (definition: DefinitionNode) =>
      definition.kind === 'OperationDefinition' && (!operationName || definition.name?.value === operationName),
  );
  if (operation?.kind !== 'OperationDefinition') return;
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
  const headers = typeof retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } : {};
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
