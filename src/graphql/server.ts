import {
  type DefinitionNode,
  type ExecutionArgs,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { schema } from '../../schema/schema.ts';
import { type Context, createContext, type Services } from '../context.ts';
import type { Principal } from '../domains/api-keys.ts';
import { DomainError, statusOfCode } from '../errors.ts';
import { challenge, keyOf } from '../http/credentials.ts';
import type { GuardedHandler } from '../http/request-guard.ts';
import { checkAccess } from './access.ts';
import { createDocumentCache } from './document-cache.ts';
import { documentsPlugin } from './documents-plugin.ts';
import { maskedErrorsOf, type ServerContext, toError, toGraphQLError, withGraphQLErrors } from './errors.ts';
import { createGraphiql } from './graphiql.ts';
import { checkOperation } from './limits.ts';
import { subscriptionsOf } from './subscriptions.ts';
import { DocumentResolver, type MayRun } from './trusted-documents/resolve-document.ts';
import type { TrustedDocuments } from './trusted-documents/trusted-documents.ts';

/** Characters of all documents whose parsed form is cached: about 100 MB of it in the worst case. */
const cachedLengthMax = 400_000;

/** The GraphQL API: one endpoint for operations and, in a browser, GraphiQL. */
export const createGraphql = (services: Services, documents: TrustedDocuments, log: Logger): GuardedHandler => {
  const resolver = new DocumentResolver(documents, services.config, mayRunOf(services));
  const yoga = createYoga<ServerContext, Context>({
    schema,
    context: ({ request, requestId }) =>
      createContext(services, { caller: callerOf(request, services), origin: new URL(request.url).origin, requestId }),
    graphqlEndpoint: '/graphql',
    landingPage: false,
    cors: false,
    graphiql: false,
    logging: false,
    parserAndValidationCache: {
      documentCache: createDocumentCache(cachedLengthMax),
      errorCache: createDocumentCache(cachedLengthMax),
    },
    // Yoga does not pass the request to this function, so `maskedErrorsOf` masks all errors.
    maskedErrors: { maskError: toError },
    plugins: [
      documentsPlugin(resolver, (request) => callerOf(request, services)),
      limitsOf(services),
      accessOf(services),
      subscriptionsOf(services.config),
      maskedErrorsOf(log),
    ],
  });
  const graphiql = createGraphiql();
  return async (request, requestId) => {
    const page = await graphiql(request);
    if (page) return page;
    const refusal = refuseUpload(request, services);
    if (refusal) return refusal;
    if (!services.ledger.ready) throw new DomainError('NOT_READY', 'the indices are being built');
    return yoga.fetch(request, { requestId });
  };
};

const callerOf = ({ headers }: Request, { apiKeys }: Services): Principal | null =>
  apiKeys.callerOf(keyOf((name) => headers.get(name) ?? undefined));

/** An upload is read before its operation is known, so callers without the scope are refused before that. */
const refuseUpload = (request: Request, services: Services): Response | undefined => {
  if (!request.headers.get('content-type')?.startsWith('multipart/')) return undefined;
  try {
    services.apiKeys.admit(callerOf(request, services), ['ingest']);
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { code, message } = error;
    const headers = code === 'UNAUTHENTICATED' ? challenge : {};
    return Response.json({ errors: [{ message, extensions: { code } }] }, { status: statusOfCode(code), headers });
  }
};

/** Whether a caller has the scopes of every operation of a text. */
const mayRunOf =
  ({ apiKeys, config }: Services): MayRun =>
  (text, caller) => {
    try {
      const document = limitedParse(config.queryTokensMax)(text);
      for (const operation of document.definitions)
        if (operation.kind === Kind.OPERATION_DEFINITION) checkAccess({ schema, document, operation }, apiKeys, caller);
      return true;
    } catch {
      // Yoga parses and checks it again, and says what is wrong.
      return false;
    }
  };

const accessOf = ({ apiKeys }: Services): Plugin<Context> => {
  const check = ({ args }: { args: ExecutionArgs }): void => {
    const operation = operationOf(args);
    const { caller } = args.contextValue as Context;
    if (operation) withGraphQLErrors(() => checkAccess({ ...args, operation }, apiKeys, caller));
  };
  return { onExecute: check, onSubscribe: check };
};

const limitsOf = ({ config }: Services): Plugin => {
  const check = ({ args }: { args: ExecutionArgs }): void => {
    const { schema: executedSchema, variableValues } = args;
    const operation = operationOf(args);
    if (!operation) return;
    // Raw variables lack their defaults. Variables that do not fit are refused when the operation is executed.
    const { coerced } = getVariableValues(executedSchema, operation.variableDefinitions ?? [], variableValues ?? {});
    if (coerced) withGraphQLErrors(() => checkOperation({ ...args, operation, variables: coerced }, config));
  };
  return {
    onParse: ({ setParseFn }) => setParseFn(limitedParse(config.queryTokensMax)),
    onExecute: check,
    // Each result costs as much as a query: a subscription is measured like one.
    onSubscribe: check,
  };
};

const limitedParse =
  (queryTokensMax: number): typeof parse =>
  (source, options) => {
    try {
      return parse(source, { ...options, maxTokens: queryTokensMax });
    } catch (error) {
      if (error instanceof RangeError)
        throw toGraphQLError(
          new DomainError('LIMIT_EXCEEDED', 'the document is nested too deep (setting queryDepthMax)'),
        );
      // graphql-js identifies this error by its message only.
      if (!(error instanceof Error && error.message.includes(`${queryTokensMax} tokens`))) throw error;
      const message = `the document has more than ${queryTokensMax} tokens (setting queryTokensMax)`;
      throw toGraphQLError(new DomainError('LIMIT_EXCEEDED', message));
    }
  };

const operationOf = ({ document, operationName }: ExecutionArgs): OperationDefinitionNode | undefined =>
  document.definitions.find(
    (definition: DefinitionNode): definition is OperationDefinitionNode =>
      definition.kind === 'OperationDefinition' && (!operationName || definition.name?.value === operationName),
  );
