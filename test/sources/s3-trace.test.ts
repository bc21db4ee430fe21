import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { Attributes, Trace } from '../../src/lib/telemetry.ts';
import { openObjects } from '../../src/sources/open-objects.ts';

const page = `<?xml version="1.0"?><ListBucketResult><Name>lake</Name><IsTruncated>false</IsTruncated>
<Contents><Key>users/anna.csv</Key><Size>3</Size><ETag>"1"</ETag></Contents></ListBucketResult>`;

it('requests to a bucket are spans that name neither the bucket nor its objects', async () => {
  const server = createServer((request, response) => {
    if (request.url?.includes('list-type=2')) response.setHeader('content-type', 'application/xml').end(page);
    else response.end('a,b');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const spans: { readonly name: string; readonly attributes: Attributes }[] = [];
  const trace: Trace = {
    span(name, attributes, work) {
      spans.push({ name, attributes });
      return work();
    },
  };
  const s3Endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = readConfig({ s3Endpoint, s3AccessKeyId: 'a', s3SecretAccessKey: 'b' });
  const source = openObjects('s3://lake/users/', config, trace);
  const { signal } = new AbortController();
  const names: string[] = [];
  for await (const objects of source.list(signal)) names.push(...objects.map(({ name }) => name));
  expect(names).toEqual(['anna.csv']);
  expect((await source.read('anna.csv', 1000, signal))?.toString()).toBeDefined();
  expect(spans.map(({ name }) => name)).toEqual(['S3 list', 'S3 get']);
  expect(JSON.stringify(spans)).not.toMatch(/anna|lake|users/);
});
