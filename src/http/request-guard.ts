import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { codingOf } from '../lib/content-coding.ts';
import { checkContentEncoding, decodeBody } from './body-decoding.ts';
import { checkHost, checkOrigin, collapseSlashes, corsHeaders } from './request-checks.ts';
import { requestIdOf } from './request-id.ts';
import { logRequest } from './request-log.ts';
import { errorResponseOf, toResponse } from './response.ts';

export type Handler = (request: Request) => Promise<Response>;

/** A handler behind the guard, which assigns the request id. */
export type GuardedHandler = (request: Request, requestId: string) => Promise<Response>;

/**
 * Checks every request before it is dispatched: it collapses repeated slashes, refuses pages of origins that are not
 * allowed, and limits the bodies of GraphQL requests. REST routes limit their bodies where they read them.
 */
export const createRequestGuard = (
  config: Config,
  log: Logger,
  graphql: GuardedHandler,
  rest: GuardedHandler,
): Handler => {
  const dispatch = async (request: Request, url: URL, id: string): Promise<Response> => {
    const { method, headers } = request;
    checkHost(url.hostname, config.host);
    const caller = { method, origin: headers.get('origin'), host: headers.get('host') ?? url.host };
    checkOrigin(caller, config.allowedOrigins);
    checkContentEncoding(headers.get('content-encoding'));
    if (isPreflight(request)) return new Response(null, { status: 204 });
    if (url.pathname !== '/graphql') return rest(request, id);
    const body = limitBody(request, config);
    const response = await graphql(body.request, id);
    // The reader of the body may have reported its end as another error.
    if (body.fault()) throw body.fault();
    return response;
  };

  return async (original) => {
    const startedMs = performance.now();
    const id = requestIdOf(original.headers.get('x-request-id'));
    const request = withPlainPath(original);
    const url = new URL(request.url);
    const response = await dispatch(request, url, id).catch((error: unknown) => {
      if (!(error instanceof DomainError)) log.error({ err: error, requestId: id }, 'a request failed');
      return toResponse(errorResponseOf(error, id));
    });
    response.headers.set('x-request-id', id);
    const added = corsHeaders(request.headers.get('origin'), config.allowedOrigins);
    for (const [name, value] of Object.entries(added)) response.headers.append(name, value);
    logRequest(log, { id, method: request.method, path: url.pathname, status: response.status, startedMs });
    return response;
  };
};

const withPlainPath = (request: Request): Request => {
  const url = new URL(request.url);
  const pathname = collapseSlashes(url.pathname);
  if (pathname === url.pathname) return request;
  url.pathname = pathname;
  return new Request(url, request);
};

const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');

interface LimitedBody {
  readonly request: Request;
  /** Why the body could not be read to its end. */
  fault(): DomainError | undefined;
}

/** A request whose body is decompressed, and fails when it grows too large. */
const limitBody = (request: Request, config: Config): LimitedBody => {
  const isUpload = request.headers.get('content-type')?.startsWith('multipart/form-data') === true;
  const setting = isUpload ? 'uploadBytesMax' : 'bodyBytesMax';
  const bytesMax = config[setting];
  const tooLarge = () => new DomainError('TOO_LARGE', `the body is over ${bytesMax} bytes (setting ${setting})`);
  const length = request.headers.get('content-length');
  const coding = codingOf(request.headers.get('content-encoding'));
  if (Number(length ?? 0) > bytesMax) throw tooLarge();
  if (request.body === null || (length !== null && coding === null)) return { request, fault: () => undefined };
  const sent = request.body as unknown as AsyncIterable<Uint8Array>;
  let fault: DomainError | undefined;
  async function* limited(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of coding === null ? sent : decodeBody(sent, coding, config.decodedBodyBytesMax)) {
        bytes += chunk.byteLength;
        if (bytes > bytesMax) throw tooLarge();
        yield chunk;
      }
    } catch (error) {
      if (error instanceof DomainError) fault = error;
      throw error;
    }
  }
  const headers = new Headers(request.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  const body = Readable.toWeb(Readable.from(limited(), { objectMode: false }));
  return { request: new Request(request, { headers, body, duplex: 'half' } as RequestInit), fault: () => fault };
};
