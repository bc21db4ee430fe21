import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveRange, LedgerArchive, NewSegment, Store } from '../../db/store.ts';
import type { BackupTarget } from '../backup/target.ts';
import { makeScratchFolder } from '../lib/scratch-folder.ts';
import { ArchiveJournal } from './journal.ts';
import { keepCopy, nameOf, removeUnnamed, sha256Of, writeBoth } from './target-files.ts';

export interface ArchiveServices {
  readonly store: Store;
  readonly data: string;
  readonly target: BackupTarget;
  /** Sequence numbers of a segment, at most. */
  readonly segmentRecords: number;
  /** Opens the target of another archive, which was interrupted. */
  openTarget(location: string): BackupTarget;
  /** Called with each segment whose records are read from it from now on. */
  onSegment(segment: NewSegment): Promise<void>;
}

export interface ArchiveResult {
  readonly segments: readonly NewSegment[];
  /** Records that were removed from tables, those of an earlier archive that was interrupted included. */
  readonly removed: number;
}

/**
 * Moves the records before a sequence number to segments in a target. Each segment is written, read back and compared with the
 * store; then it is added to the catalogue, and only then its records are removed from the tables. An interruption leaves at
 * most a file that nothing names, which the next archive removes, or records in tables that do not count any more.
 */
export const archiveLedger = async (
  services: ArchiveServices,
  before: number,
  signal: AbortSignal,
): Promise<ArchiveResult> => {
  const { store, data, segmentRecords } = services;
  const archive = store.archive();
  const journal = new ArchiveJournal(data);
  const left = await journal.acquire(store);
  try {
    await removeUnnamed(services, left, signal);
    journal.note([]);
    let removed = await removeArchived(archive, signal);
    const segments: NewSegment[] = [];
    for (const range of archive.ranges(before, segmentRecords)) {
      const segment = await archiveRange({ ...services, archive, journal }, range, signal);
      segments.push(segment);
      await services.onSegment(segment);
      removed += await removeArchived(archive, signal);
    }
    return { segments, removed };
  } finally {
    journal.release();
  }
};

const removeArchived = async (archive: LedgerArchive, signal: AbortSignal): Promise<number> => {
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    const count = await archive.removeNext();
    if (count === 0) return removed;
    removed += count;
  }
};

interface RangeServices extends ArchiveServices {
  readonly archive: LedgerArchive;
  readonly journal: ArchiveJournal;
}

const archiveRange = async (
  { archive, journal, target, data }: RangeServices,
  range: ArchiveRange,
  signal: AbortSignal,
): Promise<NewSegment> => {
  const scratch = await makeScratchFolder(join(data, 'tmp'), 'archive-');
  try {
    const path = join(scratch, 'written.parquet');
    const counts = await archive.writeFile(range, path, scratch);
    const content = await readFile(path);
    const sha256 = sha256Of(content);
    const name = nameOf(range, sha256);
    const segment: NewSegment = {
      ...{ ...range, ...counts, bytes: content.length, sha256, location: target.location, name },
    };
    signal.throwIfAborted();
    journal.note([{ location: target.location, name }]);
    const copy = join(scratch, 'read.parquet');
    await writeBoth({ target, name, content, copy }, signal);
    await archive.checkFile(segment, copy);
    signal.throwIfAborted();
    await keepCopy(data, segment, copy);
    await archive.addKeys(range);
    await archive.add(segment);
    journal.note([]);
    return segment;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
