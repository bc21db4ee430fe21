import { DomainError } from '../errors.ts';
import type { Trace } from '../lib/telemetry.ts';
import { openFolder } from './folder-objects.ts';
import type { ObjectSource } from './object-source.ts';
import { openBucket, type S3Settings } from './s3-objects.ts';

/** A folder, or `s3://bucket/prefix`. Throws BAD_REQUEST when it names no bucket. */
export const openObjects = (
  location: string,
  settings: S3Settings & { readonly userFilesTimeoutMs: number },
  trace: Trace,
): ObjectSource => {
  const found = bucketOf('setting userFiles', location, settings);
  return found === null ? openFolder(location) : openBucket(found, settings, trace);
};

/** The bucket and the prefix of a location; null for a folder. Throws BAD_REQUEST that names `field`. */
export const bucketOf = (
  field: string,
  location: string,
  { s3Endpoint }: Pick<S3Settings, 's3Endpoint'>,
): { readonly bucket: string; readonly prefix: string } | null => {
  if (!/^s3:/i.test(location)) return null;
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/i.exec(location) ?? [];
  if (bucket === undefined)
    throw new DomainError('BAD_REQUEST', `${field} must be a folder or s3://bucket/prefix, not "${location}"`);
  if (s3Endpoint !== '' && !URL.canParse(s3Endpoint))
    throw new DomainError('BAD_REQUEST', 'setting s3Endpoint must be a URL like http://127.0.0.1:9000');
  return { bucket, prefix };
};
