import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import pMap from 'p-map';
import { S3mini } from 's3mini';
import { onTestFinished } from 'vitest';

const {
  ASOF_TEST_S3_ENDPOINT: endpoint = '',
  ASOF_TEST_S3_ACCESS_KEY = '',
  ASOF_TEST_S3_SECRET_KEY = '',
} = process.env;

/** Whether an S3 server is available: `test/support/s3-up` starts one and prints the settings. */
export const hasS3 = endpoint !== '';

export interface Bucket {
  readonly name: string;
  putObject(key: string, content: string | Buffer): Promise<void>;
  remove(key: string): Promise<void>;
  text(key: string): Promise<string | null>;
}

/** The only region in which radosgw creates buckets. */
const region = 'default';
const credentials = { accessKeyId: ASOF_TEST_S3_ACCESS_KEY, secretAccessKey: ASOF_TEST_S3_SECRET_KEY };

/** A new bucket with these objects. It is not removed: the server keeps everything in memory. */
export const openBucket = async (objects: Readonly<Record<string, string | Buffer>> = {}): Promise<Bucket> => {
  const name = `test-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const s3 = new S3mini({ ...credentials, endpoint: `${endpoint}/${name}`, region });
  if (!(await s3.createBucket())) throw new Error('no bucket could be made');
  const putObject = async (key: string, content: string | Buffer): Promise<void> => {
    await s3.putObject(key, content);
  };
  await pMap(Object.entries(objects), ([key, content]) => putObject(key, content), { concurrency: 16 });
  return {
    name,
    putObject,
    remove: async (key) => void (await s3.deleteObject(key)),
    text: (key) => s3.getObject(key),
  };
};

export interface Counted {
  /** Settings of a server that goes through it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Keys of the objects read since the last call, in order, repeated reads included. */
  drainReads(): string[];
  /** What to answer instead of the server: a status, `hang` for no response, undefined to forward the request. */
  fault: (method: string, path: string) => number | 'hang' | undefined;
}

/** A proxy that counts and breaks requests. It forwards the host header, because the client signs it. */
export const countedS3 = async (): Promise<Counted> => {
  const { hostname, port } = new URL(endpoint);
  let reads: string[] = [];
  const counted: { fault: Counted['fault'] } = { fault: () => undefined };
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method = '', url = '', headers } = incoming;
    const { pathname, search } = new URL(url, 'http://127.0.0.1');
    const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
    if (method === 'GET' && key !== '' && search === '') reads.push(key);
    const fault = counted.fault(method, key === '' ? search : key);
    if (fault === 'hang') return;
    if (fault !== undefined) {
      incoming.resume();
      outgoing.writeHead(fault, { 'content-type': 'application/xml' }).end('<Error><Code>Broken</Code></Error>');
      return;
    }
    const further = httpRequest({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    further.on('error', () => outgoing.destroy());
    incoming.pipe(further);
  };
  const server = createServer(pass);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(counted, {
    settings: {
      s3Endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      s3AccessKeyId: ASOF_TEST_S3_ACCESS_KEY,
      s3SecretAccessKey: ASOF_TEST_S3_SECRET_KEY,
      userFilesRetryMs: '1',
    },
    drainReads() {
      const drained = reads;
      reads = [];
      return drained;
    },
  });
};
