import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../config.ts';
import {
  originHeaders,
  plainPath,
  refuseEncodedBody,
  refuseForeignHost,
  refuseForeignOrigin,
} from '../http/request-checks.ts';
import { errorResponseOf, type HttpResponse } from '../http/response.ts';
import type { FastPath } from '../http/server.ts';
import type { SentBody } from './request-body.ts';
import type { FastRoute, Router } from './router.ts';

/** What stands in a query without being rewritten by a URL parser. */
const plainSearch = /^\?[\w=&%+.~-]*$/;
const plainHost = /^[a-z0-9.-]+(?::\d{1,5})?$/;

/** The gate for requests that are answered directly: the same rules, and the same answers. */
export const createFastPath = (config: Pick<Config, 'host' | 'allowedOrigins'>, rest: Router): FastPath => {
  /** Clients call a server by few names: the last one is known to be ours. */
  let ownName = '';

  const refuseForeigner = (host: string, { method = '', headers }: IncomingMessage): void => {
    if (host !== ownName) {
      refuseForeignHost(new URL(`http://${host}`).hostname, config.host);
      ownName = host;
    }
    if (headers.origin !== undefined)
      refuseForeignOrigin({ method, origin: headers.origin, host }, config.allowedOrigins);
  };

  const answer = async (
    incoming: IncomingMessage,
    host: string,
    address: { pathname: string; search: string },
    route: FastRoute,
  ): Promise<HttpResponse> => {
    const { headers } = incoming;
    try {
      refuseForeigner(host, incoming);
      refuseEncodedBody(headers['content-encoding']);
    } catch (error) {
      return errorResponseOf(error);
    }
    return route.answer({
      address,
      origin: `http://${host}`,
      header(name) {
        const value = headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
      body: bodyOf(incoming),
    });
  };

  return (incoming) => {
    const { method, url = '', headers } = incoming;
    if (method !== 'POST') return undefined;
    const end = url.indexOf('?');
    const pathname = plainPath(end < 0 ? url : url.slice(0, end));
    const search = end < 0 ? '' : url.slice(end);
    const route = rest.direct(pathname) ?? rest.direct(pathname.replace(/\/$/, ''));
    const { host = '' } = headers;
    if (!route || !(search === '' || plainSearch.test(search)) || !(host === ownName || isPlainHost(host)))
      return undefined;
    return {
      isStream: route.isStream,
      async answer(outgoing) {
        const answered = await answer(incoming, host, { pathname, search }, route);
        const added = headers.origin === undefined ? {} : originHeaders(headers.origin, config.allowedOrigins);
        await send(outgoing, answered, added);
        // Whoever did not read to its end leaves the rest to the socket.
        if (!incoming.complete) incoming.resume();
      },
    };
  };
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
  // The client shall know at once that it is being listened to.
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

const bodyOf = (incoming: IncomingMessage): SentBody => ({
  contentType: incoming.headers['content-type'],
  contentLength: incoming.headers['content-length'],
  chunks: () => incoming,
  // By events: to iterate over a request costs more than to store what is in it.
  whole: (bytesMax, tooLarge) =>
    new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      const stop = (error: unknown): void => {
        incoming.off('data', add).off('end', end);
        reject(error);
      };
      const add = (part: Buffer): void => {
        bytes += part.length;
        if (bytes > bytesMax) stop(tooLarge());
        else parts.push(part);
      };
      const end = (): void => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
      incoming.on('data', add).on('end', end).on('error', stop);
    }),
});
