import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ArchivedErasure, ErasingTx } from '../../db/store.ts';
import { makeScratchFolder } from '../lib/scratch-folder.ts';
import { ArchiveJournal, type TargetFile } from './journal.ts';
import { keepCopy, nameOf, removeUnnamed, sha256Of, type TargetServices, writeBoth } from './target-files.ts';

/** Segments that were written anew without the records of a person. */
export interface RewrittenSegments {
  /** Puts them in the place of the others; part of the transaction that erases. */
  apply(tx: ErasingTx): void;
  /** Removes the files that are not named any more: the old ones, or after a failure the new ones. */
  finish(): Promise<void>;
}

/**
 * Writes the segments that have records of a person anew, beside the old files. An interruption at any point leaves either
 * the old files in force or the new ones, and the others in the journal, from which the next erasure or archive removes them.
 */
export const rewriteSegments = async (
  services: TargetServices,
  matches: Parameters<ReturnType<TargetServices['store']['archive']>['find']>[0],
  signal: AbortSignal,
): Promise<RewrittenSegments> => {
  const { store, data } = services;
  const journal = new ArchiveJournal(data);
  const files: TargetFile[] = [...(await journal.acquire(store))];
  const finish = async (): Promise<void> => {
    try {
      await removeUnnamed(services, files, signal);
      journal.note([]);
    } finally {
      journal.release();
    }
  };
  try {
    const applies: ((tx: ErasingTx) => void)[] = [];
    for (const erasure of store.archive().find(matches)) {
      const note = (name: string): void => {
        const location = locationOf(erasure, data);
        files.push({ location, name }, { location, name: erasure.segment.name });
        journal.note(files);
      };
      applies.push(await rewrite(services, erasure, note, signal));
    }
    return {
      apply: (tx) => {
        for (const apply of applies) apply(tx);
      },
      finish,
    };
  } catch (error) {
    await finish();
    throw error;
  }
};

/** That of a segment in the data folder is relative to it. */
const locationOf = ({ segment: { location } }: ArchivedErasure, data: string): string =>
  location.startsWith('s3://') ? location : resolve(data, location);

const rewrite = async (
  { data, openTarget }: TargetServices,
  erasure: ArchivedErasure,
  note: (name: string) => void,
  signal: AbortSignal,
): Promise<(tx: ErasingTx) => void> => {
  const scratch = await makeScratchFolder(join(data, 'tmp'), 'archive-');
  const target = openTarget(locationOf(erasure, data));
  try {
    const path = join(scratch, 'written.parquet');
    const counts = await erasure.writeFile(path, scratch);
    const content = await readFile(path);
    const sha256 = sha256Of(content);
    const file = { ...counts, bytes: content.length, sha256, name: nameOf(erasure.segment, sha256) };
    note(file.name);
    const copy = join(scratch, 'read.parquet');
    await writeBoth({ target, name: file.name, content, copy }, signal);
    await erasure.checkFile(file, copy);
    await keepCopy(data, { location: erasure.segment.location, name: file.name }, copy);
    return (tx) => erasure.replace(tx, file);
  } finally {
    await target.close();
    await rm(scratch, { recursive: true, force: true });
  }
};
