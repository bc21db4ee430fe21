import { LRUCache } from 'lru-cache';
import { SharedWork, type Work } from './work.ts';

interface Shared<V> {
  readonly work: SharedWork;
  readonly result: Promise<V>;
}

/**
 * How many results are kept, or how large they are together; `sizeOf` a result by its key then has to be given. With
 * `whileRunning` none is: a computation is shared until it ends.
 */
export type SharedCapacity =
  | 'whileRunning'
  | { readonly max: number }
  | { readonly maxSize: number; readonly sizeOf: (key: string) => number };

/**
 * Results of computations, of which the last are kept, for several requests that need the same one. A computation ends early
 * when nobody waits for it any more; one that has ended or failed is begun again for the next who needs it.
 */
export class SharedComputations<V> {
  readonly #known: Map<string, Shared<V>> | LRUCache<string, Shared<V>>;
  readonly #capacity: SharedCapacity;

  constructor(capacity: SharedCapacity) {
    this.#capacity = capacity;
    if (capacity === 'whileRunning') this.#known = new Map();
    else this.#known = new LRUCache('max' in capacity ? { max: capacity.max } : { maxSize: capacity.maxSize });
  }

  /** The result for a key, computed by `compute` unless it is known or another request waits for it. */
  find(key: string, work: Work | undefined, compute: (shared: Work) => Promise<V>): Promise<V> {
    const known = this.#known.get(key);
    const shared = known && !known.work.hasEnded ? known : this.#begin(key, compute);
    shared.work.add(work);
    return shared.result;
  }

  #begin(key: string, compute: (shared: Work) => Promise<V>): Shared<V> {
    const work = new SharedWork();
    const shared = { work, result: compute(work) };
    const known = this.#known;
    const capacity = this.#capacity;
    // What is greater than the whole is kept alone.
    if (known instanceof LRUCache && typeof capacity === 'object' && 'maxSize' in capacity)
      known.set(key, shared, { size: Math.min(capacity.maxSize, capacity.sizeOf(key)) });
    else known.set(key, shared);
    const forget = (): void => {
      if (known.get(key) === shared) known.delete(key);
    };
    shared.result.then(capacity === 'whileRunning' ? forget : undefined, forget);
    return shared;
  }
}
