import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { RouterProvider } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Provider } from 'urql';
import { createUiClient } from '../data/client.ts';
import { LiveProvider } from '../data/live.tsx';
import { headersOf, SessionProvider, useSession } from '../data/session.tsx';
import { ViewerProvider } from '../data/viewer.tsx';
import { createUiRouter } from './router.tsx';
import { readableColors, theme } from './theme.ts';

/** Everything below belongs to one API key: another one starts with an empty cache. */
function SignedInApp() {
  const { apiKey } = useSession();
  const [lost] = useState(() => new EventTarget());
  const client = useMemo(
    () => createUiClient(headersOf({ apiKey }), () => lost.dispatchEvent(new Event('lost'))),
    [apiKey, lost],
  );
  const [router] = useState(createUiRouter);
  return (
    <Provider value={client}>
      <ViewerProvider>
        <LiveProvider lost={lost}>
          <RouterProvider router={router} />
        </LiveProvider>
      </ViewerProvider>
    </Provider>
  );
}

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={readableColors} defaultColorScheme="auto">
      <Notifications position="top-right" />
      <SessionProvider>
        <SignedInApp />
      </SessionProvider>
    </MantineProvider>
  );
}
