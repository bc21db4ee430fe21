import { Button, Stack, Text } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { Page } from '../components/page.tsx';

/** A fault of a page's own code: it must not take the frame down. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="This page has failed">
      <Stack align="flex-start">
        <Text>{error instanceof Error ? error.message : String(error)}</Text>
        <Button onClick={reset}>Try again</Button>
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
