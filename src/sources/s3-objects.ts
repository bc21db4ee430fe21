import { AsyncLocalStorage } from 'node:async_hooks';
import { type ListObject, S3mini } from 's3mini';
import type { Trace } from '../lib/telemetry.ts';
import { type ObjectSource, ObjectStoreError, outputFolder, outputName, tooManyBytes } from './object-source.ts';

/** How to reach a bucket. */
export interface S3Settings {
  /** Empty: AWS. */
  readonly s3Endpoint: string;
  readonly s3Region: string;
  /** Both empty: a public bucket. */
  readonly s3AccessKeyId: string;
  readonly s3SecretAccessKey: string;
  /** The bucket is in the path (MinIO, Ceph) instead of the host name (AWS). */
  readonly s3PathStyle: boolean;
}

/** The deadline of one request, and the setting that it comes from. */
export interface RequestTimeout {
  readonly timeoutMs: number;
  readonly setting: string;
}

/** The maximum page size of ListObjectsV2. */
const keysPerPage = 1000;

export type S3Request = <R>(what: string, signal: AbortSignal, send: (s3: S3mini) => Promise<R>) => Promise<R>;

/** Sends requests with a deadline; `what` begins the message of an error. */
export const createRequester = (
  bucket: string,
  settings: S3Settings,
  { timeoutMs, setting }: RequestTimeout,
): S3Request => {
  /** Aborts the current request, the body of its response included. */
  const current = new AsyncLocalStorage<AbortSignal>();
  // One client for all requests, because it caches its signing key.
  const client = new S3mini({
    endpoint: endpointOf(bucket, settings),
    region: settings.s3Region,
    accessKeyId: settings.s3AccessKeyId,
    secretAccessKey: settings.s3SecretAccessKey,
    fetch: (input, init) => fetch(input, { ...init, signal: current.getStore() ?? null }),
  });
  return async (what, signal, send) => {
    signal.throwIfAborted();
    // Not AbortSignal.any: the signal lives long and would retain every request.
    const request = new AbortController();
    const stop = (): void => request.abort(signal.reason);
    const timeOut = (): void => {
      const message = `${what}: no response within ${timeoutMs} ms (setting ${setting})`;
      request.abort(new ObjectStoreError(message, { isTransient: true }));
    };
    const timer = setTimeout(timeOut, timeoutMs);
    signal.addEventListener('abort', stop);
    try {
      return await current.run(request.signal, () => send(client));
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      throw error instanceof ObjectStoreError ? error : objectStoreError(what, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  };
};

/**
 * The objects of a bucket under a prefix; the table is written to `processed_data` in the bucket, beside the prefix's last
 * folder. Requests are signed with Signature Version 4 by s3mini.
 */
export const openBucket = (
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  settings: S3Settings & { readonly userFilesTimeoutMs: number },
  trace: Trace,
): ObjectSource => {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const parent = folder.replace(/[^/]*\/$/, '');
  const output = `${outputFolder}/${outputName}`;
  const timeoutMs = settings.userFilesTimeoutMs;
  const send = createRequester(bucket, settings, { timeoutMs, setting: 'userFilesTimeoutMs' });
  const traced =
    (verb: string): S3Request =>
    (...request) =>
      trace.span(`S3 ${verb}`, { 'rpc.system': 'aws-api', 'rpc.service': 'S3' }, () => send(...request));
  const [list, get, put] = [traced('list'), traced('get'), traced('put')];

  const pageOf = (keyPrefix: string, token: string | undefined, signal: AbortSignal) =>
    pageOfBucket({ request: list, bucket, keyPrefix, token, options: { delimiter: '/' } }, signal);

  return {
    location: `s3://${bucket}/${folder}`,
    output,
    async *list(signal) {
      let token: string | undefined;
      do {
        const page = await pageOf(folder, token, signal);
        yield page.objects
          .map(({ Key, Size, ETag }) => ({ name: Key.slice(folder.length), bytes: Size, version: unquoteEtag(ETag) }))
          .filter(({ name }) => name !== '' && !name.includes('/') && !name.startsWith('.'));
        token = page.nextContinuationToken;
      } while (token !== undefined);
    },
    read: (name, bytesMax, signal) =>
      get(`${name} cannot be read`, signal, async (s3) => {
        const response = await s3.getObjectResponse(folder + name);
        if (!response) return null;
        return readAll(response, name, bytesMax);
      }),
    writeOutput: (content, signal) =>
      put(`${parent}${output} cannot be written`, signal, async (s3) => {
        const { headers } = await s3.putObject(parent + output, content, 'text/csv; charset=utf-8');
        return unquoteEtag(headers.get('etag') ?? '');
      }),
    async outputVersion(signal) {
      const { objects } = await pageOf(parent + output, undefined, signal);
      const found = objects.find(({ Key }) => Key === parent + output);
      return found ? unquoteEtag(found.ETag) : null;
    },
  };
};

interface PageOfBucket {
  readonly request: S3Request;
  readonly bucket: string;
  readonly keyPrefix: string;
  /** Of the page before; undefined for the first page. */
  readonly token: string | undefined;
  /** Further parameters of the request; without a delimiter the listing includes sub-folders. */
  readonly options: Readonly<Record<string, string>>;
}

/** A page of the objects whose keys have a prefix. */
export const pageOfBucket = (
  { request, bucket, keyPrefix, token, options }: PageOfBucket,
  signal: AbortSignal,
): Promise<{ readonly objects: readonly ListObject[]; readonly nextContinuationToken: string | undefined }> =>
  request(`the bucket ${bucket} cannot be listed`, signal, async (s3) => {
    const parameters = { ...options, 'encoding-type': 'url' };
    const page = await s3.listObjectsPaged('/', keyPrefix, keysPerPage, token, parameters);
    // A missing bucket has no page; an empty bucket has a page without objects.
    if (!page?.objects) throw new ObjectStoreError(`there is no bucket ${bucket}`, { isTransient: false });
    const { objects, nextContinuationToken } = page;
    return { objects: objects.map((object) => ({ ...object, Key: decoded(object.Key) })), nextContinuationToken };
  });

const endpointOf = (bucket: string, { s3Endpoint, s3Region, s3PathStyle }: S3Settings): string => {
  const url = new URL(s3Endpoint === '' ? `https://s3.${s3Region}.amazonaws.com` : s3Endpoint);
  if (s3PathStyle) url.pathname = `${url.pathname.replace(/\/$/, '')}/${bucket}`;
  else url.hostname = `${bucket}.${url.hostname}`;
  return url.href;
};

/** Keys are listed in URL encoding, because XML cannot represent some characters. */
const decoded = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));

