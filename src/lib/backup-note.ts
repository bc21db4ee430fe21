import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The last backup that was complete, as a note in the data folder says: backups themselves are elsewhere. */
export interface BackupNote {
  /** When it was found complete, microseconds since 1970 UTC. */
  readonly atUs: number;
  /** The last sequence number that it has. */
  readonly sequence: number;
}

const pathOf = (data: string): string => join(data, 'last-backup.json');

/** Replaces the note. Rejects with the error of the system when the folder cannot be written. */
export const writeBackupNote = async (data: string, { atUs, sequence }: BackupNote): Promise<void> => {
  const part = `${pathOf(data)}.${process.pid}`;
  try {
    await writeFile(part, JSON.stringify({ atUs, sequence }));
    await rename(part, pathOf(data));
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
};

/** Null when no backup was made, or the note cannot be read. */
export const readBackupNote = (data: string): BackupNote | null => {
  try {
    const { atUs, sequence } = JSON.parse(readFileSync(pathOf(data), 'utf8')) as Partial<BackupNote>;
    return Number.isSafeInteger(atUs) && Number.isSafeInteger(sequence) ? ({ atUs, sequence } as BackupNote) : null;
  } catch {
    return null;
  }
};
