import { Button, Stack, Text } from '@mantine/core';
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { Page } from '../components/page.tsx';
import { ProblemNotice } from '../components/states.tsx';
import { offlineProblem } from '../data/errors.ts';
import { UnreachableError } from '../data/unreachable.ts';

/** A fault of a page's own code, or its scripts cannot be loaded: it must not take the frame down. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = async () => {
    await router.invalidate();
    reset();
  };
  if (error instanceof UnreachableError)
    return (
      <Page title="This page could not be loaded">
        <ProblemNotice problem={offlineProblem} onRetry={() => void retry()} />
      </Page>
    );
  return (
    <Page title="This page has failed">
      <Stack align="flex-start">
        <Text>{error instanceof Error ? error.message : String(error)}</Text>
        <Button onClick={() => void retry()}>Try again</Button>
      </Stack>
    </Page>
  );
}

export function NotFound() {
  return (
    <Page title="There is no such page">
      <Text>
        The address names no page. <Link to="/">Overview</Link>
      </Text>
    </Page>
  );
}
