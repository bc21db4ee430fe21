import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Services } from '../context.ts';
import type { Principal } from '../domains/api-keys.ts';
import { DomainError, type FieldProblem, storageFaultOf } from '../errors.ts';
import { preferredType } from '../http/accept.ts';
import { keyOf } from '../http/credentials.ts';
import { clientLeft, untilEnd } from '../http/ended-work.ts';
import { type BodyLimits, type HttpRequest, RequestBody } from '../http/request.ts';
import { errorResponseOf, type HttpResponse } from '../http/response.ts';
import { stringifyExact } from '../lib/exact-json.ts';
import { Work } from '../lib/work.ts';
import type { ApiDocument } from './api-document.ts';
import { readFields, wrongMediaType } from './read-fields.ts';
import { pairsOf, readInput } from './read-input.ts';
import { isData, isRead, type Route, type RouteContext } from './route.ts';
import { createSnapshotTags } from './snapshot-tags.ts';
import { areaOf } from './tags.ts';

const bodyLimitsOf = (config: Config): BodyLimits => ({
  bytesMax: config.bodyBytesMax,
  decodedBytesMax: config.decodedBodyBytesMax,
  input: config,
});

/** Turns requests into responses, both for the fast path and for the Fetch standard. */
export interface RequestHandler {
  /** Never rejects: errors become coded responses; an error that is not a DomainError is a bug, is logged and masked as INTERNAL. */
  handle(route: Route, request: HttpRequest): Promise<HttpResponse | Response>;
  /** The coded error, or its message alone for a client that prefers plain text, with the same status. */
  refuse(error: unknown, request: HttpRequest): HttpResponse;
}

export const createRequestHandler = (services: Services, log: Logger, document: () => ApiDocument): RequestHandler => {
  const { apiKeys, ledger, config } = services;
  const bodyLimits = bodyLimitsOf(config);
  const streamLimits: BodyLimits = { ...bodyLimits, bytesMax: Number.POSITIVE_INFINITY };
  const tagOf = createSnapshotTags(services);

  const logBug = (error: unknown, { id }: HttpRequest): void => {
    if (!(error instanceof DomainError)) log.error({ err: error, requestId: id }, 'a request failed');
  };

  const refuse = (error: unknown, request: HttpRequest): HttpResponse => {
    logBug(error, request);
    const { message, status, headers, body } = errorResponseOf(error, request.id);
    const unstored = { ...headers, ...noStore };
    if (preferredType(request.header('accept'), supportedTypes) !== 'text/plain')
      return { status, headers: unstored, body };
    return { status, headers: { ...unstored, 'content-type': 'text/plain; charset=utf-8' }, body: `${message}\n` };
  };

  /** Once a stream has begun, an error can only be its last line, and where that would pass for content, its missing end. */
  async function* endWithError(
    texts: AsyncIterable<string>,
    request: HttpRequest,
    caller: Principal | null,
    type: string,
  ): AsyncGenerator<string> {
    try {
      for await (const text of texts) {
        if (caller?.ended.aborted) throw keyRevoked();
        if (services.server.interrupted.aborted) throw serverStopped();
        yield text;
      }
    } catch (error) {
      logBug(error, request);
      if (type.startsWith('text/csv')) throw error;
      yield `${errorResponseOf(error, request.id).body}\n`;
    }
  }

  return {
    refuse,
    async handle(route, request) {
      try {
        const caller =
          route.requiredScopes && apiKeys.admit(apiKeys.callerOf(keyOf(request.header)), route.requiredScopes);
        if (isData(route.subject)) checkReady(ledger, route);
        const context = new RequestContext(request, route.body?.isStream ? streamLimits : bodyLimits, document, caller);
        checkMediaType(route, context);
        // Reading is skipped for a route without parameters and a request without any.
        const input = hasInput(route, request) ? await inputOf(route, request, context) : {};
        const tag = tagOf(request, route, { input, context });
        if (tag?.notModified) return tag.notModified;
        const found = route.handle(input, services, context);
        const value = isRead(route) ? await inTime(found, context, config) : await found;
        // A stream may end with an error, which its client would keep.
        const policy = (isStream(value) ? null : tag)?.headers() ?? cachePolicies[route.subject];
        if (value instanceof Response) return withPolicy(value, policy);
        const { type, body } = serialize(route, value);
        const headers = { 'content-type': type, ...policy };
        if (typeof body === 'string') return { status: 200, headers, body };
        // A client that does not say how long its body is may wait for the response before it sends more of it.
        const texts = request.header('content-length') === undefined ? body : await withFirstComputed(body);
        return { status: 200, headers, body: endWithError(texts, request, caller, type) };
      } catch (error) {
        return refuse(error, request);
      }
    },
  };
};

/**
 * The same texts, once the first one is known, so that a store that cannot be written has a status of its own. Throws only
 * faults of the storage; other errors stay where they are.
 */
