import { Button } from '@mantine/core';
import { DotFillIcon, PauseIcon, PlayIcon } from '@primer/octicons-react';
import { useLive } from '../../data/live.tsx';
import { isOfSnapshot, useView } from '../../data/view.ts';

/** Whether figures follow the server, and the way to hold them still. Figures of a snapshot never move. */
export function LiveDot() {
  const { state, isPaused, setPaused } = useLive();
  const view = useView();
  if (isOfSnapshot(view)) return null;
  const word = state === 'live' ? 'Live' : state === 'paused' ? 'Paused' : 'Not live';
  return (
    <Button
      variant="default"
      size="compact-sm"
      aria-pressed={isPaused}
      data-live-dot={state}
      leftSection={<DotFillIcon size={14} fill={state === 'live' ? '#009e73' : 'currentColor'} aria-hidden />}
      rightSection={isPaused ? <PlayIcon size={14} aria-hidden /> : <PauseIcon size={14} aria-hidden />}
      aria-label={isPaused ? 'Paused: go on' : `${word}: pause`}
      onClick={() => setPaused(!isPaused)}
    >
      {word}
    </Button>
  );
}
