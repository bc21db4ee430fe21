import { Stack, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { formatCount, formatFigure, formatShare } from '../../../format/numbers.ts';
import { columnLabel, formatCell } from '../model/cell.ts';
import type { ProfiledColumn } from './profile.ts';

const width = 96;
const height = 22;

/** Counts as bars of equal width. */
const Bars = ({ counts }: { readonly counts: readonly number[] }) => {
  const most = Math.max(1, ...counts);
  const step = width / counts.length;
  return (
    <svg width={width} height={height} aria-hidden style={{ display: 'block' }}>
      {counts.map((count, index) => {
        const bar = count === 0 ? 0 : Math.max(1, (count / most) * height);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: intervals have an order and no other name
            key={index}
            x={index * step}
            y={height - bar}
            width={Math.max(1, step - 1)}
            height={bar}
            fill="var(--asof-heat-hue)"
            fillOpacity={0.75}
          />
        );
      })}
    </svg>
  );
};

/** The two most frequent values of text. */
const TopValues = ({ column: { type, profile } }: { readonly column: ProfiledColumn }) => {
  const total = profile.mostCommon.reduce((sum, { count }) => sum + count, 0);
  return profile.mostCommon.slice(0, 2).map(({ value, count }) => (
    <Text key={String(value)} size="xs" c="dimmed" fw={400} truncate maw={150} lh={1.2}>
      {formatCell(value, type, 'UTC')} {total > 0 && formatFigure(count)}
    </Text>
  ));
};

interface MiniProfileProps {
  readonly column: ProfiledColumn;
  readonly rowCount: number;
  onOpen(): void;
}

/** Under a header: how the values are spread, and what is missing. Opens the statistics of the column. */
export function MiniProfile({ column, rowCount, onOpen }: MiniProfileProps) {
  const { histogram, nullCount, misfitCount } = column.profile;
  const notes = [
    ...(nullCount > 0 && rowCount > 0 ? [`${formatShare(nullCount / rowCount)} empty`] : []),
    ...(misfitCount > 0 ? [formatCount(misfitCount, 'misfit')] : []),
  ];
  return (
    <UnstyledButton onClick={onOpen} display="block">
      <VisuallyHidden>Statistics of {columnLabel(column.name)} </VisuallyHidden>
      <Stack gap={1} h={38} justify="flex-end">
        {histogram.length > 0 ? <Bars counts={histogram.map(({ count }) => count)} /> : <TopValues column={column} />}
        <Text size="xs" c={misfitCount > 0 ? 'light-dark(#8a5a00, #ffd43b)' : 'dimmed'} fw={400} lh={1.2} mih={14}>
          {notes.join(' · ')}
        </Text>
      </Stack>
    </UnstyledButton>
  );
}
