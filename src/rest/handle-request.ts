import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { Logger } from 'pino';
import type { Shared } from '../context.ts';
import type { Principal } from '../domains/api-keys.ts';
import { DomainError } from '../errors.ts';
import { keyOf } from '../http/credentials.ts';
import { errorResponseOf, type HttpResponse } from '../http/response.ts';
import { stringifyExact } from '../lib/exact-json.ts';
import type { ApiDocument } from './docs-page.ts';
import { type Address, pairsOf } from './read-input.ts';
import { createRequestBody, type SentBody } from './request-body.ts';
import { isData, type Route, type RouteContext } from './route.ts';

/** A request, whatever carries it. */
export interface HttpRequestView {
  readonly address: Address;
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  readonly body: SentBody;
  /** A header by its name in lower case. */
  header(name: string): string | undefined;
}

/** The one way from a request to an answer, on every path that requests come by. */
export interface RequestHandler {
  /** Never rejects: faults are coded answers; what is no DomainError is a bug, which is logged and told as INTERNAL only. */
  answer(route: Route, inquiry: HttpRequestView): Promise<HttpResponse | Response>;
  /** The coded error, or to a client that would rather have plain text its message, with the same status. */
  refuse(error: unknown, inquiry: Pick<HttpRequestView, 'address' | 'header'>): HttpResponse;
}

export const createRequestHandler = (shared: Shared, log: Logger, document: () => ApiDocument): RequestHandler => {
  const { apiKeys, ledger, config } = shared;

  const noteBug = (error: unknown, { pathname }: Address): void => {
    if (!(error instanceof DomainError)) log.error({ err: error, path: pathname }, 'a request failed');
  };

  const refuse: RequestHandler['refuse'] = (error, { address, header }) => {
    noteBug(error, address);
    const { message, status, headers, body } = errorResponseOf(error);
    const kept = { ...headers, ...cachedBy(undefined) };
    if (preferred(header('accept')) !== 'text/plain') return { status, headers: kept, body };
    return { status, headers: { ...kept, 'content-type': 'text/plain; charset=utf-8' }, body: `${message}\n` };
  };

  /** Once an answer has begun, a fault can only be told at its end. */
  async function* withFault(
    texts: AsyncIterable<string>,
    address: Address,
    caller: Principal | null,
  ): AsyncGenerator<string> {
    try {
      for await (const text of texts) {
        if (caller?.ended.aborted) throw keyRevoked();
        yield text;
      }
    } catch (error) {
      noteBug(error, address);
      yield `${errorResponseOf(error).body}\n`;
    }
  }

  return {
    refuse,
    async answer(route, inquiry) {
      const { address } = inquiry;
      try {
        const caller = route.needs && apiKeys.admit(apiKeys.callerOf(keyOf(inquiry.header)), route.needs);
        if (isData(route.subject) && !ledger.ready) throw new DomainError('NOT_READY', 'the indices are being built');
        const bytesMax = route.body?.isStream ? Number.POSITIVE_INFINITY : config.bodyBytesMax;
        const value = await route.handle(address, shared, new Question(inquiry, bytesMax, document, caller));
        const caching = cachedBy(route);
        if (value instanceof Response) {
          for (const [name, text] of Object.entries(caching)) value.headers.set(name, text);
          return value;
        }
        const { type, body } = written(route, value);
        const headers = { 'content-type': type, ...caching };
        return { status: 200, headers, body: typeof body === 'string' ? body : withFault(body, address, caller) };
      } catch (error) {
        return refuse(error, inquiry);
      }
    },
  };
};

/** The key was good when the request came, and is no more. */
const keyRevoked = (): DomainError => new DomainError('UNAUTHENTICATED', 'the key was revoked in the meantime');

/**
 * A class for its getters: those of an object literal give each object a shape of its own, which lives in the old
 * generation and keeps the whole request alive until that is collected.
 */
class Question implements RouteContext {
  readonly #inquiry: HttpRequestView;
  readonly #bytesMax: number;
  readonly #caller: Principal | null;
  readonly origin: string;
  readonly header: RouteContext['header'];
  readonly document: RouteContext['document'];

  constructor(
    inquiry: HttpRequestView,
    bytesMax: number,
    document: RouteContext['document'],
    caller: Principal | null,
  ) {
    this.#inquiry = inquiry;
    this.#bytesMax = bytesMax;
    this.#caller = caller;
    this.origin = inquiry.origin;
    this.header = inquiry.header;
    this.document = document;
  }

  get sentBy() {
    return this.#caller?.name ?? null;
  }

  get pairs() {
    return pairsOf(this.#inquiry.address.search.slice(1));
  }

  get prefers() {
    return preferred(this.header('accept'));
  }

  get body() {
    return createRequestBody(this.#inquiry.body, this.#bytesMax, () => this.#caller?.ended.aborted && keyRevoked());
  }
}

const noStore = { 'cache-control': 'no-store', vary: 'accept' };
const forGood = { 'cache-control': 'private, max-age=31536000, immutable' };
const askAgain = { 'cache-control': 'no-cache', vary: 'accept' };

const cachedBy = (route: Route | undefined): Readonly<Record<string, string>> =>
  route?.subject === 'documentation' ? askAgain : route?.subject === 'content' ? forGood : noStore;

const written = ({ answer: { type } }: Route, value: unknown): { type: string; body: HttpResponse['body'] } => {
  if (isStream(value))
    return { type: type === 'text/csv' ? `${type}; charset=utf-8` : (type ?? 'application/json'), body: value };
  if (typeof value === 'string' && type?.startsWith('text/')) return { type: `${type}; charset=utf-8`, body: value };
  return { type: 'application/json', body: stringifyExact(value) };
};

const isStream = (value: unknown): value is AsyncIterable<string> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

const preferences = {
  header: 'Accept',
  supports: ['application/json', 'text/plain', 'text/html'] as string[],
  default: 'application/json',
} as const;

const preferred = (accept: string | undefined): RouteContext['prefers'] =>
  // Of a context Hono looks at this header only.
  accepts({ req: { header: () => accept } } as unknown as Context, preferences) as RouteContext['prefers'];
