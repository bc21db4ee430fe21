import type { BackupResult } from '../../../backup/create.ts';
import type { ListedBackup } from '../../../backup/manifest.ts';
import type { PruneResult } from '../../../backup/prune.ts';
import { formatInstant } from '../../../lib/time.ts';

const bytesOf = (files: readonly { readonly bytes: number }[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

export const jsonOfListed = ({ id, backup, damage }: ListedBackup): object => ({
  id,
  createdAt: backup ? formatInstant(backup.createdAtUs) : null,
  sequence: backup?.sequence ?? null,
  files: backup?.files.length ?? null,
  bytes: backup ? bytesOf(backup.files) : null,
  asof: backup?.asof ?? null,
  problems: backup?.problems ?? [],
  damage: damage ?? null,
});

export const lineOfListed = ({ id, backup, damage }: ListedBackup): string => {
  if (!backup) return `${id}: damaged, ${damage}`;
  const { sequence, files, problems } = backup;
  const state = problems.length === 0 ? '' : `, the store had ${problems.length} problems`;
  return `${id}: sequence ${sequence}, ${files.length} files, ${bytesOf(files)} bytes${state}`;
};

export const jsonOfResult = (result: BackupResult, pruned: PruneResult | null): object => {
  const { backup, isNew, objects, newObjects, newBytes, repaired } = result;
  return {
    ...jsonOfListed({ id: backup.id, backup }),
    ...{ isNew, objects, newObjects, newBytes, repaired },
    removedBackups: pruned?.removedBackups ?? [],
    removedObjects: pruned?.removedObjects ?? 0,
  };
};

export const lineOfResult = (result: BackupResult, pruned: PruneResult | null): string => {
  const { backup, isNew, objects, newObjects, newBytes, repaired } = result;
  const written = isNew
    ? `wrote ${newObjects} of ${objects} objects, ${newBytes} bytes`
    : `unchanged since then, ${objects} objects checked`;
  const repairs = repaired === 0 ? '' : `; ${repaired} damaged objects were written again`;
  const removed = pruned === null || pruned.removedBackups.length === 0 ? '' : `; ${textOfPruned(pruned)}`;
  return `${lineOfListed({ id: backup.id, backup })}; ${written}${repairs}${removed}`;
};

const textOfPruned = ({ removedBackups, removedObjects }: PruneResult): string =>
  `removed ${removedBackups.length} old backups and ${removedObjects} objects`;
