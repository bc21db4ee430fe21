import { Group, Stack, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

interface PageProps {
  readonly title: string;
  /** Controls of the whole page, such as its time. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page below the frame: its title is the only `h1`, and the browser's title as well. */
export function Page({ title, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · asof`;
  }, [title]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="center">
        <Title order={1}>{title}</Title>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
