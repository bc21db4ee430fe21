import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server';
import type { Logger } from 'pino';
import { DomainError } from '../errors.ts';
import { compressResponse } from './compression.ts';
import { Connections } from './connections.ts';
import { createEventStreams, type EventStreams } from './event-streams.ts';
import { createHostCheck } from './host-header.ts';
import { answerRawErrors, noSniff, refuseRaw } from './raw-errors.ts';
import type { Handler } from './request-guard.ts';
import { requestIdOf } from './request-id.ts';
import { errorResponseOf, toResponse } from './response.ts';

/** A request that is answered without the objects of the Fetch standard. */
export interface FastRequest {
  /** Its body may take any time to arrive. */
  readonly isStream: boolean;
  /** Its whole body, when it turned out to need the objects of the Fetch standard after all. */
  readonly body?: Buffer | undefined;
  /** Whether it was answered. */
  respond(outgoing: ServerResponse): Promise<boolean>;
}

/** How to answer a request without the Fetch objects; undefined for a request that needs them. */
export type FastPath = (incoming: IncomingMessage) => FastRequest | undefined;

/** Called with each request; it calls `answer` once. */
export type RequestObserver = (incoming: IncomingMessage, outgoing: ServerResponse, answer: () => void) => void;

export interface HttpServer {
  /** Without a slash at the end; the port is the one in use. */
  readonly url: string;
  /**
   * Accepts no more connections, waits a while for requests in flight, has those that remain cut short, and closes the
   * remaining connections.
   */
  stop(): Promise<void>;
}

/** A client has this long to send its headers, and to send all of a request that is not a stream. */
const headersTimeout = 20_000;
const requestTimeout = 300_000;
/** A connection without traffic is closed after this time: by Node's default, clients that do not read stay connected. */
const socketTimeout = 120_000;
/** Longer than that of most clients: one that computes between two requests should not find its connection closed. */
const keepAliveTimeout = 75_000;
/** How long a server that stops waits for requests in flight, unless it is configured. */
export const drainMs = 5000;
/** How long requests that are cut short have to say so, before their connections are closed. */
const cutMs = 1000;

/** Node's own `requestTimeout` has no exceptions: it would cut off a stream of events in the middle. */
const serverOptions = { headersTimeout, requestTimeout: 0, keepAliveTimeout, requireHostHeader: false };

interface ServerOptions {
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly log: Logger;
  /** Answers some requests at less cost; default: none. */
  readonly fastPath?: FastPath;
  /** Default: none. */
  readonly observe?: RequestObserver;
  /** Responses of at least so many bytes are compressed where the client accepts it, and all streams; default: none. */
  readonly compressBytesMin?: number;
  /** How long a connection may be without traffic, milliseconds; default two minutes. */
  readonly socketTimeoutMs?: number;
  /** How long a request that is not a stream may take to arrive, milliseconds; default five minutes. */
  readonly requestTimeoutMs?: number;
  /** How long a server that stops waits for requests in flight, milliseconds; default `drainMs`. */
  readonly stopWaitMs?: number;
  /** Called after that time: cuts short what still runs, so that clients are answered before their connections close. */
  readonly onOverdue?: () => unknown;
}

