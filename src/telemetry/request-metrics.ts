import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { durationBuckets } from './buckets.ts';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** How a request ended: `left` when the client closed its connection before it had the whole answer, which is no error. */
type Outcome = 'ok' | 'refused' | 'failed' | 'left';

export interface RequestEnd {
  readonly method: string;
  /** The pattern of the path. */
  readonly route: string;
  readonly status: number;
  readonly outcome: Outcome;
}

/** What a socket tells of a request that has ended. */
export const requestEndOf = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  routeOf: (path: string) => string,
): RequestEnd => {
  const { method = '', url = '' } = incoming;
  const { statusCode: status } = outgoing;
  return {
    method: methods.has(method) ? method : 'other',
    route: routeOf(url),
    status,
    // A request whose body was cut off may have been answered, but not to anybody.
    outcome: outgoing.writableFinished && incoming.errored === null ? outcomeOf(status) : 'left',
  };
};

const outcomeOf = (status: number): Outcome => (status < 400 ? 'ok' : status < 500 ? 'refused' : 'failed');

/** Requests over sockets, by the pattern of their path. */
export class RequestMetrics {
  readonly #duration: Histogram<'method' | 'route' | 'outcome'>;
  readonly #streams: Counter<'route' | 'outcome'>;
  #inFlight = 0;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#duration = new Histogram({
      name: 'asof_http_request_duration_seconds',
      help: 'Requests by the pattern of their path, from their first byte to the last byte of their answer. The outcome is ok, refused (4xx), failed (5xx) or left (the client went away).',
      labelNames: ['method', 'route', 'outcome'],
      buckets: durationBuckets,
      registers,
    });
    this.#streams = new Counter({
      name: 'asof_http_streams_total',
      help: 'Streams of server-sent events that have ended; they are not in the histogram of durations.',
      labelNames: ['route', 'outcome'],
      registers,
    });
    const inFlight = (): number => this.#inFlight;
    new Gauge({
      name: 'asof_http_requests_in_flight',
      help: 'Requests that are being answered, streams included.',
      registers,
      collect() {
        this.set(inFlight());
      },
    });
  }

  began(): void {
    this.#inFlight += 1;
  }

  ended({ method, route, outcome }: RequestEnd, isStream: boolean, seconds: number): void {
    this.#inFlight -= 1;
    if (isStream) this.#streams.inc({ route, outcome });
    else this.#duration.observe({ method, route, outcome }, seconds);
  }
}
