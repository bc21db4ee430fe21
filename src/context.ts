import DataLoader from 'dataloader';
import type { Config } from './config.ts';
import type { Principal } from './domains/api-keys.ts';
import type { Domains } from './domains.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { NowUs } from './lib/clock.ts';
import { Pacer } from './lib/pacer.ts';
import type { Observer } from './lib/telemetry.ts';
import type { DocumentDescription } from './lib/trusted-document.ts';
import { type Budget, Work } from './lib/work.ts';
import { createYielder, yieldToEventLoop } from './lib/yielding.ts';

/** Returns a value for every key in order, also for missing keys. */
export type BatchFunction<K, V> = (keys: readonly K[]) => readonly V[] | Promise<readonly V[]>;

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
  load<K, V>(batch: BatchFunction<K, V>, key: K): Promise<Exclude<V, Error>>;
  /** The same for few keys that many objects need: a value that is there already costs no promise. */
  loadKnown<K, V>(batch: BatchFunction<K, V>, key: K): V | Promise<V>;
  /** The same for a list of keys, at the cost of one promise: the lists of one tick are one call. */
  loadAll<K, V>(batch: BatchFunction<K, V>, keys: readonly K[]): Promise<readonly V[]>;
  /** What long computations of the request have, so that they stop when nobody waits for its answer any more. */
  readonly work: Work;
  /** To be awaited before a resolver returns a page: resolving thousands of rows without yielding would block the thread. */
  yieldAfter(rows: number): Promise<void> | undefined;
}

/** How far a copy of the ledger that answers questions has followed it. */
export interface ProjectionState {
  readonly name: string;
  /** Everything up to this sequence number is in it. */
  readonly sequence: number;
  /** How long the oldest record that it lacks has been stored, milliseconds; 0 when it lacks none. */
  readonly lagMs: number;
}

export interface ServerInfo {
  readonly version: string;
  readonly startedAtUs: number;
  /** The copies of the ledger outside of this process that answer questions. */
  readonly projections: () => readonly ProjectionState[];
  /** How long the rebuild of the indices took, microseconds; null until it is complete. */
  readonly rebuildUs: number | null;
  /** It has been asked to stop, and will close its port soon. */
  readonly isStopping: boolean;
  /** Aborted once what still runs in a server that stops must end. */
  readonly interrupted: AbortSignal;
  /** When the rebuild was complete, microseconds since 1970 UTC. */
  readonly builtAtUs: number | null;
}

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
    readonly loadKnown: Context['loadKnown'];
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
      this.loadKnown = (batch, key) => loaders.loadKnown(batch, key);
      this.loadAll = (batch, keys) => loaders.loadAll(batch, keys);
      this.yieldAfter = (rows) => loaders.yieldAfter(rows);
    }
  }
  Object.setPrototypeOf(RequestContext.prototype, services);
  return (request) => new RequestContext(request) as RequestContext & Services;
};

/** Keys of one call of a batch function, which is one statement and holds the thread. */
const batchSizeMax = 1000;

/** Full batches follow each other, and other requests come in between. */
const loadInTurn = async <K, V>(batch: BatchFunction<K, V>, keys: readonly K[], work: Work): Promise<readonly V[]> => {
  if (keys.length >= batchSizeMax) await yieldToEventLoop();
  work.check();
  return batch(keys);
};

/** The values of lists of keys, each key loaded once. */
const loadLists = async <K, V>(
  batch: BatchFunction<K, V>,
  lists: readonly (readonly K[])[],
  work: Work,
): Promise<(readonly V[])[]> => {
  const [only = []] = lists;
  // The same list of keys may have the same list of values, which is remembered.
  if (lists.length === 1 && only.length <= batchSizeMax) return [await batch(only)];
  const keys = [...new Set(lists.flat())];
  const found = new Map<K, V>();
  for (let from = 0; from < keys.length; from += batchSizeMax) {
    const part = keys.slice(from, from + batchSizeMax);
    const values = await loadInTurn(batch, part, work);
    for (const [index, key] of part.entries()) found.set(key, values[index] as V);
  }
  const answers: V[][] = [];
  const maybeYield = createYielder(work);
  for (const list of lists) {
    answers.push(list.map((key) => found.get(key) as V));
    await maybeYield();
  }
  return answers;
};

