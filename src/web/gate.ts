import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { errorResponse } from './error-response.ts';

export type Handler = (request: Request) => Promise<Response>;

/**
 * What every request passes: repeated slashes collapse, pages of other sites may not call us, and bodies have a limit.
 */
export const createGate = (config: Config, log: Logger, graphql: Handler, rest: Handler): Handler => {
  const bodyMax = (request: Request): [string, number] =>
    request.headers.get('content-type')?.startsWith('multipart/form-data')
      ? ['uploadBytesMax', config.uploadBytesMax]
      : ['bodyBytesMax', config.bodyBytesMax];

  return async (original) => {
    try {
      const request = withPlainPath(original);
      const { pathname } = new URL(request.url);
      refuseForeignOrigin(request, config.allowedOrigins);
      const [limit, bytesMax] = bodyMax(request);
      const limited = withBodyLimit(request, limit, bytesMax);
      return await (pathname === '/graphql' ? graphql(limited) : rest(limited));
    } catch (error) {
      if (!(error instanceof DomainError)) log.error(error, 'a request failed');
      return errorResponse(error);
    }
  };
};

/** `//monitor` is `/monitor`: one client is known to ask so. */
const withPlainPath = (request: Request): Request => {
  const url = new URL(request.url);
  if (!url.pathname.includes('//')) return request;
  url.pathname = url.pathname.replace(/\/{2,}/g, '/');
  return new Request(url, request);
};

/** A browser names the page that calls; programs do not. Reading is safe: no answer allows other origins to see it. */
const refuseForeignOrigin = (request: Request, allowed: readonly string[]): void => {
  const origin = request.headers.get('origin');
  if (request.method === 'GET' || request.method === 'HEAD' || origin === null) return;
  if (allowed.includes(origin)) return;
  const ownHost = request.headers.get('host') ?? new URL(request.url).host;
  if (URL.canParse(origin) && new URL(origin).host === ownHost) return;
  throw new DomainError('NOT_ALLOWED', `pages of ${origin} may not call this server (setting allowedOrigins)`);
};

const withBodyLimit = (request: Request, limit: string, bytesMax: number): Request => {
  const tooLarge = () => new DomainError('TOO_LARGE', `the body is over ${bytesMax} bytes (setting ${limit})`);
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge();
  if (request.body === null || request.headers.has('content-length')) return request;
  let bytes = 0;
  const counted = request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > bytesMax) controller.error(tooLarge());
        else controller.enqueue(chunk);
      },
    }),
  );
  return new Request(request, { body: counted, duplex: 'half' } as RequestInit);
};
