import { Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconPointFilled } from '@tabler/icons-react';
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
      leftSection={<IconPointFilled size={14} color={state === 'live' ? '#009e73' : undefined} aria-hidden />}
      rightSection={isPaused ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
      aria-label={isPaused ? 'Paused: go on' : `${word}: pause`}
      onClick={() => setPaused(!isPaused)}
    >
      {word}
    </Button>
  );
}
