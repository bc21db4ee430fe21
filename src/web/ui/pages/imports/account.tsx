import { Group, Progress, Stack, Text } from '@mantine/core';
import { formatFigure } from '../../format/numbers.ts';

export interface Account {
  readonly read: number;
  readonly accepted: number;
  readonly unchanged: number;
  readonly conflicts: number;
  readonly rejected: number;
}

/** Parts of an account with their words; parts that are rare are left out while they are 0. */
const partsOf = ({ accepted, unchanged, conflicts, rejected }: Account) =>
  [
    { word: 'accepted', count: accepted, isListed: true },
    { word: 'unchanged', count: unchanged, isListed: true },
    { word: 'conflicts', count: conflicts, isListed: conflicts > 0 },
    { word: 'rejected', count: rejected, isListed: true },
  ].filter(({ isListed }) => isListed);

/** `1,204 read = 1,200 accepted + 1 unchanged + 3 rejected`: what was read is all somewhere. */
export function AccountLine({ account, isDryRun = false }: { readonly account: Account; readonly isDryRun?: boolean }) {
  const parts = partsOf(account).map(({ word, count }) => `${formatFigure(count)} ${word}`);
  const words = `${formatFigure(account.read)} read = ${parts.join(' + ')}`;
  return (
    <Text className="asof-figure" ta="left" fw={600}>
      {isDryRun ? `Would be: ${words}` : words}
    </Text>
  );
}

/** Bytes as people write them, by powers of 1000. */
export const formatBytes = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${new Intl.NumberFormat(undefined, { maximumSignificantDigits: power === 0 ? 21 : 3 }).format(value)} ${units[power]}`;
};

interface BytesProps {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** When it began, milliseconds. */
  readonly sinceMs: number;
}

/** How far a file is, and how fast it goes. */
export function BytesProgress({ label, done, total, sinceMs }: BytesProps) {
  const seconds = Math.max(0.001, (Date.now() - sinceMs) / 1000);
  return (
    <Stack gap={4}>
      <Group justify="space-between">
        <Text size="sm">{label}</Text>
        <Text size="sm" className="asof-figure">
          {formatBytes(done)} of {formatBytes(total)}, {formatBytes(done / seconds)}/s
        </Text>
      </Group>
      <Progress value={total > 0 ? (100 * done) / total : 0} aria-label={label} />
    </Stack>
  );
}
