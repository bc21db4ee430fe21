import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '../../errors.ts';
import type { ImportReadOptions } from '../../lib/import-options.ts';
import { isOtherProcessAlive } from '../../lib/process-alive.ts';
import type { Imports } from '../imports/imports.ts';
import type { RecordImport } from '../imports/record-preview.ts';
import type { ImportFile, ImportOptions } from '../imports/run.ts';
import type { ImportSource, ImportStarter } from '../imports/starter.ts';
import { checkTargetOptions } from '../imports/target-options.ts';

/** Imports that clients request: of uploaded files, and of files in the folder that the operator allows. */
export interface Uploads {
  importFrom(
    target: string,
    /** Null for a target that reads its own location. */
    source: ImportSource | null | undefined,
    /** A dry run is waited for. */
    options: ImportReadOptions & Pick<ImportOptions, 'synonyms' | 'dryRun'> & { readonly wait: boolean },
  ): Promise<{ import: RecordImport }>;
  /** Writes bytes to a new file in the data folder; the caller removes it. */
  spool(bytes: AsyncIterable<Uint8Array>): Promise<string>;
  /** Removes spooled files whose process no longer runs. Call it when a server starts. */
  removeAbandoned(): Promise<void>;
  /** The file at a path in the folder that the operator allows. Throws NOT_ALLOWED. */
  allowed(location: string): Promise<ImportFile>;
}

export interface UploadServices {
  readonly imports: Imports;
  /** The targets that do not import single files of records. */
  readonly starters: readonly ImportStarter[];
  readonly data: string;
  readonly importFolder: string;
}

export const createUploads = ({ imports, starters, data, importFolder }: UploadServices): Uploads => {
  const folder = data === ':memory:' ? tmpdir() : join(data, 'uploads');
  const spool: Uploads['spool'] = (bytes) => spoolTo(folder, bytes);
  const allowed: Uploads['allowed'] = (location) => allowedFile(importFolder, location);

  return {
    spool,
    removeAbandoned: () => (data === ':memory:' ? Promise.resolve() : removeAbandoned(folder)),
    allowed,
    async importFrom(target, source, { wait, ...options }) {
      const starter = starters.find(({ target: { name } }) => name === target);
      if (starter) {
        checkTargetOptions(starter.target, options);
        if (options.dryRun) throw new DomainError('BAD_REQUEST', `there is no dryRun for ${target}`);
        return { import: await starter.start(source, wait) };
      }
      if (!source) throw missingSource();
      const { file, location } = source;
      const chosen = file
        ? { path: await spool(bytesOf(file)), name: uploadName(file) }
        : await allowed(location ?? '');
      const discard = async (): Promise<void> => {
        if (file) await rm(chosen.path, { force: true });
      };
      const run = await imports.start(target, [chosen], options).catch(async (error: unknown) => {
        await discard();
        throw error;
      });
      const done = run.done.finally(discard);
      const [current] = wait || options.dryRun ? await done : run.imports;
      return { import: { ...(current as RecordImport), ...(options.dryRun ? { id: 0 } : {}) } };
    },
  };
};

const spoolTo = async (folder: string, bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${process.pid}-${randomUUID()}`);
  await pipeline(bytes, createWriteStream(path)).catch(async (error: unknown) => {
    await rm(path, { force: true });
    throw error;
  });
  return path;
};

const removeAbandoned = async (folder: string): Promise<void> => {
  const names = await readdir(folder).catch(() => []);
  const abandoned = names.filter((name) => {
    const [, processId] = /^(\d+)-[\da-f-]{36}$/.exec(name) ?? [];
    return processId !== undefined && !isOtherProcessAlive(Number(processId));
  });
  await Promise.all(abandoned.map((name) => rm(join(folder, name), { force: true })));
};

const allowedFile = async (importFolder: string, location: string): Promise<ImportFile> => {
  const refused = () =>
    new DomainError('NOT_ALLOWED', 'location names no file in the folder that may be read (setting importFolder)');
  if (importFolder === '') throw refused();
  // Real paths on both sides, because a link inside the folder may lead out of it.
  const [root, path] = await Promise.all([realpath(importFolder), realpath(join(importFolder, location))]).catch(() => {
    throw refused();
  });
  if (!path.startsWith(root + sep)) throw refused();
  return { path, name: location };
};

/** The error of an import that needs a source and has none. */
export const missingSource = (): DomainError => {
  const message = 'source is missing';
  return new DomainError('BAD_REQUEST', message, { problems: [{ path: 'input.source', code: 'MISSING', message }] });
};

export const bytesOf = (file: File): AsyncIterable<Uint8Array> => file.stream() as unknown as AsyncIterable<Uint8Array>;

/** The name of an uploaded file without folders. */
export const uploadName = ({ name }: Pick<File, 'name'>): string => basename(name.replaceAll('\\', '/')) || 'upload';
