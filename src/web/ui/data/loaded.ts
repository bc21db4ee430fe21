import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type AnyVariables, type Client, CombinedError, type DocumentInput, useClient } from 'urql';
import type { ChangeKind } from '../generated/graphql.ts';
import { type QueryResult, useLive } from './live.tsx';

/** One request to the server. Throws a `CombinedError`. */
export type Ask = <Data, Variables extends AnyVariables>(
  document: DocumentInput<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

const askBy =
  (client: Client): Ask =>
  async (document, variables) => {
    const { data, error } = await client.query(document, variables, { requestPolicy: 'network-only' }).toPromise();
    if (error) throw error;
    if (data === undefined) throw new CombinedError({ networkError: new Error('The server did not answer.') });
    return data;
  };

/** Requests of a person's action, outside of what is shown. */
export const useAsk = (): Ask => {
  const client = useClient();
  return useMemo(() => askBy(client), [client]);
};

const errorOf = (error: unknown): CombinedError =>
  error instanceof CombinedError ? error : new CombinedError({ networkError: error as Error });

interface Load<Data> {
  /** Names what is loaded: another key loads anew. */
  readonly key: string;
  /** The changes that make it be loaded again; none for what is of a snapshot. */
  readonly kinds: readonly ChangeKind[];
  load(ask: Ask): Promise<Data>;
}

interface Loaded<Data> {
  readonly data: Data | undefined;
  readonly error: CombinedError | undefined;
  readonly isLoading: boolean;
}

/**
 * What several requests after each other answer, as a whole: until the last of them has answered, what was loaded before
 * stays. An answer says by itself what it is of, so that old figures never stand below new titles.
 */
export const useLoaded = <Data>({ key, kinds, load }: Load<Data>): QueryResult<Data> => {
  const client = useClient();
  const { listen } = useLive();
  const [loaded, setLoaded] = useState<Loaded<Data>>({ data: undefined, error: undefined, isLoading: true });
  const [round, setRound] = useState(0);
  const newest = useRef({ load, running: false, again: false });
  newest.current.load = load;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another key or round loads anew.
  useEffect(() => {
    let isCurrent = true;
    const state = newest.current;
    Object.assign(state, { running: true, again: false });
    setLoaded((before) => ({ ...before, isLoading: true }));
    const done = (result: Partial<Loaded<Data>>) => {
      if (!isCurrent) return;
      state.running = false;
      setLoaded((before) => ({ ...before, error: undefined, ...result, isLoading: false }));
      if (state.again) setRound((count) => count + 1);
    };
    state.load(askBy(client)).then(
      (data) => done({ data }),
      (error: unknown) => done({ error: errorOf(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, key, round]);

  const kindList = kinds.join();
  useEffect(() => {
    if (kindList === '') return undefined;
    const awaited = new Set(kindList.split(','));
    return listen((changed) => {
      if (!changed.some((kind) => awaited.has(kind))) return;
      // A change during a load is not answered by it: it is loaded once more, after it.
      if (newest.current.running) newest.current.again = true;
      else setRound((count) => count + 1);
    });
  }, [listen, kindList]);

  const reload = useCallback(() => setRound((count) => count + 1), []);
  const { data, error, isLoading } = loaded;
  return {
    state: {
      fetching: isLoading,
      stale: isLoading,
      hasNext: false,
      ...(data === undefined ? {} : { data }),
      ...(error ? { error } : {}),
    },
    reload,
  };
};
