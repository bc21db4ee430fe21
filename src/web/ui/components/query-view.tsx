import { Box, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { problemOf } from '../data/errors.ts';
import type { QueryResult } from '../data/live.tsx';
import { LoadingState, ProblemNotice } from './states.tsx';

interface QueryViewProps<Data> {
  readonly result: QueryResult<Data>;
  /** Of the skeleton, pixels: about that of the content, so that nothing jumps. */
  readonly height?: number;
  children(data: Data): ReactNode;
}

/** The content of a query's answer, or the state that it is in. While it is read again the last answer stays. */
export function QueryView<Data>({ result: { state, reload }, height = 160, children }: QueryViewProps<Data>) {
  const { data, error, fetching, stale } = state;
  if (data === undefined || data === null) {
    if (error && !fetching) return <ProblemNotice problem={problemOf(error)} onRetry={reload} />;
    return <LoadingState height={height} />;
  }
  return (
    <Stack gap="xs" aria-busy={fetching || stale}>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={reload} />}
      <Box>{children(data)}</Box>
    </Stack>
  );
}
