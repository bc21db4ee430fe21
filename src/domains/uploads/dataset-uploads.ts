import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DomainError } from '../../errors.ts';
import type { HostPort } from '../../lib/host-port.ts';
import { type LinkLimits, openGuardedUrl } from '../../sources/guarded-url.ts';
import type { DatasetOptions, DatasetSource } from '../datasets/import-version.ts';
import type { DatasetImports, DatasetRun } from '../datasets/imports.ts';
import { bytesOf, missingSource, type Uploads, uploadName } from './uploads.ts';

/** Where a dataset's file is; exactly one of these. */
export interface DatasetOrigin {
  readonly url?: string | null | undefined;
  readonly file?: File | null | undefined;
  readonly location?: string | null | undefined;
}

/** Datasets that reach the server by request: behind links, uploaded, or in the folder the operator allows. */
export interface DatasetUploads {
  /** Throws what is known of the file at once; what is learnt later fails the import. */
  importFrom(origin: DatasetOrigin | null | undefined, options: DatasetOptions): Promise<DatasetRun>;
  /** A file as its bytes come. Throws TOO_LARGE beyond `uploadBytesMax`. */
  importBytes(bytes: AsyncIterable<Uint8Array>, name: string, options: DatasetOptions): Promise<DatasetRun>;
  /** A file of this machine, which stays where it is. */
  importFile(path: string, options: DatasetOptions): Promise<DatasetRun>;
}

export const createDatasetUploads = (
  imports: DatasetImports,
  uploads: Pick<Uploads, 'spool' | 'allowed'>,
  limits: LinkLimits & {
    readonly importAllow: readonly HostPort[];
    readonly uploadBytesMax: number;
    readonly fileBytesMax: number;
  },
): DatasetUploads => {
  /** What is behind a link comes at once, also while others wait; whether it may be followed is known before. */
  const behindLink = async (url: string): Promise<DatasetSource> => {
    const opened = await openGuardedUrl(url, limits, { allow: limits.importAllow });
    const spooled = uploads.spool(opened.chunks);
    // Whoever fetches it learns of its fault.
    spooled.catch(() => undefined);
    return {
      name: linkWithoutSecrets(url),
      bytes: opened.bytesTotal ?? 0,
      async fetch(signal) {
        signal.addEventListener('abort', opened.close);
        const path = await spooled;
        return { path, bytes: (await stat(path)).size };
      },
      async discard() {
        opened.close();
        const path = await spooled.catch(() => null);
        if (path !== null) await rm(path, { force: true });
      },
    };
  };

  const onDisk = async (path: string, name: string, isOurs: boolean): Promise<DatasetSource> => {
    const found = await stat(path).catch((cause: unknown) => {
      throw new DomainError('NOT_FOUND', `there is no file ${name}`, { cause });
    });
    if (!found.isFile()) throw new DomainError('NOT_A_TABLE', `${name} is not a file`);
    if (found.size > limits.fileBytesMax)
      throw new DomainError(
        'TOO_LARGE',
        `the file has ${found.size} bytes, over the limit of ${limits.fileBytesMax} (setting fileBytesMax)`,
      );
    return {
      name,
      bytes: found.size,
      fetch: async () => ({ path, bytes: found.size }),
      discard: async () => (isOurs ? rm(path, { force: true }) : undefined),
    };
  };

  const start = async (source: DatasetSource, options: DatasetOptions): Promise<DatasetRun> => {
    try {
      return await imports.start(source, options);
    } catch (error) {
      await source.discard();
      throw error;
    }
  };

  const importBytes: DatasetUploads['importBytes'] = async (bytes, name, options) => {
    const path = await uploads.spool(limitBytes(bytes, limits.uploadBytesMax));
    return start(await onDisk(path, name, true), options);
  };

  return {
    importBytes,
    importFile: async (path, options) => start(await onDisk(path, basename(path), false), options),
    async importFrom(origin, options) {
      if (!origin) throw missingSource();
      const { url, file, location } = origin;
      if (url != null) return start(await behindLink(url), options);
      if (file != null) return importBytes(bytesOf(file), uploadName(file), options);
      const found = await uploads.allowed(location ?? '');
      return start(await onDisk(found.path, found.name, false), options);
    },
  };
};

/** What may be told of a link: nothing of a user, and no query, which may hold a secret. */
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
