import pRetry from 'p-retry';
import { DomainError } from '../errors.ts';
import { ObjectStoreError } from '../sources/object-source.ts';
import { bucketOf } from '../sources/open-objects.ts';
import type { S3Settings } from '../sources/s3-objects.ts';
import { openBucketTarget } from './bucket-target.ts';
import { openFolderTarget } from './folder-target.ts';
import type { BackupTarget } from './target.ts';

export interface BackupSettings extends S3Settings {
  readonly backupParallel: number;
  readonly backupTries: number;
  readonly backupRetryMs: number;
  readonly backupTimeoutMs: number;
}

/**
 * Opens a folder or `s3://bucket/prefix`. Transient errors are retried; what remains is SOURCE_UNREACHABLE. `field` names
 * the option in the BAD_REQUEST for a malformed location.
 */
export const openTarget = (field: string, location: string, settings: BackupSettings): BackupTarget => {
  const found = bucketOf(field, location, settings);
  const target = found === null ? openFolderTarget(location) : openBucketTarget(found, settings);
  const retrying = async <R>(signal: AbortSignal, request: () => Promise<R>): Promise<R> => {
    try {
      return await pRetry(request, {
        retries: settings.backupTries - 1,
        minTimeout: settings.backupRetryMs,
        randomize: true,
        signal,
        shouldRetry: ({ error }) => error instanceof ObjectStoreError && error.isTransient,
      });
    } catch (error) {
      if (!(error instanceof ObjectStoreError)) throw error;
      throw new DomainError('SOURCE_UNREACHABLE', `${target.location}: ${error.message}`, { cause: error });
    }
  };
  return {
    ...target,
    list: (folder, signal) => retrying(signal, () => target.list(folder, signal)),
    read: (name, signal) => retrying(signal, () => target.read(name, signal)),
    write: (name, bytes, signal) => retrying(signal, () => target.write(name, bytes, signal)),
    remove: (name, signal) => retrying(signal, () => target.remove(name, signal)),
  };
};
