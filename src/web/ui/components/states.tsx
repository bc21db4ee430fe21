import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import type { Problem } from '../data/errors.ts';

interface EmptyStateProps {
  /** What there would be here. */
  readonly children: ReactNode;
  /** A button or link that does what comes next. */
  readonly action?: ReactNode;
}

/** Nothing to show, and what to do about it. */
export const EmptyState = ({ children, action }: EmptyStateProps) => (
  <Stack align="flex-start" gap="sm" py="md">
    <Text c="dimmed">{children}</Text>
    {action}
  </Stack>
);

const titles: Readonly<Record<Problem['kind'], string>> = {
  offline: 'The server cannot be reached',
  noKey: 'An API key is needed',
  noScope: 'This key may not see this',
  refused: 'This was refused',
  server: 'The server could not answer',
};

interface ProblemNoticeProps {
  readonly problem: Problem;
  onRetry?(): void;
}

export const ProblemNotice = ({ problem: { kind, code, message }, onRetry }: ProblemNoticeProps) => (
  <Alert variant="light" color="orange" title={titles[kind]} role="alert">
    <Stack gap="xs" align="flex-start">
      <Text size="sm">{message}</Text>
      {kind === 'noKey' && <Text size="sm">Sign in with the button at the top.</Text>}
      <Group gap="xs">
        {onRetry && kind !== 'noScope' && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        <Text size="xs" c="dimmed">
          {code}
        </Text>
      </Group>
    </Stack>
  </Alert>
);

/** Below this time a skeleton would only flicker. */
const skeletonAfterMs = 300;
/** From here on a person wonders whether anything happens. */
const slowAfterMs = 4000;

interface LoadingStateProps {
  readonly height?: number;
  onCancel?(): void;
}

/** Nothing for a moment, then a skeleton, then a word and the way out. */
export function LoadingState({ height = 160, onCancel }: LoadingStateProps) {
  const [phase, setPhase] = useState<'quiet' | 'skeleton' | 'slow'>('quiet');
  useEffect(() => {
    const timers = [
      setTimeout(() => setPhase('skeleton'), skeletonAfterMs),
      setTimeout(() => setPhase('slow'), slowAfterMs),
    ];
    return () => timers.forEach(clearTimeout);
  }, []);
  if (phase === 'quiet') return <div style={{ height }} aria-busy />;
  return (
    <Stack gap="xs" aria-busy>
      {phase === 'slow' && (
        <Group gap="xs" role="status">
          <Text size="sm">This takes longer than usual.</Text>
          {onCancel && (
            <Button size="compact-sm" variant="default" onClick={onCancel}>
              Cancel
            </Button>
          )}
        </Group>
      )}
      <Skeleton height={height} />
    </Stack>
  );
}
