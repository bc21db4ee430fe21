import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { errorResponse } from './error-response.ts';
import {
  originHeaders,
  plainPath,
  refuseEncodedBody,
  refuseForeignHost,
  refuseForeignOrigin,
} from './request-checks.ts';

export type Handler = (request: Request) => Promise<Response>;

/**
 * What every request passes: repeated slashes collapse, pages of other sites may not call us unless they are allowed
 * to, and bodies have a limit: that of GraphQL here, those of REST where a route reads its body.
 */
export const createRequestGuard = (config: Config, log: Logger, graphql: Handler, rest: Handler): Handler => {
  const answer = async (original: Request): Promise<Response> => {
    try {
      const request = withPlainPath(original);
      const { method, headers } = request;
      const url = new URL(request.url);
      refuseForeignHost(url.hostname, config.host);
      const caller = { method, origin: headers.get('origin'), host: headers.get('host') ?? url.host };
      refuseForeignOrigin(caller, config.allowedOrigins);
      refuseEncodedBody(headers.get('content-encoding'));
      if (isPreflight(request)) return new Response(null, { status: 204 });
      if (url.pathname !== '/graphql') return await rest(request);
      const body = limitBody(request, ...bodyMax(request, config));
      const response = await graphql(body.request);
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
    const added = originHeaders(request.headers.get('origin'), config.allowedOrigins);
    for (const [name, value] of Object.entries(added)) response.headers.append(name, value);
    return response;
  };
};

const withPlainPath = (request: Request): Request => {
  const url = new URL(request.url);
  const pathname = plainPath(url.pathname);
  if (pathname === url.pathname) return request;
  url.pathname = pathname;
  return new Request(url, request);
};

const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');

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
