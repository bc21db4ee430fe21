import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import {
  type AnyVariables,
  type DocumentInput,
  type OperationContext,
  type UseQueryResponse,
  type UseQueryState,
  useClient,
  useQuery,
} from 'urql';
import { type ChangeKind, ChangesDocument } from '../generated/graphql.ts';
import { useViewer } from './viewer.tsx';

/** `paused`: by the person, or because the tab is hidden. `closed`: the person may not read. */
export type LiveState = 'connecting' | 'live' | 'paused' | 'offline' | 'closed';

type Listener = (kinds: readonly ChangeKind[]) => void;

/** The one connection through which the server says what has changed. */
export interface Live {
  readonly state: LiveState;
  /** The newest sequence of the ledger; null before the first message. */
  readonly sequence: number | null;
  /** When the last message came, milliseconds; null before the first. */
  readonly heardAtMs: number | null;
  /**
   * Whether pages may read: what they read from now on is reported when it changes. False while the first message is awaited,
   * which names all kinds: a page that has read before it would read twice.
   */
  readonly isReady: boolean;
  readonly isPaused: boolean;
  setPaused(isPaused: boolean): void;
  /** Calls back with what has changed; returns how to stop that. */
  listen(listener: Listener): () => void;
}

const LiveContext = createContext<Live | null>(null);

interface Heard {
  readonly state: LiveState;
  readonly sequence: number | null;
  readonly heardAtMs: number | null;
}

const nothingHeard: Heard = { state: 'connecting', sequence: null, heardAtMs: null };

/** Pages do not wait longer for the connection: they then read once more when it is there. */
const connectionWaitMs = 1000;

/** Whether the connection has been made once, or need not be awaited. */
const useReady = (isAwaited: boolean, isThere: boolean): boolean => {
  const [isReady, setReady] = useState(false);
  if (isThere && !isReady) setReady(true);
  useEffect(() => {
    if (!isAwaited) return undefined;
    const timer = setTimeout(() => setReady(true), connectionWaitMs);
    return () => clearTimeout(timer);
  }, [isAwaited]);
  return isReady;
};

/** Whether somebody can see the tab: a hidden one needs no figures. */
const useVisible = (): boolean => {
  const [isVisible, setVisible] = useState(() => document.visibilityState === 'visible');
  useEffect(() => {
    const update = () => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', update);
    return () => document.removeEventListener('visibilitychange', update);
  }, []);
  return isVisible;
};

interface LiveProviderProps {
  /** Gets an event `lost` when the connection has broken. */
  readonly lost: EventTarget;
  readonly children: ReactNode;
}

export function LiveProvider({ lost, children }: LiveProviderProps) {
  const client = useClient();
  const isVisible = useVisible();
  const [isPaused, setPaused] = useState(false);
  const [heard, setHeard] = useState(nothingHeard);
  const listeners = useRef(new Set<Listener>());
  const isStopped = isPaused || !isVisible;
  const viewer = useViewer();
  const { isKnown } = viewer;
  const mayRead = viewer.may('READ');
  const isReady = useReady(mayRead, mayRead && (isStopped || heard.state === 'live' || heard.state === 'offline'));

  useEffect(() => {
    if (!mayRead) {
      setHeard({ ...nothingHeard, state: isKnown ? 'closed' : 'connecting' });
      return undefined;
    }
    if (isStopped) {
      setHeard((last) => ({ ...last, state: 'paused' }));
      return undefined;
    }
    setHeard((last) => ({ ...last, state: 'connecting' }));
    const { unsubscribe } = client.subscription(ChangesDocument, {}).subscribe(({ data, error }) => {
      if (!data?.changes) {
        if (error) setHeard((last) => ({ ...last, state: 'offline' }));
        return;
      }
      const { sequence, kinds } = data.changes;
      setHeard({ state: 'live', sequence, heardAtMs: Date.now() });
      for (const listener of listeners.current) listener(kinds);
    });
    const onLost = () => setHeard((last) => ({ ...last, state: 'offline' }));
    lost.addEventListener('lost', onLost);
    return () => {
      lost.removeEventListener('lost', onLost);
      unsubscribe();
    };
  }, [client, lost, isStopped, isKnown, mayRead]);

  const live = useMemo<Live>(
    () => ({
      ...heard,
      isReady,
      isPaused,
      setPaused,
      listen(listener) {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [heard, isReady, isPaused],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export const useLive = (): Live => {
  const live = useContext(LiveContext);
  if (!live) throw new Error('useLive needs a LiveProvider above it');
  return live;
};

export interface LiveQuery<Data, Variables extends AnyVariables> {
  readonly query: DocumentInput<Data, Variables>;
  readonly variables: Variables;
  /** The changes that make it be read again; none for an answer of a snapshot, which never changes. */
  readonly kinds: readonly ChangeKind[];
  readonly pause?: boolean;
}

export interface QueryResult<Data> {
  readonly state: UseQueryState<Data, AnyVariables>;
  /** Asks the server again. */
  reload(): void;
}

const networkOnly: Partial<OperationContext> = { requestPolicy: 'network-only' };

/** The answer to a query, read again when the server says that what it depends on has changed. */
export const useLiveQuery = <Data, Variables extends AnyVariables>({
  query,
  variables,
  kinds,
  pause = false,
}: LiveQuery<Data, Variables>): QueryResult<Data> => {
  const { listen } = useLive();
  const [state, execute]: UseQueryResponse<Data, Variables> = useQuery<Data, Variables>({
    query,
    variables,
    pause,
    requestPolicy: 'cache-and-network',
  } as Parameters<typeof useQuery<Data, Variables>>[0]);
  const kindList = kinds.join();
  useEffect(() => {
    if (pause || kindList === '') return undefined;
    const awaited = new Set(kindList.split(','));
    return listen((changed) => {
      if (changed.some((kind) => awaited.has(kind))) execute(networkOnly);
    });
  }, [listen, execute, kindList, pause]);
  return { state: state as UseQueryState<Data, AnyVariables>, reload: () => execute(networkOnly) };
};
