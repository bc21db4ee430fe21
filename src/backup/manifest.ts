import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import pMap from 'p-map';
import { z } from 'zod';
import { DomainError } from '../errors.ts';
import type { BackupTarget } from './target.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const backupFile = z.object({
  /** Relative to the data folder, with slashes. */
  path: z.string().regex(/^(?!.*(?:^|\/)\.\.?(?:\/|$))[^/\\\0][^\\\0]*$/),
  /** What it belongs to, in words. */
  owner: z.string(),
  bytes: z.int().min(0),
  /** Each chunk but the last has this size. */
  chunkBytes: z.int().min(1),
  /** Whether the objects of the chunks are compressed. */
  isCompressed: z.boolean(),
  /** SHA-256 of each chunk. */
  chunks: z.array(sha256),
});

const manifestSchema = z.object({
  /** Of this description. */
  format: z.literal(1),
  /** The version of the program that made the backup. */
  asof: z.string(),
  /** Of the state, microseconds since 1970 UTC. */
  createdAtUs: z.int(),
  /** The last sequence number of the ledger. */
  sequence: z.int().min(0),
  /** What was wrong with the store when it was backed up. */
  problems: z.array(z.string()),
  files: z.array(backupFile),
});

export type BackupFile = z.output<typeof backupFile>;
export type Manifest = z.output<typeof manifestSchema>;

export interface Backup extends Manifest {
  /** Time and content: a manifest under its id is the one that was written. */
  readonly id: string;
}

/** What the list of backups has for each of them; `damage` in place of a manifest that cannot be read. */
export type ListedBackup =
  | { readonly id: string; readonly backup: Backup; readonly damage?: never }
  | { readonly id: string; readonly damage: string; readonly backup?: never };

const manifestFolder = 'backups';

export const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

const nameOf = (id: string): string => `${manifestFolder}/${id}.json.gz`;

const idOf = (createdAtUs: number, text: string): string => {
  const time = new Date(Math.trunc(createdAtUs / 1000)).toISOString().replaceAll(/[-:.]/g, '');
  return `${time}-${sha256Of(text).slice(0, 16)}`;
};

const isId = (text: string): boolean => /^\d{8}T\d{9}Z-[0-9a-f]{16}$/.test(text);

/** Whether two backups are of the same state. */
export const isSameState = (a: Manifest, b: Manifest): boolean => stateOf(a) === stateOf(b);

const stateOf = ({ sequence, problems, files }: Manifest): string => JSON.stringify({ sequence, problems, files });

/** Writes a manifest, reads it back and returns it with its id and the size of its object. */
export const writeManifest = async (
  target: BackupTarget,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<{ readonly backup: Backup; readonly bytes: number }> => {
  const text = JSON.stringify(manifest);
  const id = idOf(manifest.createdAtUs, text);
  const content = gzipSync(text);
  await target.write(nameOf(id), content, signal);
  await target.flush();
  const { backup, damage } = await readBackup(target, id, signal);
  if (!backup) throw new DomainError('SOURCE_UNREACHABLE', `${target.location}: ${damage}, right after it was written`);
  return { backup, bytes: content.length };
};

const readBackup = async (target: BackupTarget, id: string, signal: AbortSignal): Promise<ListedBackup> => {
  const name = nameOf(id);
  const content = await target.read(name, signal);
  if (content === null) return { id, damage: `${name} is missing` };
  try {
    const text = gunzipSync(content).toString();
    const manifest = manifestSchema.parse(JSON.parse(text));
    if (idOf(manifest.createdAtUs, text) === id) return { id, backup: { ...manifest, id } };
    return { id, damage: `${name} has other content than when it was written` };
  } catch (error) {
    if (content.length > 0 && isNewerFormat(content))
      throw new DomainError('NOT_ALLOWED', `${name} was written by a newer version of asof: use that version`);
    return { id, damage: `${name} is damaged: ${String(error).split('\n')[0]}` };
  }
};

const isNewerFormat = (content: Buffer): boolean => {
  try {
    const { format } = JSON.parse(gunzipSync(content).toString()) as { format?: unknown };
    return typeof format === 'number' && format > 1;
  } catch {
    return false;
  }
};

const readsParallel = 4;

/** The ids of all backups, the oldest first. */
const backupIds = async (target: BackupTarget, signal: AbortSignal): Promise<string[]> => {
  const objects = await target.list(manifestFolder, signal);
  const ids = objects.map(({ name }) => /^backups\/(.*)\.json\.gz$/.exec(name)?.[1] ?? '');
  return ids.filter(isId).sort();
};

/** All backups of a target, the oldest first. */
export const listBackups = async (target: BackupTarget, signal: AbortSignal): Promise<ListedBackup[]> =>
  pMap(await backupIds(target, signal), (id) => readBackup(target, id, signal), { concurrency: readsParallel });

/** The newest backup whose manifest can be read; null without one. */
export const newestBackup = async (target: BackupTarget, signal: AbortSignal): Promise<Backup | null> => {
  for (const id of (await backupIds(target, signal)).reverse()) {
    const { backup } = await readBackup(target, id, signal);
    if (backup) return backup;
  }
  return null;
};

export const removeManifest = (target: BackupTarget, id: string, signal: AbortSignal): Promise<void> =>
  target.remove(nameOf(id), signal);
