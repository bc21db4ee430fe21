import type { Observer } from './telemetry.ts';
import type { Work } from './work.ts';
import { yieldToEventLoop } from './yielding.ts';

/** Returns a value for every key in order, also for missing keys. */
export type BatchFunction<K, V> = (keys: readonly K[]) => readonly V[] | Promise<readonly V[]>;

/** Keys of one call of a batch function, which is one statement and holds the thread. */
const batchSizeMax = 1000;

/** Rows whose callers go on in one turn of the event loop: what they do with them cannot be divided afterwards. */
const rowsPerTurn = 1000;

interface Step {
  readonly rows: number;
  readonly goOn: () => void;
}

/**
 * Lets callers go on with what they waited for, the first at once and the others turn by turn: forty thousand fields that wait
 * for one value would otherwise all go on in one stretch. They never go on when the work ends before.
 */
class Pacer {
  readonly #work: Work;
  /** Since the last turn began. */
  #rows = 0;
  #waiting: Step[] = [];
  #isRunning = false;

  constructor(work: Work) {
    this.#work = work;
  }

  take(rows: number, goOn: () => void): void {
    if (!this.#isRunning && this.#rows < rowsPerTurn) {
      this.#rows += rows;
      goOn();
      return;
    }
    this.#waiting.push({ rows, goOn });
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // What they load next is loaded together.
    this.#work.beginSlices();
    while (this.#waiting.length > 0) {
      const steps = this.#waiting;
      this.#waiting = [];
      for (const { rows, goOn } of steps) {
        if (this.#rows >= rowsPerTurn) {
          await yieldToEventLoop();
          this.#rows = 0;
        }
        if (this.#work.hasEnded) return;
        this.#rows += rows;
        goOn();
      }
    }
    this.#isRunning = false;
    this.#work.endSlices();
  }
}

/** A key that is loaded, or was, and who waits for its value. */
class Entry<V> {
  readonly #pacer: Pacer;
  #settled: Promise<V> | undefined;
  #waiting: { readonly resolve: (value: V) => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(pacer: Pacer) {
    this.#pacer = pacer;
  }

