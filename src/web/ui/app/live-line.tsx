import { Group, Switch, Text } from '@mantine/core';
import { CloudOfflineIcon, DotFillIcon, LockIcon, PauseIcon, SyncIcon } from '@primer/octicons-react';
import { useEffect, useState } from 'react';
import { type LiveState, useLive } from '../data/live.tsx';
import { formatFigure } from '../format/numbers.ts';

const words: Readonly<Record<LiveState, string>> = {
  connecting: 'connecting',
  live: 'live',
  paused: 'paused',
  offline: 'offline: figures may be old, trying again',
  closed: 'not signed in',
};

const icons: Readonly<Record<LiveState, typeof DotFillIcon>> = {
  connecting: SyncIcon,
  live: DotFillIcon,
  paused: PauseIcon,
  offline: CloudOfflineIcon,
  closed: LockIcon,
};

/** Seconds since an instant, counted on. */
const useSecondsSince = (atMs: number | null): number | null => {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return atMs === null ? null : Math.max(0, Math.round((nowMs - atMs) / 1000));
};

/** How fresh the figures are. */
export function LiveLine() {
  const { state, sequence, heardAtMs, isPaused, setPaused } = useLive();
  const seconds = useSecondsSince(heardAtMs);
  const Icon = icons[state];
  return (
    <Group h={30} px="md" gap="md" wrap="nowrap">
      <Group gap={4} wrap="nowrap" role="status" data-live={state}>
        <Icon size={14} aria-hidden />
        <Text size="xs">{words[state]}</Text>
      </Group>
      {seconds !== null && (
        <Text size="xs" c="dimmed">
          last change {seconds} s ago
        </Text>
      )}
      {sequence !== null && (
        <Text size="xs" c="dimmed" className="asof-figure">
          ledger {formatFigure(sequence)}
        </Text>
      )}
      <Switch size="xs" label="Pause" checked={isPaused} onChange={(event) => setPaused(event.currentTarget.checked)} />
    </Group>
  );
}