const unquoteEtag = (etag: string): string => etag.replaceAll('"', '').replaceAll('&quot;', '').replaceAll('&#34;', '');

const readAll = async (response: Response, name: string, bytesMax: number): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the rest of the body.
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > bytesMax) throw tooManyBytes(name, bytesMax);
    parts.push(part);
  }
  return Buffer.concat(parts);
};

interface Failed {
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  readonly cause?: { readonly code?: string; readonly message?: string };
}

const objectStoreError = (what: string, error: unknown): ObjectStoreError => {
  const { code, message, cause, ...failed } = error as Failed;
  // The error of a failed listing has its status only in the message.
  const [, statusText, word] = /status (\d{3}): (\w+)/.exec(message ?? '') ?? [];
  const status = failed.status ?? (statusText === undefined ? undefined : Number(statusText));
  const codeWord = code ?? word;
  const answered = `the store answered ${status}${codeWord === undefined || codeWord === 'Unknown' ? '' : ` ${codeWord}`}`;
  const unanswered = cause?.code ?? cause?.message ?? message ?? String(error);
  const reason = status === undefined ? unanswered : answered;
  // A refused request will be refused again; other errors are transient.
  const isTransient = status === undefined || status === 408 || status === 429 || status >= 500;
  return new ObjectStoreError(`${what}: ${reason}`, { isTransient, cause: error });
};
