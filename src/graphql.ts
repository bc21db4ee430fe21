import { type DefinitionNode, GraphQLError, parse } from 'graphql';
import { createGraphQLError, createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { schema } from '../schema/schema.ts';
import { type Context, createContext, type Shared } from './context.ts';
import { DomainError, statusOfCode } from './errors.ts';
import { checkOperation } from './graphql-limits.ts';
import type { Handler } from './web/gate.ts';
import { createGraphiql } from './web/graphiql.ts';

/** The GraphQL face: one endpoint for operations and, in a browser, GraphiQL. */
export const createGraphql = (shared: Shared, log: Logger): Handler => {
  const yoga = createYoga<object, Context>({
    schema,
    context: () => createContext(shared),
    graphqlEndpoint: '/graphql',
    landingPage: false,
    cors: false,
    graphiql: false,
    logging: false,
    maskedErrors: { maskError: (error) => maskError(error, log) },
    plugins: [limitsOf(shared)],
  });
  const graphiql = createGraphiql();
  return async (request) => {
    const page = await graphiql(request);
    if (page) return page;
    if (!shared.ledger.ready) throw new DomainError('NOT_READY', 'the indices are being built');
    return yoga.fetch(request, {});
  };
};

const limitsOf = ({ config }: Shared): Plugin => ({
  onParse({ params, setParseFn }) {
    setParseFn((source, options) => {
      try {
        return parse(source, { ...options, maxTokens: config.queryTokensMax });
      } catch (error) {
        const tooMany = error instanceof Error && error.message.includes('token limit') && String(params.source).length > 0;
        if (!tooMany) throw error;
        throw translated(
          new DomainError('LIMIT_EXCEEDED', `the document has more than ${config.queryTokensMax} tokens (setting queryTokensMax)`),
        );
      }
    });
  },
  onExecute({ args: { schema: running, document, variableValues, operationName } }) {
    const operation = document.definitions.find(
      (definition: DefinitionNode) =>
        definition.kind === 'OperationDefinition' && (!operationName || definition.name?.value === operationName),
    );
    if (operation?.kind !== 'OperationDefinition') return;
    try {
      checkOperation(running, document, operation, variableValues ?? {}, config);
    } catch (error) {
      if (error instanceof DomainError) throw translated(error);
      throw error;
    }
  },
});

/** A domain's fault as GraphQL says it, with the HTTP status of its code. */
const translated = (error: DomainError): GraphQLError => {
  const { code, message, problems, details } = error;
  return createGraphQLError(message, {
    extensions: {
      code,
      ...(problems.length > 0 ? { problems } : {}),
      ...details,
      http: { status: statusOfCode(code) },
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
  if (error instanceof GraphQLError && (original === undefined || original === null || original instanceof GraphQLError))
    return error;
  log.error(error, 'a request failed');
  return createGraphQLError('internal error; see the log', { extensions: { code: 'INTERNAL' } });
};
