import { tmpdir } from 'node:os';
import { createRequester, pageOfBucket, type S3Settings } from '../sources/s3-objects.ts';
import { lazyScratch } from './scratch.ts';
import type { BackupTarget, TargetObject } from './target.ts';

/** Backups under a prefix of a bucket. */
export const openBucketTarget = (
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  settings: S3Settings & { readonly backupTimeoutMs: number },
): BackupTarget => {
  const root = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const timeoutMs = settings.backupTimeoutMs;
  const request = createRequester(bucket, settings, { timeoutMs, setting: 'backupTimeoutMs' });

  const scratch = lazyScratch(tmpdir(), 'asof-backup-');

  return {
    location: `s3://${bucket}/${root}`,
    async list(folder, signal) {
      const found: TargetObject[] = [];
      let token: string | undefined;
      do {
        const page = await pageOfBucket(
          { request, bucket, keyPrefix: `${root}${folder}/`, token, options: {} },
          signal,
        );
        for (const { Key, Size } of page.objects) found.push({ name: Key.slice(root.length), bytes: Number(Size) });
        token = page.nextContinuationToken;
      } while (token !== undefined);
      return found;
    },
    read: (name, signal) =>
      request(`${name} cannot be read`, signal, async (s3) => {
        const found = await s3.getObjectArrayBuffer(root + name);
        return found === null ? null : Buffer.from(found);
      }),
    write: (name, bytes, signal) =>
      request(`${name} cannot be written`, signal, async (s3) => {
        await s3.putObject(root + name, bytes);
      }),
    remove: (name, signal) =>
      request(`${name} cannot be removed`, signal, async (s3) => {
        await s3.deleteObject(root + name);
      }),
    flush: async () => undefined,
    scratch: scratch.path,
    close: scratch.remove,
  };
};
