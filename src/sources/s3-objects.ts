import { AsyncLocalStorage } from 'node:async_hooks';
import { S3mini } from 's3mini';
import { type ObjectSource, ObjectStoreError, outputFolder, outputName, tooManyBytes } from './object-source.ts';

/** How to reach a bucket. */
export interface S3Settings {
  /** Empty for AWS. */
  readonly s3Endpoint: string;
  readonly s3Region: string;
  /** Both empty for a bucket that is open to all. */
  readonly s3AccessKeyId: string;
  readonly s3SecretAccessKey: string;
  /** The bucket stands in the path (MinIO, Ceph) instead of in the host's name (AWS). */
  readonly s3PathStyle: boolean;
  /** How long one request may take. */
  readonly userFilesTimeoutMs: number;
}

/** The most that a listing gives at a time (ListObjectsV2). */
const keysPerPage = 1000;

/**
 * The objects of a bucket under a prefix; the table goes to `processed_data` in the bucket, beside the prefix's last
 * folder. Written with Signature Version 4 over s3mini.
 */
export const openBucket = (bucket: string, prefix: string, settings: S3Settings): ObjectSource => {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const beside = folder.replace(/[^/]*\/$/, '');
  const output = `${outputFolder}/${outputName}`;
  const timeoutMs = settings.userFilesTimeoutMs;

  /** What ends the request that is being made, its answer's body included. */
  const ending = new AsyncLocalStorage<AbortSignal>();
  // One for all, because it keeps the key that it signs with.
  const client = new S3mini({
    endpoint: endpointOf(bucket, settings),
    region: settings.s3Region,
    accessKeyId: settings.s3AccessKeyId,
    secretAccessKey: settings.s3SecretAccessKey,
    fetch: (input, init) => fetch(input, { ...init, signal: ending.getStore() ?? null }),
  });

  const asking = async <R>(what: string, signal: AbortSignal, ask: (s3: S3mini) => Promise<R>): Promise<R> => {
    signal.throwIfAborted();
    // Not AbortSignal.any: the signal lives long, and would remember every request.
    const request = new AbortController();
    const stop = (): void => request.abort(signal.reason);
    const silence = (): void => {
      const message = `${what}: no answer within ${timeoutMs} ms (setting userFilesTimeoutMs)`;
      request.abort(new ObjectStoreError(message, { isTransient: true }));
    };
    const timer = setTimeout(silence, timeoutMs);
    signal.addEventListener('abort', stop);
    try {
      return await ending.run(request.signal, () => ask(client));
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      throw error instanceof ObjectStoreError ? error : faultOf(what, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  };

  const pageOf = (asked: string, token: string | undefined, signal: AbortSignal) =>
    asking(`the bucket ${bucket} cannot be listed`, signal, async (s3) => {
      const options = { delimiter: '/', 'encoding-type': 'url' };
      const page = await s3.listObjectsPaged('/', asked, keysPerPage, token, options);
      // Of a bucket that is not there it says nothing; an empty one is a page without objects.
      if (!page?.objects) throw new ObjectStoreError(`there is no bucket ${bucket}`, { isTransient: false });
      const { objects, nextContinuationToken } = page;
      return { objects: objects.map((object) => ({ ...object, Key: decoded(object.Key) })), nextContinuationToken };
    });

  return {
    location: `s3://${bucket}/${folder}`,
    output,
    async *list(signal) {
      let token: string | undefined;
      do {
        const page = await pageOf(folder, token, signal);
        yield page.objects
          .map(({ Key, Size, ETag }) => ({ name: Key.slice(folder.length), bytes: Size, version: plain(ETag) }))
          .filter(({ name }) => name !== '' && !name.includes('/') && !name.startsWith('.'));
        token = page.nextContinuationToken;
      } while (token !== undefined);
    },
    read: (name, bytesMax, signal) =>
      asking(`${name} cannot be read`, signal, async (s3) => {
        const response = await s3.getObjectResponse(folder + name);
        if (!response) return null;
        return wholeOf(response, name, bytesMax);
      }),
    writeOutput: (content, signal) =>
      asking(`${beside}${output} cannot be written`, signal, async (s3) => {
        const { headers } = await s3.putObject(beside + output, content, 'text/csv; charset=utf-8');
        return plain(headers.get('etag') ?? '');
      }),
    async outputVersion(signal) {
      const { objects } = await pageOf(beside + output, undefined, signal);
      const found = objects.find(({ Key }) => Key === beside + output);
      return found ? plain(found.ETag) : null;
    },
  };
};

const endpointOf = (bucket: string, { s3Endpoint, s3Region, s3PathStyle }: S3Settings): string => {
  const url = new URL(s3Endpoint === '' ? `https://s3.${s3Region}.amazonaws.com` : s3Endpoint);
  if (s3PathStyle) url.pathname = `${url.pathname.replace(/\/$/, '')}/${bucket}`;
  else url.hostname = `${bucket}.${url.hostname}`;
  return url.href;
};

/** Keys of a listing are asked for as URLs write them: XML has no word for some characters. */
const decoded = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));

const plain = (etag: string): string => etag.replaceAll('"', '').replaceAll('&quot;', '').replaceAll('&#34;', '');

const wholeOf = async (response: Response, name: string, bytesMax: number): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels what has not come yet.
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

const faultOf = (what: string, error: unknown): ObjectStoreError => {
  const { code, message, cause, ...failed } = error as Failed;
  // A failed listing tells its status in words only.
  const [, told, word] = /status (\d{3}): (\w+)/.exec(message ?? '') ?? [];
  const status = failed.status ?? (told === undefined ? undefined : Number(told));
  const codeWord = code ?? word;
  const answered = `the store answered ${status}${codeWord === undefined || codeWord === 'Unknown' ? '' : ` ${codeWord}`}`;
  const unanswered = cause?.code ?? cause?.message ?? message ?? String(error);
  const reason = status === undefined ? unanswered : answered;
  // Whoever is refused now will be refused again; all else may pass.
  const isTransient = status === undefined || status === 408 || status === 429 || status >= 500;
  return new ObjectStoreError(`${what}: ${reason}`, { isTransient, cause: error });
};