/** Answers requests on a socket of its own. Rejects with the system's error when it cannot listen. */
export const openServer = async (fetch: Handler, options: ServerOptions): Promise<HttpServer> => {
  const { host, port, log, fastPath, socketTimeoutMs = socketTimeout, requestTimeoutMs = requestTimeout } = options;
  const { compressBytesMin, observe = (_incoming, _outgoing, answer) => answer() } = options;
  const streams = createEventStreams();
  const connections = new Connections(requestTimeoutMs);
  const listener = fetchListener(fetch, streams);
  const hostFault = createHostCheck();
  let stopping: Promise<void> | undefined;

  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    connections.beginRequest(incoming, outgoing);
    if (compressBytesMin !== undefined) compressResponse(incoming, outgoing, compressBytesMin);
    if (stopping) outgoing.setHeader('connection', 'close');
    const fault = hostFault(incoming.rawHeaders);
    if (fault) {
      refuseRaw(incoming, outgoing, fault);
      return;
    }
    const request = fastPath?.(incoming);
    if (!request) {
      listener(incoming, outgoing);
      return;
    }
    if (request.isStream) connections.exemptStream(incoming);
    request.respond(outgoing).then(
      (isAnswered) => {
        if (!isAnswered) listener(incoming, outgoing, request.body);
      },
      (error: unknown) => {
        logUnwritten(log, error, { incoming, outgoing });
        outgoing.destroy();
      },
    );
  };

  const server = createServer(serverOptions, (incoming, outgoing) =>
    observe(incoming, outgoing, () => answer(incoming, outgoing)),
  );
  answerRawErrors(server);
  server.setTimeout(socketTimeoutMs);
  server.on('connection', (socket) => connections.add(socket));
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    connections.stop();
    throw error;
  }
  // For example too many open files: requests of open connections are still answered.
  server.on('error', (error) => log.error(error, 'could not accept a connection'));

  const drain = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    streams.end();
    connections.drain();
    const clear = atEndOfWait(options, () => server.closeAllConnections());
    await closed;
    clear();
    connections.stop();
  };

  return {
    url: urlOf(server.address() as AddressInfo),
    stop() {
      stopping ??= drain();
      return stopping;
    },
  };
};

/** After the time that requests have, cuts them short, and closes what remains; returns the function that clears the timers. */
const atEndOfWait = ({ stopWaitMs = drainMs, onOverdue }: ServerOptions, close: () => void): (() => void) => {
  const timers = [setTimeout(() => onOverdue?.(), stopWaitMs), setTimeout(close, stopWaitMs + (onOverdue ? cutMs : 0))];
  return () => timers.forEach(clearTimeout);
};

/** A client that leaves is no fault of the server. */
const logUnwritten = (
  log: Logger,
  err: unknown,
  { incoming, outgoing }: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse },
): void => {
  if (outgoing.destroyed || incoming.errored) log.debug({ err }, 'a client left before its response was complete');
  else log.error({ err }, 'could not write a response');
};

/** Answers requests of node:http by a handler of the Fetch standard; `body` when it has been read already. */
const fetchListener = (fetch: Handler, streams: EventStreams) => {
  const bodies = new WeakMap<IncomingMessage, Buffer>();
  const endableResponse = async (original: Request, { incoming }: HttpBindings): Promise<Response> => {
    const body = bodies.get(incoming);
    const response = await fetch(body ? withBody(original, body) : original);
    // The rest of the body would be taken for the next request, so the connection ends: the client must not use it again.
    if (!incoming.complete) response.headers.set('connection', 'close');
    // Reading the headers of every other response would cost time.
    return /text\/event-stream/i.test(incoming.headers.accept ?? '') ? streams.endable(response) : response;
  };
  const errorHandler = (error: unknown): Response => {
    const id = requestIdOf(undefined);
    const response = toResponse(errorResponseOf(error instanceof RequestError ? unreadable(error) : error, id));
    response.headers.set('x-request-id', id);
    response.headers.set(...noSniff);
    return response;
  };
  const listener = getRequestListener((request, env) => endableResponse(request, env as HttpBindings), {
    errorHandler,
  });
  return (incoming: IncomingMessage, outgoing: ServerResponse, body?: Buffer): void => {
    if (body) bodies.set(incoming, body);
    void listener(incoming, outgoing);
  };
};

const withBody = ({ url, method, headers, signal }: Request, body: Buffer): Request =>
  new Request(url, { method, headers, signal, body: new Uint8Array(body) });

const unreadable = (cause: unknown): DomainError =>
  new DomainError('BAD_REQUEST', 'the request has no valid address or Host header', { cause });

const urlOf = ({ address, family, port }: AddressInfo): string => {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
};
