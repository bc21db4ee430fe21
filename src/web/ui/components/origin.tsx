import { Text } from '@mantine/core';
import { formatFigure } from '../format/numbers.ts';

interface OriginProps {
  readonly provenance: {
    readonly source: string;
    /** Null for records of the API. */
    readonly line: number | null;
    readonly sequence: number;
  };
}

/** Where a record came from: file, line, and its number in the ledger. */
export const Origin = ({ provenance: { source, line, sequence } }: OriginProps) => (
  <Text span inherit>
    {source}
    {line === null ? '' : `, line ${formatFigure(line)}`}
    <Text span inherit c="dimmed">
      {` · record ${formatFigure(sequence)}`}
    </Text>
  </Text>
);
