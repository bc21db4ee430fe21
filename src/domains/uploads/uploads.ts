import { realpath, rm } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { DomainError } from '../../errors.ts';
import type { ImportReadOptions } from '../../lib/import-options.ts';
import type { Imports } from '../imports/imports.ts';
import type { ImportFile } from '../imports/record-files.ts';
import type { RecordImport } from '../imports/record-preview.ts';
import type { ImportOptions } from '../imports/run.ts';
import type { ImportSource, ImportStarter } from '../imports/starter.ts';
import { checkTargetOptions } from '../imports/target-options.ts';
import type { LinkSources } from './link-sources.ts';
import { removeAbandoned, type Spool } from './spool.ts';

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
  readonly spool: Spool;
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
  readonly links: Pick<LinkSources, 'open'>;
  readonly spool: Spool;
}

export const createUploads = ({ imports, starters, data, importFolder, links, spool }: UploadServices): Uploads => {
  const allowed: Uploads['allowed'] = (location) => allowedFile(importFolder, location);

  return {
    spool,
    removeAbandoned: () => removeAbandoned(data),
    allowed,
    async importFrom(target, source, { wait, ...options }) {
      const starter = starters.find(({ target: { name } }) => name === target);
      if (starter) {
        checkTargetOptions(starter.target, options);
        if (options.dryRun) throw new DomainError('BAD_REQUEST', `there is no dryRun for ${target}`);
        return { import: await starter.start(source, wait) };
      }
      if (!source) throw missingSource();
      const chosen = await openSource(source, { spool, allowed, links });
      const run = await imports.start(target, [chosen], options).catch(async (error: unknown) => {
        await chosen.discard();
        throw error;
      });
      const done = run.done.finally(chosen.discard);
      const [current] = wait || options.dryRun ? await done : run.imports;
      return { import: { ...(current as RecordImport), ...(options.dryRun ? { id: 0 } : {}) } };
    },
  };
};

interface OpenedSource extends ImportFile {
  /** Removes what was written for the import. */
  discard(): Promise<void>;
}

/** The file of a source on this machine: a link is fetched, an uploaded file is written. */
const openSource = async (
  { url, file, location }: ImportSource,
  { spool, allowed, links }: Pick<Uploads, 'spool' | 'allowed'> & Pick<UploadServices, 'links'>,
): Promise<OpenedSource> => {
  if (url != null) return fetchLink(url, links);
  if (!file) return { ...(await allowed(location ?? '')), discard: () => Promise.resolve() };
  const path = await spool(bytesOf(file));
  return { path, name: uploadName(file), discard: () => rm(path, { force: true }) };
};

const fetchLink = async (url: string, links: UploadServices['links']): Promise<OpenedSource> => {
  const link = await links.open(url);
  const discard = () => link.discard();
  const { path } = await link.fetch(new AbortController().signal).catch(async (error: unknown) => {
    await discard();
    throw error;
  });
  return { path, name: link.name, discard };
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
