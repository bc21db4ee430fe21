import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { checkContentEncoding } from '../http/body-decoding.ts';
import { type Address, NodeRequest } from '../http/request.ts';
import { checkHost, checkOrigin, collapseSlashes, corsHeaders } from '../http/request-checks.ts';
import { requestIdOf } from '../http/request-id.ts';
import { logRequest } from '../http/request-log.ts';
import { errorResponseOf, type HttpResponse } from '../http/response.ts';
import type { FastPath } from '../http/server.ts';
import type { RequestHandler } from './handle-request.ts';
import type { Route } from './route.ts';

/** A query that a URL parser would leave as it is. */
const plainSearch = /^\?[\w=&%+.~-]*$/;
const plainHost = /^[a-z0-9.-]+(?::\d{1,5})?$/;

/**
 * Answers the POST requests of routes marked `fastPath` without the objects of the Fetch standard, which cost more than
 * storing an event (docs/decisions/0010). The checks and the responses are those of the request guard.
 */
export const createFastPath = (
  config: Pick<Config, 'host' | 'allowedOrigins'>,
  log: Logger,
  { routes, handler }: { readonly routes: readonly Route[]; readonly handler: RequestHandler },
): FastPath => {
  const routeOf = new Map(routes.filter(({ fastPath }) => fastPath).map((route) => [route.path, route]));
  /** Clients call a server by few names: the last one is known to be allowed. */
  let allowedHost = '';

  const check = (host: string, { method = '', headers }: IncomingMessage): void => {
    if (host !== allowedHost) {
      checkHost(new URL(`http://${host}`).hostname, config.host);
      allowedHost = host;
    }
    if (headers.origin !== undefined) checkOrigin({ method, origin: headers.origin, host }, config.allowedOrigins);
    checkContentEncoding(headers['content-encoding']);
  };

  const dispatch = async (route: Route, incoming: IncomingMessage, request: NodeRequest): Promise<HttpResponse> => {
    try {
      check(incoming.headers.host ?? '', incoming);
    } catch (error) {
      return errorResponseOf(error, request.id);
    }
    const response = await handler.handle(route, request);
    if (response instanceof Response) throw new TypeError(`${route.path} must not answer with a Response`);
    return response;
  };

  return (incoming) => {
    const { method, url = '', headers } = incoming;
    if (method !== 'POST') return undefined;
    const address = addressOf(url);
    const route = routeOf.get(address.pathname) ?? routeOf.get(address.pathname.replace(/\/$/, ''));
    const { host = '' } = headers;
    if (!route || !(address.search === '' || plainSearch.test(address.search))) return undefined;
    if (host !== allowedHost && !isPlainHost(host)) return undefined;
    return {
      isStream: route.body?.isStream === true,
      async respond(outgoing) {
        const startedMs = performance.now();
        const id = requestIdOf(headers['x-request-id']?.toString());
        const request = new NodeRequest(incoming, id, host, address);
        const response = await dispatch(route, incoming, request);
        const added = headers.origin === undefined ? {} : corsHeaders(headers.origin, config.allowedOrigins);
        const sent = send(outgoing, response, { ...added, 'x-request-id': id });
        logRequest(log, { id, method, path: address.pathname, status: response.status, startedMs });
        await sent;
        // A body that was not read to its end is left to the socket.
        if (!incoming.complete) incoming.resume();
      },
    };
  };
};

const addressOf = (url: string): Address => {
  const end = url.indexOf('?');
  return end < 0
    ? { pathname: collapseSlashes(url), search: '' }
    : { pathname: collapseSlashes(url.slice(0, end)), search: url.slice(end) };
};

const isPlainHost = (host: string): boolean => plainHost.test(host) && URL.canParse(`http://${host}`);

const send = async (
  outgoing: ServerResponse,
  { status, headers, body }: HttpResponse,
  { vary, ...added }: Readonly<Record<string, string>>,
): Promise<void> => {
  const varying = vary === undefined ? {} : { vary: headers.vary === undefined ? vary : `${headers.vary}, ${vary}` };
  if (typeof body === 'string') {
    const length = Buffer.byteLength(body);
    outgoing.writeHead(status, { ...headers, ...added, ...varying, 'content-length': length }).end(body);
    return;
  }
  outgoing.writeHead(status, { ...headers, ...added, ...varying });
  // The client learns at once that its stream is being read.
  outgoing.flushHeaders();
  for await (const text of body) {
    if (outgoing.destroyed) break;
    if (!outgoing.write(text)) await drained(outgoing);
  }
  outgoing.end();
};

const drained = (outgoing: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    if (outgoing.destroyed) return resolve();
    outgoing.on('drain', done).on('close', done);
  });
