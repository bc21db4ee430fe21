import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Store } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { DomainError } from '../../errors.ts';
import type { RefreshOptions } from '../../lib/dataset-refresh.ts';
import { readOptionsOf } from '../../lib/import-option-texts.ts';
import type { DatasetOptions, DatasetSource } from '../datasets/import-version.ts';
import type { DatasetImports, DatasetRun } from '../datasets/imports.ts';
import { datasetTarget } from '../datasets/target.ts';
import type { LinkSources } from './link-sources.ts';
import type { DatasetRefreshes } from './refreshes.ts';
import { bytesOf, missingSource, type Uploads, uploadName } from './uploads.ts';

/** The origin of a dataset's file: exactly one of these. */
export interface DatasetOrigin {
  readonly url?: string | null | undefined;
  readonly file?: File | null | undefined;
  readonly location?: string | null | undefined;
}

export interface DatasetUploadOptions extends DatasetOptions {
  /** For a link: import it again and again after this duration. `never` ends that. By default as before. */
  readonly refreshEvery?: string | null | undefined;
}

export interface DatasetUploadServices {
  readonly store: Store;
  readonly imports: DatasetImports;
  readonly uploads: Pick<Uploads, 'spool' | 'allowed'>;
  readonly links: LinkSources;
  readonly refreshes: DatasetRefreshes;
  readonly limits: { readonly uploadBytesMax: number; readonly fileBytesMax: number };
}

/** Imports datasets from links, from uploaded files, and from files in the folders that the operator allows. */
export class DatasetUploads {
  readonly #services: DatasetUploadServices;

  constructor(services: DatasetUploadServices) {
    this.#services = services;
  }

  /** Throws errors that are known before the import starts; later errors fail the import. */
  async importFrom(origin: DatasetOrigin | null | undefined, options: DatasetUploadOptions): Promise<DatasetRun> {
    if (!origin) throw missingSource();
    const { url, file, location } = origin;
    if (url != null) return this.#importLink(url, options);
    if (file != null) return this.importBytes(bytesOf(file), uploadName(file), options);
    const allowed = await this.#services.uploads.allowed(location ?? '');
    return this.importFile(allowed.path, options, allowed.name);
  }

  /** Imports an uploaded file. Throws TOO_LARGE beyond `uploadBytesMax`. */
  async importBytes(
    bytes: AsyncIterable<Uint8Array>,
    name: string,
    options: DatasetUploadOptions,
  ): Promise<DatasetRun> {
    const withEnd = this.#endingRefresh(options);
    const { uploads, limits } = this.#services;
    const path = await uploads.spool(limitBytes(bytes, limits.uploadBytesMax));
    const discard = (): Promise<void> => rm(path, { force: true });
    const source = await this.#fileSource(path, name).catch(async (error: unknown) => {
      await discard();
      throw error;
    });
    return this.#start({ ...source, discard }, withEnd);
  }

  /** Imports a file of this machine, which is not removed. */
  async importFile(path: string, options: DatasetUploadOptions, name = basename(path)): Promise<DatasetRun> {
    const withEnd = this.#endingRefresh(options);
    return this.#start(await this.#fileSource(path, name), withEnd);
  }

  /**
   * Imports a file of the watched folder as the dataset of its name; null when the last import of this file had the same
   * content. `source` is the source of the import: `datasets/games.csv`.
   */
  async importDropped(path: string, source: string): Promise<DatasetRun | null> {
    const file = await this.#fileSource(path, source);
    const digest = await sha256Of(path);
    if (this.#wasImported(source, digest)) return null;
    return this.#start({ ...file, digest }, { name: datasetNameOf(source) });
  }

  #wasImported(source: string, digest: string): boolean {
    const match = { target: datasetTarget.name, source };
    const [last] = this.#services.store.page(imports, { key: 'id', direction: 'desc', match, limit: 1 });
    const hasSucceeded = last?.state === 'SUCCEEDED' || last?.state === 'SUCCEEDED_WITH_REJECTS';
    return hasSucceeded && last.digest === digest;
  }

  async #importLink(url: string, { refreshEvery, ...options }: DatasetUploadOptions): Promise<DatasetRun> {
    const { links, refreshes } = this.#services;
    const interval = refreshEvery == null ? undefined : refreshes.interval(refreshEvery);
    const source = await links.open(url);
    if (interval === undefined) return this.#start(source, options);
    const refresh = { url, interval, options: refreshOptionsOf(options) };
    const run = await this.#start(source, {
      ...options,
      onPublish: (tx, datasetId) =>
        refreshes.schedule(tx, datasetId, interval && { ...refresh, interval, content: source.content() }),
    });
    return { ...run, done: run.done.finally(() => refreshes.plan()) };
  }

  /** The options of an import that is not from a link, which can only end the refreshes of a dataset. */
  #endingRefresh({ refreshEvery, ...options }: DatasetUploadOptions): DatasetOptions {
    if (refreshEvery == null) return options;
    const { refreshes } = this.#services;
    if (refreshes.interval(refreshEvery) === null)
      return { ...options, onPublish: (tx, datasetId) => refreshes.schedule(tx, datasetId, null) };
    const message = 'refreshEvery is only for a dataset that is imported from a link';
    throw new DomainError('BAD_REQUEST', message, {
      problems: [{ path: 'refreshEvery', code: 'NOT_ALLOWED', message }],
    });
  }

  async #start(source: DatasetSource, options: DatasetOptions): Promise<DatasetRun> {
    try {
      return await this.#services.imports.start(source, options);
    } catch (error) {
      await source.discard();
      throw error;
    }
  }

  async #fileSource(path: string, name: string): Promise<DatasetSource> {
    const { fileBytesMax } = this.#services.limits;
    const found = await stat(path).catch((cause: unknown) => {
      throw new DomainError('NOT_FOUND', `there is no file ${name}`, { cause });
    });
    if (!found.isFile()) throw new DomainError('NOT_A_TABLE', `${name} is not a file`);
    const bytes = found.size;
    if (bytes > fileBytesMax)
      throw new DomainError(
        'TOO_LARGE',
        `the file has ${bytes} bytes, over the limit of ${fileBytesMax} (setting fileBytesMax)`,
      );
    return { name, bytes, fetch: async () => ({ path, bytes }), discard: async () => undefined };
  }
}

const refreshOptionsOf = ({ mode, keyColumns, types, ...options }: DatasetOptions): RefreshOptions => ({
  ...readOptionsOf(options),
  mode: mode ?? 'REPLACE',
  keyColumns: keyColumns ?? null,
  types: types ?? [],
});

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/** `datasets/Sales 2024.csv` becomes `Sales 2024`. */
const datasetNameOf = (source: string): string =>
  basename(source)
    // Some file systems decompose letters.
    .normalize('NFC')
    .replace(/\.(?:csv|tsv|tab|psv|txt)$/i, '');

async function* limitBytes(bytes: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.byteLength;
    if (count > bytesMax)
      throw new DomainError('TOO_LARGE', `the file is over ${bytesMax} bytes (setting uploadBytesMax)`);
    yield chunk;
  }
}
