import type { Config } from '../config.ts';
import { checkContentEncoding } from './body-decoding.ts';
import { clientLeft } from './ended-work.ts';
import { noSniff } from './raw-errors.ts';
import { checkHost, checkOrigin, collapseSlashes, corsHeaders } from './request-checks.ts';
import { requestIdOf } from './request-id.ts';
import type { RequestLog } from './request-log.ts';

export type Handler = (request: Request) => Promise<Response>;

/** A face of the server behind the guard, which assigns the request id. */
export interface GuardedFace {
  respond(request: Request, requestId: string): Promise<Response>;
  /** The response to a request that the guard refuses, in the form of this face. */
  refuse(error: unknown, request: Request, requestId: string): Response;
}

/**
 * Checks every request before it is dispatched: it collapses repeated slashes, and refuses pages of origins that are not
 * allowed. Faces limit bodies where they read them.
 */
export const createRequestGuard = (
  config: Pick<Config, 'host' | 'allowedOrigins'>,
  logRequest: RequestLog,
  faceOf: (pathname: string) => GuardedFace,
): Handler => {
  const dispatch = async (face: GuardedFace, request: Request, url: URL, id: string): Promise<Response> => {
    const { method, headers } = request;
    checkHost(url.hostname, config.host);
    const caller = { method, origin: headers.get('origin'), host: headers.get('host') ?? url.host };
    checkOrigin(caller, config.allowedOrigins);
    checkContentEncoding(headers.get('content-encoding'));
    return isPreflight(request) ? new Response(null, { status: 204 }) : face.respond(request, id);
  };

  return async (original) => {
    const startedMs = performance.now();
    const id = requestIdOf(original.headers.get('x-request-id'));
    const request = withPlainPath(original);
    const url = new URL(request.url);
    const face = faceOf(url.pathname);
    const response = await dispatch(face, request, url, id).catch((error: unknown) =>
      face.refuse(isAbort(error, request) ? clientLeft() : error, request, id),
    );
    response.headers.set('x-request-id', id);
    response.headers.set(...noSniff);
    const { headers } = request;
    const requestedHeaders = headers.get('access-control-request-headers');
    const added = corsHeaders(headers.get('origin'), config.allowedOrigins, requestedHeaders);
    for (const [name, value] of Object.entries(added)) response.headers.append(name, value);
    logRequest({ id, method: request.method, pathname: url.pathname, status: response.status, startedMs });
    return response;
  };
};

/** Whether a request failed because its client left: what reads its body, or waits for its answer, then throws the signal's reason. */
const isAbort = (error: unknown, { signal }: Request): boolean => signal.aborted && error === signal.reason;

const withPlainPath = (request: Request): Request => {
  const url = new URL(request.url);
  const pathname = collapseSlashes(url.pathname);
  if (pathname === url.pathname) return request;
  url.pathname = pathname;
  return new Request(url, request);
};

const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');
