import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentFolder } from '../../db/open.ts';
import type { ArchiveRange, Store } from '../../db/store.ts';
import type { BackupTarget } from '../backup/target.ts';
import { DomainError } from '../errors.ts';
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