const withFirstComputed = async (texts: AsyncIterable<string>): Promise<AsyncIterable<string>> => {
  const parts = texts[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<string>> | undefined = parts.next();
  await first.catch((error: unknown) => {
    if (isUnavailable(error)) throw error;
  });
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const next = first ?? parts.next();
        first = undefined;
        return next;
      },
      return: async () => (await parts.return?.()) ?? { done: true, value: undefined },
    }),
  };
};

const notYet = Symbol('no answer yet');

/**
 * The answer of a route that reads, or why its work ended before. Most answers are there at once: only others need a timer, and
 * to know when their clients leave..
 */
const inTime = async (
  answer: unknown,
  context: RequestContext,
  { queryMsMax }: Pick<Config, 'queryMsMax'>,
): Promise<unknown> => {
  if (isStream(answer)) context.endWhenClientLeaves();
  if (!(answer instanceof Promise)) return answer;
  const soon = new Promise((resolve) => setImmediate(resolve, notYet));
  const found = await Promise.race([answer, soon]);
  if (found !== notYet) return found;
  context.endWhenClientLeaves();
  return untilEnd(answer, { work: context.work, msMax: queryMsMax });
};

const isUnavailable = (error: unknown): boolean =>
  storageFaultOf(error) !== undefined || (error instanceof DomainError && error.code === 'OUTDATED');

const checkReady = (ledger: Services['ledger'], { tag }: Route): void => {
  if (!ledger.ready) throw new DomainError('NOT_READY', 'the indices are being built');
  if (ledger.damages.length > 0) ledger.refuseDamaged(areaOf(tag));
};

const hasInput = (route: Route, { search }: HttpRequest): boolean => route.hasInput || search !== '';

/** The parameters of a request. Throws BAD_REQUEST with a problem for each one that is wrong. */
const inputOf = async (route: Route, { pathname, search }: HttpRequest, context: RequestContext): Promise<object> => {
  const fields = Object.keys(route.fields).length > 0 ? await readFields(context.body) : [];
  const { input, warnings } = readInput({ pathname, search }, route, fields);
  context.warnings = warnings;
  return input;
};

const checkMediaType = ({ body: described }: Route, { body }: RequestContext): void => {
  if (!described) return;
  const { types, lenientContentTypes = [] } = described;
  if (!types.includes(body.mediaType) && !lenientContentTypes.includes(body.mediaType))
    throw wrongMediaType(body, types);
};

const serverStopped = (): DomainError => new DomainError('NOT_READY', 'the server stopped before this was complete');

/** The error for a key that was revoked after the request started. */
const keyRevoked = (): DomainError => new DomainError('UNAUTHENTICATED', 'the key was revoked in the meantime');

const noWarnings: readonly FieldProblem[] = [];

const supportedTypes = ['application/json', 'text/plain', 'text/html'] as const;

/**
 * A class for its getters: those of an object literal give each object a shape of its own, which lives in the old
 * generation and keeps the whole request alive until that is collected.
 */
class RequestContext implements RouteContext {
  readonly origin: string;
  readonly header: RouteContext['header'];
  readonly document: RouteContext['document'];
  readonly sentBy: string | null;
  readonly body: RequestBody;
  readonly work = new Work();
  warnings: readonly FieldProblem[] = noWarnings;
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, limits: BodyLimits, document: RouteContext['document'], caller: Principal | null) {
    this.#request = request;
    this.origin = request.origin;
    this.header = request.header;
    this.document = document;
    this.sentBy = caller?.name ?? null;
    this.body = new RequestBody(request, limits, () => (caller?.ended.aborted ? keyRevoked() : undefined));
  }

  endWhenClientLeaves(): void {
    this.#request.onLeave(() => this.work.end(clientLeft()));
  }

  get pairs() {
    return pairsOf(this.#request.search.slice(1));
  }

  get preferredType() {
    return preferredType(this.header('accept'), supportedTypes);
  }
}

const noStore = { 'cache-control': 'no-store', vary: 'accept' };
const immutable = { 'cache-control': 'private, max-age=31536000, immutable' };
const revalidate = { 'cache-control': 'no-cache', vary: 'accept' };

const cachePolicies: Readonly<Record<Route['subject'], Readonly<Record<string, string>>>> = {
  facts: noStore,
  server: noStore,
  content: immutable,
  documentation: revalidate,
};

/** A route that lets clients revalidate its response says so itself. */
const withPolicy = (response: Response, policy: Readonly<Record<string, string>>): Response => {
  for (const [name, text] of Object.entries(policy)) if (!response.headers.has(name)) response.headers.set(name, text);
  return response;
};

const serialize = (
  { response: { type } }: Route,
  value: unknown,
): { type: string; body: string | AsyncIterable<string> } => {
  if (isStream(value))
    return { type: type === 'text/csv' ? `${type}; charset=utf-8` : (type ?? 'application/json'), body: value };
  if (typeof value === 'string' && type?.startsWith('text/')) return { type: `${type}; charset=utf-8`, body: value };
  return { type: 'application/json', body: stringifyExact(value) };
};

const isStream = (value: unknown): value is AsyncIterable<string> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
