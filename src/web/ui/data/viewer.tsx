import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';
import { type Scope, ViewerDocument } from '../generated/graphql.ts';

/** The person at the browser, as the server sees them. */
export interface Viewer {
  /** The name of the API key; null without one. */
  readonly name: string | null;
  /** Whether the server demands keys. */
  readonly needsKey: boolean;
  /** False until the server has said who it is: until then nothing can be said about permissions. */
  readonly isKnown: boolean;
  /** Why the server could not say it. */
  readonly error: CombinedError | undefined;
  may(scope: Scope): boolean;
  /** Asks the server again, after keys have changed. */
  reload(): void;
}

const ViewerContext = createContext<Viewer | null>(null);

export function ViewerProvider({ children }: { readonly children: ReactNode }) {
  const [{ data, error }, execute] = useQuery({ query: ViewerDocument, variables: {} });
  // Another key starts with nothing: until it is known, the page stays as it is.
  const [last, setLast] = useState(data?.viewer);
  if (data?.viewer && data.viewer !== last) setLast(data.viewer);
  const viewer = useMemo<Viewer>(() => {
    const known = data?.viewer ?? last;
    return {
      name: known?.name ?? null,
      needsKey: known?.authentication ?? false,
      isKnown: known !== undefined && known !== null,
      error,
      // The scope admin includes all others.
      may: (scope) => known?.scopes.some((each) => each === scope || each === 'ADMIN') ?? false,
      reload: () => execute({ requestPolicy: 'network-only' }),
    };
  }, [data, last, error, execute]);
  return <ViewerContext value={viewer}>{children}</ViewerContext>;
}

export const useViewer = (): Viewer => {
  const viewer = useContext(ViewerContext);
  if (!viewer) throw new Error('useViewer needs a ViewerProvider above it');
  return viewer;
};
