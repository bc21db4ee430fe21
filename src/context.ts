import type { Config } from './config.ts';
import type { Principal } from './domains/api-keys.ts';
import type { Domains } from './domains.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { NowUs } from './lib/clock.ts';
import { type BatchFunction, Loaders } from './lib/loaders.ts';
import type { Observer } from './lib/telemetry.ts';
import type { DocumentDescription } from './lib/trusted-document.ts';
import { type Budget, Work } from './lib/work.ts';
import { yieldToEventLoop } from './lib/yielding.ts';

/** The services that all requests share. */
export interface Services extends Domains {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly server: ServerInfo;
  readonly nowUs: NowUs;
  readonly observer: Observer;
  /** The operator's trusted documents. */
  readonly trustedDocuments: () => readonly DocumentDescription[];
}

/** The caller, origin and id of a request. */
export interface RequestInfo {
  /** Null for a caller without a valid key. Where keys are in use, its requests for data that is not public are refused earlier. */
  readonly caller: Principal | null;
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  readonly requestId: string;
  /** The header `Last-Event-ID`: the id of the last event that a client which subscribes again has received. */
  readonly lastEventId?: string | null;
}

/** What resolvers receive: the services and the state of one request. */
export interface Context extends Services, RequestInfo {
  /** The name of the caller's key; null for a caller without one. */
  readonly sentBy: string | null;
  /** Batches the keys of one tick of this request into one call; the batch function itself identifies the loader. */
  load<K, V>(batch: BatchFunction<K, V>, key: K): Promise<V>;
  /** The same for a list of keys, at the cost of one promise: the lists of one tick are one call. */
  loadAll<K, V>(batch: BatchFunction<K, V>, keys: readonly K[]): Promise<readonly V[]>;
  /** What long computations of the request have, so that they stop when nobody waits for its answer any more. */
  readonly work: Work;
  /** To be awaited before a resolver returns a page: resolving thousands of rows without yielding would block the thread. */
  yieldAfter(rows: number): Promise<void> | undefined;
}

export interface ServerInfo {
  readonly version: string;
  readonly startedAtUs: number;
  /** How long the rebuild of the indices took, microseconds; null until it is complete. */
  readonly rebuildUs: number | null;
  /** It has been asked to stop, and will close its port soon. */
  readonly isStopping: boolean;
  /** Aborted once what still runs in a server that stops must end. */
  readonly interrupted: AbortSignal;
  /** When the rebuild was complete, microseconds since 1970 UTC. */
  readonly builtAtUs: number | null;
}

/** Rows that graphql-js may resolve before it yields to the event loop. */
const rowsPerYield = 1000;

/**
 * Creates the context of each request. A class that inherits from the services: copying them would cost more than a
 * lookup does. Without a budget, answers may have any number of values.
 */
export const createContextFactory = (services: Services, budget?: Budget): ((request: RequestInfo) => Context) => {
  class RequestContext {
    readonly caller: Principal | null;
    readonly origin: string;
    readonly requestId: string;
    readonly lastEventId: string | null;
    readonly sentBy: string | null;
    readonly work: Work;
    readonly load: Context['load'];
    readonly loadAll: Context['loadAll'];
    readonly yieldAfter: Context['yieldAfter'];

    constructor({ caller, origin, requestId, lastEventId = null }: RequestInfo) {
      this.caller = caller;
      this.origin = origin;
      this.requestId = requestId;
      this.lastEventId = lastEventId;
      this.sentBy = caller?.name ?? null;
      this.work = new Work(budget);
      const loaders = new Loaders(services.observer, this.work);
      // Resolvers take them out of the context, without `this`.
      this.load = (batch, key) => loaders.load(batch, key);
      this.loadAll = (batch, keys) => loaders.loadAll(batch, keys);
      this.yieldAfter = createYieldAfter(this.work);
    }
  }
  Object.setPrototypeOf(RequestContext.prototype, services);
  return (request) => new RequestContext(request) as RequestContext & Services;
};

const createYieldAfter = (work: Work): Context['yieldAfter'] => {
  let rowsResolved = 0;
  return (rows) => {
    rowsResolved += rows;
    if (rowsResolved <= rowsPerYield) return undefined;
    rowsResolved = rows;
    return yieldToEventLoop().then(() => work.check());
  };
};
