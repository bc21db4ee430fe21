import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { formatFigure } from '../../../format/numbers.ts';

const units = ['bytes', 'kB', 'MB', 'GB'] as const;

/** `12.3 MB`; bytes are exact, larger units rounded. */
const formatBytes = (bytes: number): string => {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${formatFigure(power === 0 ? value : Number(value.toFixed(1)))} ${units[power]}`;
};

interface TransferProps {
  /** What happens: `Sending the file`. */
  readonly label: string;
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
  /** Further figures, such as rows and their rate. */
  readonly details?: string;
  onCancel?(): void;
}

/** How far something long is, and the way to end it. */
export function Transfer({ label, done, total, details, onCancel }: TransferProps) {
  const percent = total === 0 ? 0 : Math.min(100, (100 * done) / total);
  const amount = total === 0 ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
  return (
    <Stack gap={4} maw="44rem">
      <Group justify="space-between" gap="xs">
        <Text size="sm" role="status">
          {label}
        </Text>
        <Text size="sm" className="asof-figure">
          {[amount, details].filter((part) => part !== undefined).join(' · ')}
        </Text>
      </Group>
      <Progress.Root>
        <Progress.Section value={percent} aria-label={label} animated={percent === 100} striped={percent === 100} />
      </Progress.Root>
      {onCancel && (
        <Button variant="default" size="compact-sm" onClick={onCancel} style={{ alignSelf: 'flex-start' }}>
          Cancel
        </Button>
      )}
    </Stack>
  );
}
