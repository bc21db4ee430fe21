import { Text } from '@mantine/core';
import { formatFigure } from '../../../format/numbers.ts';

export interface Counts {
  readonly read: number;
  readonly accepted: number;
  readonly unchanged: number;
  readonly conflicts: number;
  readonly rejected: number;
}

/** What became of the rows of a file, as a sum. */
export function Account({ read, accepted, unchanged, conflicts, rejected }: Counts) {
  const parts = [
    `${formatFigure(accepted)} accepted`,
    `${formatFigure(unchanged)} unchanged`,
    ...(conflicts > 0 ? [`${formatFigure(conflicts)} in conflict`] : []),
    `${formatFigure(rejected)} rejected`,
  ];
  return (
    <Text className="asof-figure" style={{ textAlign: 'start' }}>
      {formatFigure(read)} read = {parts.join(' + ')}
    </Text>
  );
}
