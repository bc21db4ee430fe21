import { createContext, type ReactNode, useContext, useMemo } from 'react';
import type { CombinedError } from 'urql';
import { useSession } from './session.tsx';

export type KeyScope = 'READ' | 'INGEST' | 'ADMIN';

/** The person at the browser, as the server sees them. */
export interface Viewer {
  /** The name of the API key; null without one. */
  readonly name: string | null;
  /** Whether the server demands keys. */
  readonly needsKey: boolean;
  readonly isLoaded: boolean;
  /** Why the server could not say who it is, such as a key that was revoked. */
  readonly error: CombinedError | undefined;
  may(scope: KeyScope): boolean;
}

const ViewerContext = createContext<Viewer | null>(null);

export function ViewerProvider({ children }: { readonly children: ReactNode }) {
  const { apiKey } = useSession();
  const viewer = useMemo<Viewer>(
    () => ({ name: apiKey, needsKey: apiKey !== null, isLoaded: true, error: undefined, may: () => true }),
    [apiKey],
  );
  return <ViewerContext value={viewer}>{children}</ViewerContext>;
}

export const useViewer = (): Viewer => {
  const viewer = useContext(ViewerContext);
  if (!viewer) throw new Error('useViewer needs a ViewerProvider above it');
  return viewer;
};
