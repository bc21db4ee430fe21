import { Text } from '@mantine/core';
import { useZone } from '../data/view.ts';
import { missing } from '../format/numbers.ts';
import { formatRelative, formatTime } from '../format/times.ts';

interface TimeProps {
  readonly at: string | null | undefined;
  /** `3 minutes ago`, with the exact time as title. */
  readonly relative?: boolean;
}

/** An instant in the zone of the page, which is written beside it. */
export function Time({ at, relative = false }: TimeProps) {
  const zone = useZone();
  if (at === null || at === undefined) return missing;
  const exact = `${formatTime(at, zone)} ${zone}`;
  return (
    <Text component="time" inherit span dateTime={at} title={exact} className="asof-figure">
      {relative ? formatRelative(at, Date.now()) : exact}
    </Text>
  );
}
