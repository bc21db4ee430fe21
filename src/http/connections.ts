import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Interval between checks for overdue requests, milliseconds. */
const overdueCheckMs = 30_000;

/** The connections of a server: aborts slow requests, and closes idle connections when the server stops. */
export class Connections {
  /**
   * The newest response on each connection, null before the first. Not a set of responses in flight: the tables that Map
   * and Set leave behind when entries come and go keep dead entries alive for the garbage collector's young generation.
   */
  readonly #newest = new Map<Socket, ServerResponse | null>();
  /** Requests whose bodies are streams: they may take any time. */
  readonly #streamed = new WeakSet<IncomingMessage>();
  readonly #requestTimeoutMs: number;
  readonly #timer: NodeJS.Timeout;
  /** Until when each request that is still arriving must be complete, by `performance.now()`. */
  #deadlines = new Map<IncomingMessage, number>();

  constructor(requestTimeoutMs: number) {
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#timer = setInterval(() => this.#cutOverdue(), Math.min(overdueCheckMs, requestTimeoutMs));
    this.#timer.unref();
  }

  add(socket: Socket): void {
    this.#newest.set(socket, null);
    socket.once('close', () => this.#newest.delete(socket));
  }

  beginRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.#newest.set(incoming.socket, outgoing);
  }

  exemptStream(incoming: IncomingMessage): void {
    this.#streamed.add(incoming);
  }

  /** Closes connections that carry no request, and lets the others close after their response. */
  drain(): void {
    // Browsers open connections in advance; Node does not count these as idle.
    for (const [socket, outgoing] of this.#newest)
      if (!outgoing) socket.destroy();
      // Otherwise a connection under load is kept alive, and the server never closes.
      else if (!outgoing.headersSent) outgoing.setHeader('connection', 'close');
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Also aborts requests whose response is complete already: the rest of their body is not used. */
  #cutOverdue(): void {
    const nowMs = performance.now();
    const deadlines = new Map<IncomingMessage, number>();
    for (const outgoing of this.#newest.values()) {
      if (!outgoing || outgoing.req.complete || this.#streamed.has(outgoing.req)) continue;
      const deadlineMs = this.#deadlines.get(outgoing.req) ?? nowMs + this.#requestTimeoutMs;
      if (deadlineMs <= nowMs) outgoing.req.socket.destroy();
      else deadlines.set(outgoing.req, deadlineMs);
    }
    this.#deadlines = deadlines;
  }
}
