import { Text } from '@mantine/core';
import { useZone } from '../../data/view.ts';
import { localTimeOf } from '../../format/times.ts';

interface PeriodProps {
  readonly from: string | null;
  readonly to: string | null;
}

/** A period without its open ends: `2025-09-15 00:00 to 2025-10-13 00:00 UTC`. */
export const periodText = ({ from, to }: PeriodProps, zone: string): string => {
  if (from === null && to === null) return 'without bounds';
  const start = from === null ? '' : localTimeOf(from, zone);
  const end = to === null ? '' : localTimeOf(to, zone);
  if (from === null) return `until ${end} ${zone}`;
  return to === null ? `from ${start} ${zone}` : `${start} to ${end} ${zone}`;
};

export function Period({ from, to }: PeriodProps) {
  return (
    <Text span inherit className="asof-figure">
      {periodText({ from, to }, useZone())}
    </Text>
  );
}
