import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';

const storageKey = 'asof.apiKey';

/** The API key of the person at this browser tab. It never leaves the tab's session storage but as a header. */
export interface Session {
  /** Null for a person who has not signed in. */
  readonly apiKey: string | null;
  signIn(apiKey: string): void;
  signOut(): void;
}

const SessionContext = createContext<Session | null>(null);

const storedKey = (): string | null => {
  try {
    return sessionStorage.getItem(storageKey);
  } catch {
    // Browsers can forbid storage: the key is then kept until the page is left.
    return null;
  }
};

const store = (apiKey: string | null): void => {
  try {
    if (apiKey === null) sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, apiKey);
  } catch {
    // As above.
  }
};

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [apiKey, setApiKey] = useState(storedKey);
  const change = useCallback((key: string | null) => {
    store(key);
    setApiKey(key);
  }, []);
  const session = useMemo<Session>(
    () => ({ apiKey, signIn: (key) => change(key), signOut: () => change(null) }),
    [apiKey, change],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export const useSession = (): Session => {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession needs a SessionProvider above it');
  return session;
};

/** The headers that identify the person, for requests beside GraphQL. */
export const headersOf = ({ apiKey }: Pick<Session, 'apiKey'>): Record<string, string> =>
  apiKey === null ? {} : { 'x-api-key': apiKey };
