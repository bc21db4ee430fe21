import type { IncomingMessage, ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import type { Store } from '../../db/store.ts';
import type { Config } from '../config.ts';
import type { Services } from '../context.ts';
import { noTrace, type Observer, type Trace } from '../lib/telemetry.ts';
import { observeStore } from './observed-store.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { QueryMetrics } from './query-metrics.ts';
import { type RequestEnd, RequestMetrics, requestEndOf } from './request-metrics.ts';
import { addStateMetrics } from './state-metrics.ts';
import { StoreMetrics } from './store-metrics.ts';

/** Traces of requests, and what ends the program's. */
export interface Tracing extends Trace {
  /** Answers a request as a span, which `ended` completes. */
  request(incoming: IncomingMessage, answer: () => void): { ended(end: RequestEnd): void };
  /** Sends what is left, within seconds. */
  close(): Promise<void>;
}

/** What a program reports about itself: metrics for a scraper, and traces where an endpoint is set. */
export class Telemetry implements Observer {
  readonly trace: Trace;
  readonly #registry = new Registry();
  readonly #tracing: Tracing | null;
  readonly #process: ProcessMetrics;
  readonly #requests: RequestMetrics;
  readonly #queries: QueryMetrics;
  readonly #store: StoreMetrics;

  constructor({ metricOperationsMax }: Pick<Config, 'metricOperationsMax'>, tracing: Tracing | null) {
    this.#tracing = tracing;
    this.trace = tracing ?? noTrace;
    this.#process = new ProcessMetrics(this.#registry);
    this.#requests = new RequestMetrics(this.#registry);
    this.#queries = new QueryMetrics(this.#registry, metricOperationsMax);
    this.#store = new StoreMetrics(this.#registry);
  }

  /** Begins to measure what is not caused by requests. */
  start(services: Services): void {
    addStateMetrics(this.#registry, services);
    this.#process.start();
  }

  async close(): Promise<void> {
    this.#process.stop();
    await this.#tracing?.close();
  }

  metrics(): Promise<string> {
    return this.#registry.metrics();
  }

  observeStore(store: Store): Store {
    return observeStore(store, this.#store, this.trace);
  }

  committed(seconds: number): void {
    this.#store.committed(seconds);
  }

  operationEnded(end: Parameters<Observer['operationEnded']>[0]): void {
    this.#queries.operationEnded(end);
  }

  loaderBatch<R>(loader: string, keys: number, load: () => R): R {
    this.#queries.loaderBatch(loader, keys);
    return this.#tracing ? this.#tracing.span(`load ${loader}`, { keys }, load) : load();
  }

  /** Observes requests of a socket; `routeOf` is the pattern of a path, query included. */
  requestObserver(routeOf: (path: string) => string) {
    return (incoming: IncomingMessage, outgoing: ServerResponse, answer: () => void): void => {
      const startedMs = performance.now();
      let span: ReturnType<Tracing['request']> | undefined;
      this.#requests.began();
      outgoing.once('close', () => {
        const end = requestEndOf(incoming, outgoing, routeOf);
        this.#requests.ended(end, isEventStream(incoming, outgoing), (performance.now() - startedMs) / 1000);
        span?.ended(end);
      });
      if (this.#tracing) span = this.#tracing.request(incoming, answer);
      else answer();
    };
  }
}

/** Whether the answer was a stream of events: many clients accept one for whatever they ask. */
const isEventStream = ({ headers: { accept = '' } }: IncomingMessage, outgoing: ServerResponse): boolean => {
  if (!accept.includes('event-stream')) return false;
  // Node keeps the headers that writeHead gets nowhere else.
  const sent = Reflect.get(outgoing, '_header') as unknown;
  return typeof sent === 'string' && /^content-type: text\/event-stream/im.test(sent);
};
