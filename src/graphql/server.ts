import type { ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import { schema } from '../../schema/schema.ts';
import type { Services } from '../context.ts';
import { DomainError } from '../errors.ts';
import { keyOf } from '../http/credentials.ts';
import { readParts } from '../http/limited-body.ts';
import { FetchRequest, mediaTypeOf } from '../http/request.ts';
import type { GuardedFace } from '../http/request-guard.ts';
import { toResponse } from '../http/response.ts';
import { type Accepted, createAcceptReader } from './accept.ts';
import { type Answer, httpResponseOf, type JsonType } from './answer.ts';
import { createDocuments } from './documents.ts';
import { eventStreamOf, singleResult } from './event-stream.ts';
import { createGraphiql } from './graphiql.ts';
import { observeOperations } from './observed-operations.ts';
import {
  createOperations,
  executeWith,
  isPrepared,
  leave,
  type OperationRequest,
  type Operations,
  prepareInStages,
} from './operations.ts';
import { parametersOfForm, type RequestParameters } from './parameters.ts';
import { checkContentType, multipartType, parametersIn, readBytes } from './read-parameters.ts';
import { createReads, rowFormatOf } from './reads.ts';
import type { StreamedResult } from './subscriptions.ts';
import { DocumentResolver } from './trusted-documents/resolve-document.ts';
import type { TrustedDocuments } from './trusted-documents/trusted-documents.ts';
import { parametersOfParts } from './uploads.ts';
import { createYogaServer, type RequestStages } from './yoga.ts';

/** The GraphQL API: its pipeline, which the fast path uses as well, and its face for requests of the Fetch standard. */
export interface Graphql {
  readonly operations: Operations;
  readonly face: GuardedFace;
}

type Outcome = Answer | AsyncIterable<StreamedResult> | Response;

/** One endpoint for operations and, in a browser, GraphiQL. */
export const createGraphql = (services: Services, trusted: TrustedDocuments, log: Logger): Graphql => {
  const documents = createDocuments(schema, services.config);
  const resolver = new DocumentResolver(trusted, services.config);
  const plainOperations = createOperations({
    services,
    schema,
    documents,
    log,
    resolveDocument: (parameters, caller) => resolver.resolve(parameters, caller),
    execute: executeWith(schema),
  });
  const operations = observeOperations(plainOperations, trusted, { observer: services.observer, log });
  const graphiql = createGraphiql();
  const acceptedBy = createAcceptReader();

  const yoga = createYogaServer(schema);
  const stagesOf = createStages(operations, services);

  const refuse: GuardedFace['refuse'] = (error, request, requestId) =>
    toResponse(
      httpResponseOf(operations.refuse(error, requestId), jsonTypeOf(acceptedBy(request.headers.get('accept')))),
    );

  return {
    operations,
    face: {
      refuse,
      async respond(request, requestId) {
        const page = new URL(request.url).pathname === '/graphql' ? await graphiql(request) : undefined;
        if (page) return page;
        const accepts = acceptedBy(request.headers.get('accept'));
        const isHead = request.method === 'HEAD';
        // Nobody would read the stream of a subscription.
        const accepted = isHead ? { ...accepts, events: false } : accepts;
        checkMethod(request);
        // Yoga knows GET only; an answer to HEAD is the same without its body.
        const sent = isHead ? new Request(request, { method: 'GET' }) : request;
        const response = await yoga(sent, stagesOf(requestId, accepted));
        return isHead ? new Response(null, response) : response;
      },
    },
  };
};

/** What happens to a request, by what its client accepts. */
const createStages = (operations: Operations, services: Services) => {
  const { subscriptionPingMs: pingMs } = services.config;
  const reads = createReads(operations, services);

  const outcomeOf = async (
    operationRequest: OperationRequest,
    request: Request,
    accepted: Accepted,
  ): Promise<Outcome> => {
    const rows = rowFormatOf(request);
    const prepared = await prepareInStages(operations, operationRequest);
    // Rows are read by programs that know HTTP only.
    if (!isPrepared(prepared)) return rows === null ? prepared : { ...prepared, jsonStatus: prepared.status };
    if (prepared.operation.node.operation !== 'subscription') {
      request.signal.addEventListener('abort', () => leave(prepared), { once: true });
      const isPlain = !operationRequest.isReadOnly || (rows === null && accepted.preferred === 'text/event-stream');
      return isPlain ? operations.execute(prepared) : reads(request, prepared, rows ?? jsonTypeOf(accepted));
    }
    if (rows !== null || !accepted.events) return operations.refuse(eventsRequired(), operationRequest.requestId);
    return operations.subscribe(prepared);
  };

  return (requestId: string, accepted: Accepted): RequestStages<Outcome> => ({
    async read(request) {
      if (accepted.preferred === null && rowFormatOf(request) === null) throw notAcceptable();
      return operationRequestOf(request, requestId, services);
    },
    execute: (operation, request) => outcomeOf(operation, request, accepted),
    refuse: (error) => operations.refuse(error, requestId),
    resultOf: (outcome) => ('result' in outcome ? (outcome.result as ExecutionResult) : {}),
    respond: (outcome) => (outcome instanceof Response ? outcome : responseTo(outcome, accepted, pingMs)),
  });
};

const checkMethod = ({ method, url }: Request): void => {
  const { pathname } = new URL(url);
  const isReadOnly = method === 'GET' || method === 'HEAD';
  if (isReadOnly || (method === 'POST' && pathname === '/graphql')) return;
  const allow = pathname === '/graphql' ? 'GET, HEAD, POST' : 'GET, HEAD';
  throw new DomainError('METHOD_NOT_ALLOWED', `${pathname} accepts ${allow} only`, { details: { allow } });
};

/** Reads a request of the Fetch standard. Throws a DomainError for one that is malformed. */
const operationRequestOf = async (request: Request, id: string, services: Services): Promise<OperationRequest> => {
  const { method, headers } = request;
  const isReadOnly = method === 'GET';
  const http = new FetchRequest(request, id);
  const caller = services.apiKeys.callerOf(keyOf(http.header));
  const readParameters = async (): Promise<RequestParameters> => {
    if (isReadOnly) return parametersOfForm(http.search.slice(1), services.config);
    const contentType = headers.get('content-type') ?? undefined;
    checkContentType(contentType);
    if (mediaTypeOf(contentType) !== multipartType)
      return parametersIn(await readBytes(http, services.config, caller), contentType, services.config);
    // An upload is read before its operation is known, so callers without the scope are refused before that.
    services.apiKeys.admit(caller, ['ingest']);
    return parametersOfParts(await readParts(request, services.config), services.config);
  };
  const lastEventId = http.header('last-event-id') ?? null;
  return { parameters: await readParameters(), caller, origin: http.origin, requestId: id, isReadOnly, lastEventId };
};

const responseTo = (outcome: Exclude<Outcome, Response>, { preferred, events }: Accepted, pingMs: number): Response => {
  if (Symbol.asyncIterator in outcome) return eventStreamOf(outcome, pingMs);
  if (preferred === 'text/event-stream' || (events && outcome.isOfSubscription))
    return eventStreamOf(singleResult(outcome.result), pingMs);
  return toResponse(httpResponseOf(outcome, jsonTypeOf({ preferred, events })));
};

const jsonTypeOf = ({ preferred }: Accepted): JsonType =>
  preferred === null || preferred === 'text/event-stream' ? 'application/json' : preferred;

const eventsRequired = (): DomainError =>
  new DomainError(
    'BAD_REQUEST',
    'a subscription is answered with server-sent events: accept must name text/event-stream',
  );

const notAcceptable = (): DomainError =>
  new DomainError(
    'NOT_ACCEPTABLE',
    'accept must allow application/json, application/graphql-response+json or text/event-stream, in UTF-8',
  );
