import DataLoader from 'dataloader';
import type { Config } from './config.ts';
import type { Principal } from './domains/api-keys.ts';
import type { Domains } from './domains.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { NowUs } from './lib/clock.ts';
import { yieldToEventLoop } from './lib/yielding.ts';

/** Returns a value for every key, in order, for missing ones too. */
export type BatchFunction<K, V> = (keys: readonly K[]) => readonly V[] | Promise<readonly V[]>;

/** What every request shares. */
export interface Services extends Domains {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly server: ServerFacts;
  readonly nowUs: NowUs;
}

/** Who sent a request, and how. */
export interface RequestFacts {
  /** Null for a caller without a valid key; requests for data are refused before where keys are in use. */
  readonly caller: Principal | null;
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  readonly requestId: string;
}

/** What resolvers get: the domains, and the state of this one request. */
export interface Context extends Services, RequestFacts {
  /** The name of the caller's key; null for a caller without one. */
  readonly sentBy: string | null;
  /** Batches the keys of one tick of this request into one call; the batch function itself identifies the loader. */
  load<K, V>(batch: BatchFunction<K, V>, key: K): Promise<V>;
  /** Drops what was loaded, so that the next result of a subscription sees the current state. */
  forget(): void;
  /** Await it before returning a page inside of a list: resolving thousands of rows at once would block the thread. */
  pace(rows: number): Promise<void> | undefined;
}

export interface ServerFacts {
  readonly version: string;
  readonly startedAtUs: number;
  /** How long the rebuild of the indices took, microseconds; null until it is complete. */
  readonly rebuildUs: number | null;
  /** When it was complete, microseconds since 1970 UTC. */
  readonly builtAtUs: number | null;
}

/** Rows that graphql-js may resolve before other requests get a turn of the event loop. */
const rowsPerTurn = 1000;

export const createContext = (shared: Services, request: RequestFacts): Context => {
  const loaders = new Map<unknown, DataLoader<unknown, unknown>>();
  let rowsResolved = 0;
  return {
    ...shared,
    ...request,
    sentBy: request.caller?.name ?? null,
    forget: () => loaders.clear(),
    pace(rows) {
      rowsResolved += rows;
      if (rowsResolved <= rowsPerTurn) return undefined;
      rowsResolved = rows;
      return yieldToEventLoop();
    },
    load<K, V>(batch: BatchFunction<K, V>, key: K): Promise<V> {
      let loader = loaders.get(batch) as DataLoader<K, V> | undefined;
      if (!loader) {
        loader = new DataLoader(async (keys) => batch(keys), { maxBatchSize: 10_000 });
        loaders.set(batch, loader as DataLoader<unknown, unknown>);
      }
      return loader.load(key);
    },
  };
};
