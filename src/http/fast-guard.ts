import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../config.ts';
import { checkContentEncoding } from './body-decoding.ts';
import { noSniff } from './raw-errors.ts';
import { type Address, NodeRequest } from './request.ts';
import { checkHost, checkOrigin, collapseSlashes, corsHeaders } from './request-checks.ts';
import { requestIdOf } from './request-id.ts';
import type { RequestLog } from './request-log.ts';
import { type HttpResponse, inSlices, isPieces } from './response.ts';

/** Answers requests on the fast path, all in the same form. */
export interface FastHandler {
  /** The answer to a request that passed the checks; null when it needs the Fetch objects after all. */
  handle(request: NodeRequest): Promise<HttpResponse | null>;
  /** The answer to a request that did not. */
  refuse(error: unknown, request: NodeRequest): HttpResponse;
}

/** The request guard for requests of node:http that skip the objects of the Fetch standard: the same checks, headers and log. */
export interface FastGuard {
  /** The address of a request; undefined when only a URL parser could read it, or its Host. */
  addressOf(incoming: IncomingMessage): Address | undefined;
  /** Whether the request was answered. */
  respond(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    address: Address,
    handler: FastHandler,
  ): Promise<boolean>;
}

/** A query that a URL parser would leave as it is. */
const plainSearch = /^\?[\w=&%+.~-]*$/;
const plainHost = /^[a-z0-9.-]+(?::\d{1,5})?$/;

export const createFastGuard = (config: Pick<Config, 'host' | 'allowedOrigins'>, logRequest: RequestLog): FastGuard => {
  /** Clients call a server by few names: the last one is known to be allowed. */
  let allowedHost = '';

  const check = ({ method = '', headers }: IncomingMessage): void => {
    const { host = '' } = headers;
    if (host !== allowedHost) {
      checkHost(new URL(`http://${host}`).hostname, config.host);
      allowedHost = host;
    }
    if (headers.origin !== undefined) checkOrigin({ method, origin: headers.origin, host }, config.allowedOrigins);
    checkContentEncoding(headers['content-encoding']);
  };

  /** The answer to a request that is refused; null for one that may be handled. */
  const refusalOf = (incoming: IncomingMessage, request: NodeRequest, handler: FastHandler): HttpResponse | null => {
    try {
      check(incoming);
      return null;
    } catch (error) {
      return handler.refuse(error, request);
    }
  };

  return {
    addressOf({ url = '', headers: { host = '' } }) {
      const end = url.indexOf('?');
      const search = end < 0 ? '' : url.slice(end);
      if (search !== '' && !plainSearch.test(search)) return undefined;
      if (host !== allowedHost && !isPlainHost(host)) return undefined;
      return { pathname: collapseSlashes(end < 0 ? url : url.slice(0, end)), search };
    },
    async respond(incoming, outgoing, address, handler) {
      const startedMs = performance.now();
      const { method = '', headers } = incoming;
      const id = requestIdOf(headers['x-request-id']?.toString());
      const request = new NodeRequest({ incoming, outgoing }, id, address);
      const response = refusalOf(incoming, request, handler) ?? (await handler.handle(request));
      if (!response) return false;
      const added = headers.origin === undefined ? noHeaders : corsHeaders(headers.origin, config.allowedOrigins);
      const sent = send(outgoing, response, { id, added });
      logRequest({ id, method, pathname: address.pathname, status: response.status, startedMs });
      if (sent) await sent;
      // A body that was not read to its end is left to the socket. `resume` alone has no effect while an iterator that was left
      // in the middle still waits for the next chunk, and then no further request of the connection would be read.
      if (!incoming.complete) incoming.on('data', ignore).resume();
      return true;
    },
  };
};

const isPlainHost = (host: string): boolean => plainHost.test(host) && URL.canParse(`http://${host}`);

const noHeaders: Readonly<Record<string, string>> = {};
const ignore = (): void => undefined;

const send = (
  outgoing: ServerResponse,
  { status, headers, body }: HttpResponse,
  { id, added }: { readonly id: string; readonly added: Readonly<Record<string, string>> },
): Promise<void> | undefined => {
  // A list: node:http copies an object, and V8 is slow to spread one.
  const list: string[] = [];
  for (const name in headers) if (name !== 'vary') list.push(name, headers[name] as string);
  for (const name in added) if (name !== 'vary') list.push(name, added[name] as string);
  const vary = added.vary === undefined ? headers.vary : joined(headers.vary, added.vary);
  if (vary !== undefined) list.push('vary', vary);
  list.push(...noSniff, 'x-request-id', id);
  if (isPieces(body) && body.length > 1)
    return sendPieces(outgoing, body, (bytes) => [status, [...list, 'content-length', String(bytes)]]);
  const whole = isPieces(body) ? (body[0] as string) : body;
  if (typeof whole !== 'string') return sendStream(outgoing.writeHead(status, list), whole);
  const bytes = Buffer.byteLength(whole);
  list.push('content-length', String(bytes));
  outgoing.writeHead(status, list).end(whole, encodingOf(whole, bytes));
  return undefined;
};

/** Node reserves three bytes for each character of UTF-8, which costs more than a large answer; ASCII is the same in Latin-1. */
const encodingOf = (text: string, bytes: number) => (bytes === text.length ? 'latin1' : 'utf8');

const sendPieces = async (
  outgoing: ServerResponse,
  pieces: readonly string[],
  headOf: (bytes: number) => readonly [status: number, headers: string[]],
): Promise<void> => {
  const lengths: number[] = [];
  for await (const piece of inSlices(pieces)) lengths.push(Buffer.byteLength(piece));
  outgoing.writeHead(...headOf(lengths.reduce((sum, bytes) => sum + bytes, 0)));
  let index = 0;
  for await (const piece of inSlices(pieces)) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(piece, encodingOf(piece, lengths[index] as number))) await drained(outgoing);
    index++;
  }
  outgoing.end();
};

const joined = (first: string | undefined, second: string): string =>
  first === undefined ? second : `${first}, ${second}`;

const sendStream = async (outgoing: ServerResponse, body: AsyncIterable<string>): Promise<void> => {
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
