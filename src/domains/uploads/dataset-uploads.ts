import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DomainError } from '../../errors.ts';
import type { HostPort } from '../../lib/host-port.ts';
import { type LinkLimits, openGuardedUrl } from '../../sources/guarded-url.ts';
import type { DatasetOptions, DatasetSource } from '../datasets/import-version.ts';
import type { DatasetImports, DatasetRun } from '../datasets/imports.ts';
import { bytesOf, missingSource, type Uploads, uploadName } from './uploads.ts';

/** The origin of a dataset's file: exactly one of these. */
export interface DatasetOrigin {
  readonly url?: string | null | undefined;
  readonly file?: File | null | undefined;
  readonly location?: string | null | undefined;
}

interface DatasetUploadLimits extends LinkLimits {
  readonly importAllow: readonly HostPort[];
  readonly uploadBytesMax: number;
  readonly fileBytesMax: number;
}

export interface DatasetUploadServices {
  readonly imports: DatasetImports;
  readonly uploads: Pick<Uploads, 'spool' | 'allowed'>;
  readonly limits: DatasetUploadLimits;
}

/** Imports datasets from links, from uploaded files, and from files in the folder that the operator allows. */
export class DatasetUploads {
  readonly #imports: DatasetImports;
  readonly #uploads: DatasetUploadServices['uploads'];
  readonly #limits: DatasetUploadLimits;

  constructor({ imports, uploads, limits }: DatasetUploadServices) {
    this.#imports = imports;
    this.#uploads = uploads;
    this.#limits = limits;
  }

  /** Throws errors that are known before the import starts; later errors fail the import. */
  async importFrom(origin: DatasetOrigin | null | undefined, options: DatasetOptions): Promise<DatasetRun> {
    if (!origin) throw missingSource();
    const { url, file, location } = origin;
    if (url != null) return this.#start(await this.#linkSource(url), options);
    if (file != null) return this.importBytes(bytesOf(file), uploadName(file), options);
    const allowed = await this.#uploads.allowed(location ?? '');
    return this.#start(await this.#fileSource(allowed.path, allowed.name), options);
  }

  /** Imports an uploaded file. Throws TOO_LARGE beyond `uploadBytesMax`. */
  async importBytes(bytes: AsyncIterable<Uint8Array>, name: string, options: DatasetOptions): Promise<DatasetRun> {
    const path = await this.#uploads.spool(limitBytes(bytes, this.#limits.uploadBytesMax));
    const discard = (): Promise<void> => rm(path, { force: true });
    const source = await this.#fileSource(path, name).catch(async (error: unknown) => {
      await discard();
      throw error;
    });
    return this.#start({ ...source, discard }, options);
  }

  /** Imports a file of this machine, which is not removed. */
  async importFile(path: string, options: DatasetOptions): Promise<DatasetRun> {
    return this.#start(await this.#fileSource(path, basename(path)), options);
  }

  async #start(source: DatasetSource, options: DatasetOptions): Promise<DatasetRun> {
    try {
      return await this.#imports.start(source, options);
    } catch (error) {
      await source.discard();
      throw error;
    }
  }

  /** The download starts at once, even while the import waits for others; the link has been checked before. */
  async #linkSource(url: string): Promise<DatasetSource> {
    const link = await openGuardedUrl(url, this.#limits, { allow: this.#limits.importAllow });
    const spooled = this.#uploads.spool(link.chunks);
    // `fetch` reports the error.
    spooled.catch(() => undefined);
    return {
      name: linkWithoutSecrets(url),
      bytes: link.bytesTotal ?? 0,
      progress: () => ({ bytesRead: link.bytesRead, bytesTotal: link.bytesTotal ?? 0 }),
      async fetch(signal) {
        signal.addEventListener('abort', link.close);
        const path = await spooled;
        return { path, bytes: (await stat(path)).size };
      },
      async discard() {
        link.close();
        const path = await spooled.catch(() => null);
        if (path !== null) await rm(path, { force: true });
      },
    };
  }

  async #fileSource(path: string, name: string): Promise<DatasetSource> {
    const { fileBytesMax } = this.#limits;
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

/** The link without user information and query, which may contain secrets. */
const linkWithoutSecrets = (text: string): string => {
  if (!URL.canParse(text)) return 'a link';
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`.slice(0, 500);
};

async function* limitBytes(bytes: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.byteLength;
    if (count > bytesMax)
      throw new DomainError('TOO_LARGE', `the file is over ${bytesMax} bytes (setting uploadBytesMax)`);
    yield chunk;
  }
}
