import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { kindOf, parseIp } from '../lib/ip.ts';
import { errorResponse } from './error-response.ts';

export type Handler = (request: Request) => Promise<Response>;

/**
 * What every request passes: repeated slashes collapse, pages of other sites may not call us unless they are allowed
 * to, and bodies have a limit.
 */
export const createGate = (config: Config, log: Logger, graphql: Handler, rest: Handler): Handler => {
  const answer = async (original: Request): Promise<Response> => {
    try {
      const request = withPlainPath(original);
      refuseForeignHost(request, config.host);
      refuseForeignOrigin(request, config.allowedOrigins);
      if (isPreflight(request)) return new Response(null, { status: 204 });
      const body = limitBody(request, ...bodyMax(request, config));
      const response = await (new URL(request.url).pathname === '/graphql'
        ? graphql(body.request)
        : rest(body.request));
      // Whoever read the body may have told its end as something else.
      if (body.fault()) throw body.fault();
      return response;
    } catch (error) {
      if (!(error instanceof DomainError)) log.error(error, 'a request failed');
      return errorResponse(error);
    }
  };

  return async (request) => {
    const response = await answer(request);
    const origin = request.headers.get('origin');
    if (origin !== null && config.allowedOrigins.includes(origin)) allowOrigin(response.headers, origin);
    return response;
  };
};

/** `//monitor` is `/monitor`: one client is known to ask so. */
const withPlainPath = (request: Request): Request => {
  const url = new URL(request.url);
  if (!url.pathname.includes('//')) return request;
  url.pathname = url.pathname.replace(/\/{2,}/g, '/');
  return new Request(url, request);
};

/**
 * A name that an attacker's DNS makes point at this machine is not ours: a server on loopback answers to loopback names
 * only, or any page could read it as its own origin (DNS rebinding).
 */
const refuseForeignHost = (request: Request, host: string): void => {
  if (!isLoopbackName(host)) return;
  const { hostname } = new URL(request.url);
  if (!isLoopbackName(hostname)) throw new DomainError('NOT_ALLOWED', `this server is not ${hostname.slice(0, 80)}`);
};

const isLoopbackName = (name: string): boolean => {
  const ip = parseIp(name.replace(/^\[|\]$/g, ''));
  return ip === null ? name === 'localhost' : kindOf(ip) === 'LOOPBACK';
};

/** A browser names the page that calls; programs do not. Reading is safe: no answer lets other origins see it. */
const refuseForeignOrigin = (request: Request, allowed: readonly string[]): void => {
  const origin = request.headers.get('origin');
  if (request.method === 'GET' || request.method === 'HEAD' || origin === null) return;
  if (allowed.includes(origin)) return;
  const ownHost = request.headers.get('host') ?? new URL(request.url).host;
  if (URL.canParse(origin) && new URL(origin).host === ownHost) return;
  throw new DomainError('NOT_ALLOWED', `pages of ${origin} may not call this server (setting allowedOrigins)`);
};

const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');

/** The CORS protocol of the Fetch standard, for an origin that the operator allows. */
const allowOrigin = (headers: Headers, origin: string): void => {
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-allow-methods', 'GET, HEAD, POST');
  headers.set('access-control-allow-headers', 'content-type');
  headers.append('vary', 'origin');
};

const bodyMax = ({ headers }: Request, { bodyBytesMax, uploadBytesMax }: Config): [setting: string, bytes: number] =>
  headers.get('content-type')?.startsWith('multipart/form-data')
    ? ['uploadBytesMax', uploadBytesMax]
    : ['bodyBytesMax', bodyBytesMax];

/** A request whose body ends with a fault when it grows too large, and a way to learn that it did. */
const limitBody = (
  request: Request,
  setting: string,
  bytesMax: number,
): { readonly request: Request; fault(): DomainError | undefined } => {
  const tooLarge = () => new DomainError('TOO_LARGE', `the body is over ${bytesMax} bytes (setting ${setting})`);
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge();
  if (request.body === null || request.headers.has('content-length')) return { request, fault: () => undefined };
  let bytes = 0;
  let fault: DomainError | undefined;
  const counted = request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes <= bytesMax) return controller.enqueue(chunk);
        fault = tooLarge();
        controller.error(fault);
      },
    }),
  );
  return { request: new Request(request, { body: counted, duplex: 'half' } as RequestInit), fault: () => fault };
};
