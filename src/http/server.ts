import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server';
import type { Logger } from 'pino';
import { DomainError } from '../errors.ts';
import { errorResponse } from './error-response.ts';
import { createEventStreams } from './event-streams.ts';
import type { Handler } from './request-guard.ts';

/** A request that is answered without the Fetch standard's objects. */
export interface FastRequest {
  /** Its body may take any time to come. */
  readonly isStream: boolean;
  answer(outgoing: ServerResponse): Promise<void>;
}

/** Says how to answer a request directly; undefined for one that must take the usual way. */
export type FastPath = (incoming: IncomingMessage) => FastRequest | undefined;

export interface HttpServer {
  /** Without a slash at the end; the port is the one in use. */
  readonly url: string;
  /** Takes no more connections, lets requests in flight finish for a while, then cuts what is left. */
  stop(): Promise<void>;
}

/** A client has this long to send its headers, and to send all of a request that is no stream. */
const headersTimeout = 20_000;
const requestTimeout = 300_000;
/** How often to look for those that took longer. */
const lateCheckMs = 30_000;
/** A connection on which nothing moves in either direction is cut: Node's own default lets clients that do not read stay. */
const socketTimeout = 120_000;
/** Longer than most clients' own: one that computes between two requests should not find its connection closed. */
const keepAliveTimeout = 75_000;
const drainMs = 5000;

interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Logger;
  /** Answers some requests at less cost; default: none. */
  readonly direct?: FastPath;
  /** How long nothing may move on a connection, milliseconds; default two minutes. */
  readonly socketTimeoutMs?: number;
  /** How long a request that is no stream may take to come, milliseconds; default five minutes. */
  readonly requestTimeoutMs?: number;
}

/** Answers requests on a socket of its own. Rejects with the system's error when it cannot listen. */
export const openServer = async (
  fetch: Handler,
  { host, port, log, direct, socketTimeoutMs = socketTimeout, requestTimeoutMs = requestTimeout }: ServerOptions,
): Promise<HttpServer> => {
  const unreadable = (cause: unknown) =>
    new DomainError('BAD_REQUEST', 'the request has no valid address or Host header', { cause });
  const errorHandler = (error: unknown) => errorResponse(error instanceof RequestError ? unreadable(error) : error);
  const streams = createEventStreams();
  const answer = async (request: Request, { incoming }: HttpBindings): Promise<Response> => {
    const response = await fetch(request);
    // Others would pay for a look at their answer's headers.
    return /text\/event-stream/i.test(incoming.headers.accept ?? '') ? streams.take(response) : response;
  };
  const listener = getRequestListener((request, env) => answer(request, env as HttpBindings), { errorHandler });
  /**
   * The newest answer on each connection, null before the first. Not a set of answers in flight: tables that Map and Set
   * leave behind when entries come and go keep dead entries alive for the garbage collector's young generation.
   */
  const connections = new Map<Socket, ServerResponse | null>();
  let stopping: Promise<void> | undefined;

  /** Requests whose bodies are streams, and when each other one that is slow to come must have come at the latest. */
  const streamed = new WeakSet<IncomingMessage>();
  let awaited = new Map<IncomingMessage, number>();

  // Node's own `requestTimeout` knows no exceptions: it would cut off a stream of events in the middle.
  const server = createServer({ headersTimeout, requestTimeout: 0, keepAliveTimeout }, (incoming, outgoing) => {
    connections.set(incoming.socket, outgoing);
    if (stopping) outgoing.setHeader('connection', 'close');
    const answering = direct?.(incoming);
    if (answering?.isStream) streamed.add(incoming);
    if (!answering) return void listener(incoming, outgoing);
    answering.answer(outgoing).catch((error: unknown) => {
      log.error(error, 'could not write an answer');
      outgoing.destroy();
    });
  });
  server.setTimeout(socketTimeoutMs);
  server.on('connection', (socket) => {
    connections.set(socket, null);
    socket.once('close', () => connections.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening');
  // Too many open files, for one: those that are connected are still answered.
  server.on('error', (error) => log.error(error, 'could not accept a connection'));

  /** Also those whose answer is over already: what they still send is not wanted any more. */
  const cutLate = (): void => {
    const nowMs = performance.now();
    const dues = new Map<IncomingMessage, number>();
    for (const outgoing of connections.values()) {
      if (!outgoing || outgoing.req.complete || streamed.has(outgoing.req)) continue;
      const dueMs = awaited.get(outgoing.req) ?? nowMs + requestTimeoutMs;
      if (dueMs <= nowMs) outgoing.req.socket.destroy();
      else dues.set(outgoing.req, dueMs);
    }
    awaited = dues;
  };
  const cuttingLate = setInterval(cutLate, Math.min(lateCheckMs, requestTimeoutMs));
  cuttingLate.unref();

  const drain = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    streams.end();
    // Browsers open connections ahead of need; Node does not count these as idle.
    for (const [socket, outgoing] of connections)
      if (!outgoing) socket.destroy();
      // Without it a connection under load is kept alive, and the server never closes.
      else if (!outgoing.headersSent) outgoing.setHeader('connection', 'close');
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    await closed;
    clearTimeout(cut);
    clearInterval(cuttingLate);
  };

  return {
    url: urlOf(server.address() as AddressInfo),
    stop() {
      stopping ??= drain();
      return stopping;
    },
  };
};

const urlOf = ({ address, family, port }: AddressInfo): string => {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
};