interface KeyLoader<K, V> {
  readonly batches: DataLoader<K, V>;
  /** What was loaded, or is being loaded. DataLoader's own cache makes promises for each caller, all settled in one go. */
  readonly known: Map<K, Promise<V>>;
  /** What `loadKnown` has loaded. */
  readonly values: Map<K, V>;
}

const loadOnce = <K, V>({ batches, known }: KeyLoader<K, V>, key: K): Promise<V> => {
  let value = known.get(key);
  if (!value) {
    value = batches.load(key);
    known.set(key, value);
    value.catch(() => known.delete(key));
  }
  return value;
};

/**
 * The DataLoaders of one request, each identified by its batch function. What is requested in one tick is loaded by one call,
 * and who requested it goes on in as many turns of the event loop as that takes.
 */
class Loaders {
  readonly #observer: Observer;
  readonly #work: Work;
  #pacer: Pacer | undefined;
  #loaders: Map<unknown, KeyLoader<unknown, unknown>> | undefined;
  /** Loaders whose keys are lists of keys. */
  #listLoaders: Map<unknown, DataLoader<readonly unknown[], readonly unknown[]>> | undefined;

  /** After all promises of this tick, as DataLoader does itself, and after the slices that load more. */
  readonly #schedule = (dispatch: () => void): void =>
    void Promise.resolve().then(() => process.nextTick(() => this.#work.afterSlices(dispatch)));

  constructor(observer: Observer, work: Work) {
    this.#observer = observer;
    this.#work = work;
  }

  /** The value of a key; rejects where it is an error. */
  load<K, V>(batch: BatchFunction<K, V>, key: K): Promise<Exclude<V, Error>> {
    return this.#paced(loadOnce(this.#loaderOf(batch), key), 1) as Promise<Exclude<V, Error>>;
  }

  /** The same at once when it is known. */
  loadKnown<K, V>(batch: BatchFunction<K, V>, key: K): V | Promise<V> {
    const loader = this.#loaderOf(batch);
    const { values, known } = loader;
    const found = values.get(key);
    if (found !== undefined) return found;
    const isNew = !known.has(key);
    const value = loadOnce(loader, key);
    if (isNew)
      value.then(
        (loaded) => values.set(key, loaded),
        () => undefined,
      );
    return this.#paced(value, 1);
  }

  #loaderOf<K, V>(batch: BatchFunction<K, V>): KeyLoader<K, V> {
    this.#loaders ??= new Map();
    let loader = this.#loaders.get(batch) as KeyLoader<K, V> | undefined;
    if (!loader) {
      const observed = this.#observed(batch);
      const batches = new DataLoader<K, V>((keys) => loadInTurn(observed, keys, this.#work), {
        ...{ cache: false, maxBatchSize: batchSizeMax, batchScheduleFn: this.#schedule },
      });
      loader = { batches, known: new Map(), values: new Map() };
      this.#loaders.set(batch, loader as KeyLoader<unknown, unknown>);
    }
    return loader;
  }

  /** The values of a list of keys, at the cost of one promise. */
  loadAll<K, V>(batch: BatchFunction<K, V>, keys: readonly K[]): Promise<readonly V[]> {
    this.#listLoaders ??= new Map();
    let loader = this.#listLoaders.get(batch) as DataLoader<readonly K[], readonly V[]> | undefined;
    if (!loader) {
      const observed = this.#observed(batch);
      loader = new DataLoader((lists) => loadLists(observed, lists, this.#work), {
        ...{ cache: false, batchScheduleFn: this.#schedule },
      });
      this.#listLoaders.set(batch, loader as DataLoader<readonly unknown[], readonly unknown[]>);
    }
    return this.#paced(loader.load(keys), keys.length);
  }

  /** Lists that wait for one computation all go on at once, like those of a loader. */
  yieldAfter(rows: number): Promise<void> | undefined {
    this.#pacer ??= new Pacer(this.#work);
    return this.#pacer.yieldAfter(rows);
  }

  #paced<V>(value: Promise<V>, rows: number): Promise<V> {
    this.#pacer ??= new Pacer(this.#work);
    return this.#pacer.pace(value, rows);
  }

  /** The same batch function; each of its calls is reported under its name, of which there are as many as loaders. */
  #observed<K, V>(batch: BatchFunction<K, V>): BatchFunction<K, V> {
    return (keys) => this.#observer.loaderBatch(batch.name || 'unnamed', keys.length, () => batch(keys));
  }
}
