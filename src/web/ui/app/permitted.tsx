import { Paper, Stack, Text } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { Page } from '../components/page.tsx';
import { LoadingState, ProblemNotice } from '../components/states.tsx';
import { problemOf } from '../data/errors.ts';
import { useLive } from '../data/live.tsx';
import { useSession } from '../data/session.tsx';
import { useViewer, type Viewer } from '../data/viewer.tsx';
import { SignInForm } from './sign-in-form.tsx';

/** Who adds the first key is signed in with it before this time is over, and stays on the page that shows it. */
const keyChangeMs = 3000;

/** So long a page that came before the server has read its data waits until it asks again. */
const startingMs = 1000;

/** Asks again by itself while the server starts. Returns whether it does. */
const useStarting = ({ isKnown, error, reload }: Viewer): boolean => {
  const isStarting = !isKnown && error !== undefined && problemOf(error).code === 'NOT_READY';
  useEffect(() => {
    if (!isStarting || error === undefined) return undefined;
    const timer = setTimeout(reload, startingMs);
    return () => clearTimeout(timer);
  }, [isStarting, error, reload]);
  return isStarting;
};

/** The pages for a person who may read; for others the way in, or the scope that their key lacks. */
export function Permitted({ children }: { readonly children: ReactNode }) {
  const { apiKey } = useSession();
  const viewer = useViewer();
  const { isKnown, name, error, may, reload } = viewer;
  const isStarting = useStarting(viewer);
  const { listen, isReady } = useLive();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ignore = listen((kinds) => {
      if (!kinds.includes('API_KEYS')) return;
      clearTimeout(timer);
      timer = setTimeout(reload, keyChangeMs);
    });
    return () => {
      clearTimeout(timer);
      ignore();
    };
  }, [listen, reload]);
  if (may('READ')) return isReady ? children : <LoadingState />;
  if (isStarting)
    return (
      <Page title="The server is starting">
        <Text role="status">It reads what it has stored. This page opens by itself as soon as it can answer.</Text>
      </Page>
    );
  if (!isKnown)
    return error ? (
      <Page title="The server does not answer">
        <ProblemNotice problem={problemOf(error)} onRetry={reload} />
      </Page>
    ) : (
      <LoadingState />
    );
  if (name !== null)
    return (
      <Page title="This key may not read">
        <Text>
          The key {name} may send records, but the pages need a key with the scope read. Sign out at the top to use
          another one.
        </Text>
      </Page>
    );
  return (
    <Page title="Sign in">
      <Paper withBorder p="md" maw={480}>
        <Stack>
          {apiKey !== null && <Text role="alert">The server does not accept this key. It may have been revoked.</Text>}
          <SignInForm />
        </Stack>
      </Paper>
    </Page>
  );
}
