import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentFolder } from '../../db/open.ts';
import type { ArchiveRange, Store } from '../../db/store.ts';
import type { BackupTarget } from '../backup/target.ts';
import { DomainError } from '../errors.ts';
import { makeScratchFolder } from '../lib/scratch-folder.ts';
import type { TargetFile } from './journal.ts';

export interface TargetServices {
  readonly store: Store;
  readonly data: string;
  /** Opens a folder or bucket that has segments. */
  openTarget(location: string): BackupTarget;
}

/** Removes the files that the catalogue does not name, and what the data folder has of them. */
export const removeUnnamed = async (
  { store, data, openTarget }: TargetServices,
  files: readonly TargetFile[],
  signal: AbortSignal,
): Promise<void> => {
  const named = new Set(
    files.length === 0
      ? []
      : store
          .archive()
          .segments()
          .map(({ name }) => name),
  );
  for (const { location, name } of files) {
    if (named.has(name)) continue;
    const target = openTarget(location);
    try {
      await target.remove(name, signal);
    } finally {
      await target.close();
    }
    await rm(join(segmentFolder(data), name), { force: true });
  }
};

/** A store reads files, not objects: of a segment in a bucket the data folder has a copy. */
const isInBucket = (location: string): boolean => location.startsWith('s3://');

/** Moves a copy of a file of a target to where the store reads it, if the target is a bucket. */
export const keepCopy = async (data: string, { location, name }: TargetFile, copy: string): Promise<void> => {
  if (!isInBucket(location)) return;
  const file = await open(copy);
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
  await mkdir(segmentFolder(data), { recursive: true, mode: 0o700 });
  await rename(copy, join(segmentFolder(data), name));
};

/** Reads the segments of which the data folder has no copy from their buckets; returns their names. */
export const fetchSegments = async (
  { store, data, openTarget }: TargetServices,
  signal: AbortSignal,
): Promise<string[]> => {
  const fetched: string[] = [];
  for (const { location, name, sha256 } of store.archive().segments()) {
    if (!isInBucket(location) || existsSync(join(segmentFolder(data), name))) continue;
    const scratch = await makeScratchFolder(join(data, 'tmp'), 'archive-');
    const target = openTarget(location);
    try {
      const content = await target.read(name, signal);
      const what = content === null ? 'is missing' : sha256Of(content) === sha256 ? null : 'has other content';
      if (content === null || what !== null)
        throw new DomainError('SEGMENT_UNAVAILABLE', `the segment ${name} ${what} in ${location}`);
      const copy = join(scratch, name);
      await writeFile(copy, content);
      await keepCopy(data, { location, name }, copy);
      fetched.push(name);
    } finally {
      await target.close();
      await rm(scratch, { recursive: true, force: true });
    }
  }
  return fetched;
};

/** Writes a file to a target, reads it back, and writes what was read to `copy`. */
export const writeBoth = async (
  {
    target,
    name,
    content,
    copy,
  }: { readonly target: BackupTarget; readonly name: string; readonly content: Buffer; readonly copy: string },
  signal: AbortSignal,
): Promise<void> => {
  await target.write(name, content, signal);
  await target.flush();
  const read = await target.read(name, signal);
  const what = read === null ? 'is missing' : sha256Of(read) === sha256Of(content) ? null : 'has other content';
  if (read === null || what !== null)
    throw new DomainError('SOURCE_UNREACHABLE', `${target.location}: ${name} ${what}, right after it was written`);
  await writeFile(copy, read);
};

export const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

const digits = 16;
const digestDigits = 12;

/** Names sort by the numbers. The end is of the content, so that no file has the name of another one. */
export const nameOf = ({ firstSeq, lastSeq }: ArchiveRange, sha256: string): string => {
  const [first, last] = [firstSeq, lastSeq].map((seq) => String(seq).padStart(digits, '0'));
  return `ledger-${first}-${last}-${sha256.slice(0, digestDigits)}.parquet`;
};
