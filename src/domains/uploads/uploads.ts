import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '../../errors.ts';
import { syncTarget } from '../../lib/import-targets.ts';
import type { Imports } from '../imports/imports.ts';
import type { Import } from '../imports/job.ts';
import type { ImportFile, ImportOptions } from '../imports/run.ts';
import type { UserSync } from '../user-sync/user-sync.ts';

/** Where a file to import is; exactly one of the two. */
export interface ImportSource {
  readonly file?: File | null | undefined;
  readonly location?: string | null | undefined;
}

/** Files that reach the server by request: uploaded ones, and those of the folder the operator allows. */
export interface Uploads {
  importFrom(
    target: string,
    /** Not needed where files are kept in step with a folder or bucket of the server's own. */
    source: ImportSource | null | undefined,
    options: Pick<ImportOptions, 'synonyms'> & { readonly wait: boolean },
  ): Promise<{ import: Import }>;
  /** Writes bytes to a file of their own in the data folder, which whoever asked removes. */
  spool(bytes: AsyncIterable<Uint8Array>): Promise<string>;
  /** The file of that place in the folder the operator allows. Throws NOT_ALLOWED. */
  allowed(location: string): Promise<ImportFile>;
}

export const createUploads = (
  imports: Imports,
  userSync: UserSync,
  { data, importFolder }: { readonly data: string; readonly importFolder: string },
): Uploads => {
  const spool = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
    const folder = data === ':memory:' ? tmpdir() : join(data, 'uploads');
    await mkdir(folder, { recursive: true });
    const path = join(folder, randomUUID());
    await pipeline(bytes, createWriteStream(path)).catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    });
    return path;
  };

  const allowed = async (location: string): Promise<ImportFile> => {
    const refused = () =>
      new DomainError('NOT_ALLOWED', 'location names no file of the folder that may be read (setting importFolder)');
    if (importFolder === '') throw refused();
    // Real paths on both sides, because a link inside the folder may lead out of it.
    const [root, path] = await Promise.all([realpath(importFolder), realpath(join(importFolder, location))]).catch(
      () => {
        throw refused();
      },
    );
    if (!path.startsWith(root + sep)) throw refused();
    return { path, name: location };
  };

  /** Of a folder or bucket that the operator has set: no other one is read. */
  const synchronise = async (source: ImportSource | null | undefined, wait: boolean): Promise<{ import: Import }> => {
    const isOther = source && (source.file != null || source.location !== userSync.location);
    if (isOther)
      throw new DomainError(
        'NOT_ALLOWED',
        'user files are read from one place only, which needs no source (setting userFiles)',
      );
    const { import: begun, done } = await userSync.run();
    if (!wait) {
      done.catch(() => undefined);
      return { import: begun };
    }
    const ended = await done.then(
      (report) => report.import,
      () => imports.importsByIds([begun.id])[0],
    );
    return { import: ended ?? begun };
  };

  const uploaded = async (file: File): Promise<ImportFile> => ({
    path: await spool(bytesOf(file)),
    name: uploadName(file),
  });

  return {
    spool,
    allowed,
    async importFrom(target, source, { synonyms, wait }) {
      if (target === syncTarget.target) return synchronise(source, wait);
      if (!source) throw missingSource();
      const { file, location } = source;
      const chosen = file ? await uploaded(file) : await allowed(location ?? '');
      const discard = () => (file ? rm(chosen.path, { force: true }) : Promise.resolve());
      const run = await imports.start(target, [chosen], { synonyms }).catch(async (error: unknown) => {
        await discard();
        throw error;
      });
      const done = run.done.finally(discard);
      const standing = wait ? await done : run.imports;
      return { import: standing[0] as Import };
    },
  };
};

/** The fault of an import that needs a source and is given none. */
export const missingSource = (): DomainError => {
  const message = 'source is missing';
  return new DomainError('BAD_REQUEST', message, { problems: [{ path: 'input.source', code: 'MISSING', message }] });
};

export const bytesOf = (file: File): AsyncIterable<Uint8Array> => file.stream() as unknown as AsyncIterable<Uint8Array>;

/** The name of an uploaded file without folders. */
export const uploadName = ({ name }: Pick<File, 'name'>): string => basename(name.replaceAll('\\', '/')) || 'upload';
