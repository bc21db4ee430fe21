import DataLoader from 'dataloader';
import type { Config } from './config.ts';
import type { Principal } from './domains/api-keys.ts';
import type { Domains } from './domains.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { NowUs } from './lib/clock.ts';
import { yieldToEventLoop } from './lib/yielding.ts';

/** Answers every key in order, missing ones too. */
export type BatchFunction<K, V> = (keys: readonly K[]) => readonly V[] | Promise<readonly V[]>;

/** What resolvers get: the domains, and the state of this request. */
export interface Context extends Domains {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly server: ServerFacts;
  readonly nowUs: NowUs;
  /** Null for a caller without access, whose requests for data are refused before they reach a resolver. */
  readonly caller: Principal | null;
  /** The name of the caller's key; null for a caller that needs none. */
  readonly sentBy: string | null;
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  /** Batches the keys that are loaded in one tick of this request into one call; the batch function identifies the loader. */
  load<K, V>(batch: BatchFunction<K, V>, key: K): Promise<V>;
  /** Clears the loaded values, so that the next result of a subscription reads current data. */
  forget(): void;
  /** Await it before returning a page inside a list: resolving thousands of rows at once would block the thread. */
  pace(rows: number): Promise<void> | undefined;
}

export interface ServerFacts {
  readonly version: string;
  readonly startedAtUs: number;
  /** How long the rebuild of the indices took, microseconds; null until it is done. */
  readonly rebuildUs: number | null;
  /** When it was done, microseconds since 1970 UTC. */
  readonly builtAtUs: number | null;
}

export type Shared = Omit<Context, 'caller' | 'sentBy' | 'origin' | 'load' | 'forget' | 'pace'>;

/** Rows that graphql-js may turn into an answer without a turn of the event loop. */
const rowsPerTurn = 1000;

export const createContext = (shared: Shared, caller: Principal | null, origin: string): Context => {
  const loaders = new Map<unknown, DataLoader<unknown, unknown>>();
  let handedOut = 0;
  return {
    ...shared,
    caller,
    sentBy: caller?.name ?? null,
    origin,
    forget: () => loaders.clear(),
    pace(rows) {
      handedOut += rows;
      if (handedOut <= rowsPerTurn) return undefined;
      handedOut = rows;
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