  wait(): Promise<V> {
    if (this.#settled) return this.#settled;
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  resolve(value: V): void {
    this.#settled = Promise.resolve(value);
    for (const { resolve } of this.#waiting) this.#pacer.take(1, () => resolve(value));
    this.#waiting = [];
  }

  reject(error: unknown): void {
    for (const { reject } of this.#waiting) this.#pacer.take(1, () => reject(error));
    this.#waiting = [];
  }
}

/** What all loaders of a request share. */
interface Shared {
  readonly work: Work;
  readonly pacer: Pacer;
  /** Calls back after all promises of this tick, and after the slices that load more. */
  readonly schedule: (dispatch: () => void) => void;
}

/** Loads keys one by one: those of one tick are one batch, and each key is loaded once. */
class KeyLoader<K, V> {
  readonly #batch: BatchFunction<K, V>;
  readonly #shared: Shared;
  readonly #entries = new Map<K, Entry<V>>();
  #pending: K[] = [];

  constructor(batch: BatchFunction<K, V>, shared: Shared) {
    this.#batch = batch;
    this.#shared = shared;
  }

  load(key: K): Promise<V> {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = new Entry(this.#shared.pacer);
      this.#entries.set(key, entry);
      if (this.#pending.push(key) === 1) this.#shared.schedule(() => void this.#dispatch());
    }
    return entry.wait();
  }

  async #dispatch(): Promise<void> {
    const all = this.#pending;
    this.#pending = [];
    for (let from = 0; from < all.length; from += batchSizeMax) {
      const keys = all.length <= batchSizeMax ? all : all.slice(from, from + batchSizeMax);
      try {
        const values = await loadInTurn(this.#batch, keys, this.#shared.work);
        for (const [index, key] of keys.entries()) this.#entries.get(key)?.resolve(values[index] as V);
      } catch (error) {
        for (const key of keys) {
          this.#entries.get(key)?.reject(error);
          // A later tick may have more success.
          this.#entries.delete(key);
        }
      }
    }
  }
}

interface PendingList<K, V> {
  readonly keys: readonly K[];
  readonly resolve: (values: readonly V[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Loads lists of keys: those of one tick are one batch. */
class ListLoader<K, V> {
  readonly #batch: BatchFunction<K, V>;
  readonly #shared: Shared;
  #pending: PendingList<K, V>[] = [];

  constructor(batch: BatchFunction<K, V>, shared: Shared) {
    this.#batch = batch;
    this.#shared = shared;
  }

  load(keys: readonly K[]): Promise<readonly V[]> {
    return new Promise((resolve, reject) => {
      const pending = { keys, resolve, reject };
      if (this.#pending.push(pending) === 1) this.#shared.schedule(() => void this.#dispatch());
    });
  }

  async #dispatch(): Promise<void> {
    const lists = this.#pending;
    this.#pending = [];
    const { pacer } = this.#shared;
    try {
      const valuesOf = await this.#loadLists(lists);
      for (const { keys, resolve } of lists) pacer.take(keys.length, () => resolve(valuesOf(keys)));
    } catch (error) {
      for (const { reject } of lists) pacer.take(1, () => reject(error));
    }
  }

  async #loadLists(lists: readonly PendingList<K, V>[]): Promise<(keys: readonly K[]) => readonly V[]> {
    const [only] = lists;
    if (only && lists.length === 1 && only.keys.length <= batchSizeMax) {
      // The same list of keys may have the same list of values, which is remembered.
      const values = await this.#batch(only.keys);
      return () => values;
    }
    const found = new Map<K, V>();
    let pending: K[] = [];
    const loadPending = async (): Promise<void> => {
      const keys = pending;
      pending = [];
      const values = await loadInTurn(this.#batch, keys, this.#shared.work);
      for (const [index, key] of keys.entries()) found.set(key, values[index] as V);
    };
    for (const { keys } of lists)
      for (const key of keys) {
        if (found.has(key)) continue;
        // Known from now on; its value follows.
        found.set(key, undefined as V);
        if (pending.push(key) === batchSizeMax) await loadPending();
      }
    if (pending.length > 0) await loadPending();
    return (keys) => keys.map((key) => found.get(key) as V);
  }
}

/** Full batches follow each other, and other requests come in between. */
const loadInTurn = async <K, V>(batch: BatchFunction<K, V>, keys: readonly K[], work: Work): Promise<readonly V[]> => {
  if (keys.length >= batchSizeMax) await yieldToEventLoop();
  work.check();
  return batch(keys);
};

/**
 * The loaders of one request, each identified by its batch function. What is requested in one tick is loaded by one call, and
 * who requested it goes on in as many turns of the event loop as that takes; never, when the work ends before.
 */
export class Loaders {
  readonly #observer: Observer;
  readonly #work: Work;
  #shared: Shared | undefined;
  #keys: Map<unknown, KeyLoader<unknown, unknown>> | undefined;
  #lists: Map<unknown, ListLoader<unknown, unknown>> | undefined;

  constructor(observer: Observer, work: Work) {
    this.#observer = observer;
    this.#work = work;
  }

  /** The value of a key. */
  load<K, V>(batch: BatchFunction<K, V>, key: K): Promise<V> {
    this.#keys ??= new Map();
    let loader = this.#keys.get(batch) as KeyLoader<K, V> | undefined;
    if (!loader) {
      loader = new KeyLoader(this.#observed(batch), this.#sharedState());
      this.#keys.set(batch, loader as KeyLoader<unknown, unknown>);
    }
    return loader.load(key);
  }

  /** The values of a list of keys, at the cost of one promise. */
  loadAll<K, V>(batch: BatchFunction<K, V>, keys: readonly K[]): Promise<readonly V[]> {
    this.#lists ??= new Map();
    let loader = this.#lists.get(batch) as ListLoader<K, V> | undefined;
    if (!loader) {
      loader = new ListLoader(this.#observed(batch), this.#sharedState());
      this.#lists.set(batch, loader as ListLoader<unknown, unknown>);
    }
    return loader.load(keys);
  }

  #sharedState(): Shared {
    const work = this.#work;
    this.#shared ??= {
      work,
      pacer: new Pacer(work),
      schedule: (dispatch) => void Promise.resolve().then(() => process.nextTick(() => work.afterSlices(dispatch))),
    };
    return this.#shared;
  }

  /** The same batch function; each of its calls is reported under its name, of which there are as many as loaders. */
  #observed<K, V>(batch: BatchFunction<K, V>): BatchFunction<K, V> {
    return (keys) => this.#observer.loaderBatch(batch.name || 'unnamed', keys.length, () => batch(keys));
  }
}
