import pMap from 'p-map';
import { type Backup, type ListedBackup, listBackups, removeManifest } from './manifest.ts';
import { objectFolder, objectNames } from './objects.ts';
import { beginRun } from './runs.ts';
import type { BackupTarget } from './target.ts';

export interface PruneResult {
  readonly removedBackups: readonly string[];
  readonly removedObjects: number;
}

export interface PruneOptions {
  /** How many backups remain. */
  readonly keep: number;
  readonly parallel: number;
}

/**
 * Removes all but the newest backups and then the objects that no backup names. The newest backup of a sound store stays
 * whatever its age. Objects stay while another backup is in progress, which may rely on them, and while a manifest is
 * damaged: the next time removes them.
 */
export const prune = async (
  target: BackupTarget,
  { keep, parallel }: PruneOptions,
  signal: AbortSignal,
): Promise<PruneResult> => {
  const removed = expired(await listBackups(target, signal), keep);
  for (const id of removed) await removeManifest(target, id, signal);
  return { removedBackups: removed, removedObjects: await sweep(target, parallel, signal) };
};

/** The ids of the backups to remove, the oldest first. */
const expired = (listed: readonly ListedBackup[], keep: number): string[] => {
  const readable = listed.flatMap(({ backup }) => (backup ? [backup] : []));
  const kept = readable.slice(-keep);
  const newestSound = readable.findLast(({ problems }) => problems.length === 0);
  const stays = new Set([...kept, newestSound].map((backup) => backup?.id));
  const oldest = kept[0]?.id ?? '';
  return listed.map(({ id }) => id).filter((id) => !stays.has(id) && id < oldest);
};

const sweep = async (target: BackupTarget, parallel: number, signal: AbortSignal): Promise<number> => {
  const run = await beginRun(target, 'sweep', signal);
  try {
    if (await run.hasOthers('backup')) return 0;
    const listed = await listBackups(target, signal);
    if (listed.some(({ damage }) => damage !== undefined)) return 0;
    const named = namesOf(listed.flatMap(({ backup }) => (backup ? [backup] : [])));
    const objects = await target.list(objectFolder, signal);
    const unnamed = objects.filter(({ name }) => !named.has(name));
    await pMap(unnamed, ({ name }) => target.remove(name, signal), { concurrency: parallel });
    return unnamed.length;
  } finally {
    await run.end();
  }
};

const namesOf = (backups: readonly Backup[]): Set<string> => {
  const names = new Set<string>();
  for (const { files } of backups) for (const file of files) for (const name of objectNames(file)) names.add(name);
  return names;
};
