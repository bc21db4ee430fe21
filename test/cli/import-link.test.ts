import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createImportProgress } from '../../src/cli/commands/import/progress.ts';
import type { DatasetProgress } from '../../src/domains/datasets/import-version.ts';
import { openApp } from '../support/app.ts';
import { asof, folder } from './asof-process.ts';

const csv = 'n,text\n1,a\n2,b\n';

/** A file server on this machine; `respond` sends the file. */
const serve = async (respond: (response: ServerResponse) => unknown): Promise<{ host: string; url: string }> => {
  const server = createServer((_request, response) => respond(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}/sales.csv` };
};

it('asof import follows a link to a private address only when --import-allow or the setting names its host', async () => {
  const { host, url } = await serve((response) => response.end(csv));
  const args = ['import', 'dataset', 'sales', url, '--data', await folder(), '--json'];
  const refused = await asof(args);
  expect(refused).toMatchObject({ code: 3, stdout: '' });
  expect(refused.stderr).toContain('not allowed');
  const other = await asof([...args, '--import-allow', '127.0.0.1:1']);
  expect(other).toMatchObject({ code: 3, stdout: '' });
  const allowed = await asof([...args, '--import-allow', `files.example,${host}`]);
  expect([allowed.code, JSON.parse(allowed.stdout).imports]).toMatchObject([0, [{ state: 'SUCCEEDED', stored: 2 }]]);
  expect((await asof(args, '', { ASOF_IMPORT_ALLOW: host })).code).toBe(0);
  const wrong = await asof([...args, '--import-allow', 'http://intranet']);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('import-allow');
  const users = await asof(['import', 'users', 'users.csv', '--import-allow', host]);
  expect(users).toMatchObject({ code: 2, stderr: expect.stringContaining('--import-allow is for datasets') });
});

it.each([
  ['of known size', { 'content-length': String(csv.length) }, csv.length],
  ['of unknown size', {}, 0],
])('an import of a link %s counts the bytes received while they arrive', async (_size, headers, bytesTotal) => {
  let finish = (): void => undefined;
  const { host, url } = await serve((response) => {
    response.writeHead(200, headers);
    response.write(csv.slice(0, 7));
    finish = () => response.end(csv.slice(7));
  });
  const app = await openApp({ settings: { importAllow: host } });
  onTestFinished(app.close);
  const body = JSON.stringify({ url, name: 'sales' });
  const started = await app.get('/datasets', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { id } = (await started.json()) as { id: number };
  const read = async () => (await (await app.get(`/imports/${id}`)).json()) as Record<string, unknown>;
  await expect.poll(read).toMatchObject({ state: 'RUNNING', bytes_read: 7, bytes_total: bytesTotal });
  finish();
  await expect.poll(read).toMatchObject({
    state: 'SUCCEEDED',
    accepted: 2,
    bytes_read: csv.length,
    bytes_total: csv.length,
  });
});

/** What the progress writes for two reports, the second of which is late enough for a line. */
const linesOf = async (current: Partial<DatasetProgress>, isTTY: boolean): Promise<string> => {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120, cursorTo: () => true, clearLine: () => true });
  const progress = createImportProgress(stream as unknown as NodeJS.WriteStream, { showsRecords: true });
  await delay(2100);
  progress.show({ id: 1, source: 'sales.csv', read: 0, ...current } as DatasetProgress);
  await delay(200);
  progress.end();
  return String(stream.read() ?? '');
};

it.concurrent.each([
  [{ bytesRead: 500, bytesTotal: 1000, isFetching: true }, 'sales.csv: 500 bytes received, 50 % of 1000 bytes\n'],
  [{ bytesRead: 500, bytesTotal: 0, isFetching: true }, 'sales.csv: 500 bytes received\n'],
  [{ bytesRead: 500, bytesTotal: 1000, read: 7 }, 'sales.csv: 7 records, 50 % of 1000 bytes\n'],
] as const)('shows %j as a line where there is no terminal', async (current, line) => {
  expect(await linesOf(current, false)).toBe(line);
});

it.concurrent('shows a bar on a terminal, and only the bytes of a download of unknown size', async () => {
  const [known, unknown] = await Promise.all(
    [1000, 0].map((bytesTotal) => linesOf({ bytesRead: 500, bytesTotal, isFetching: true }, true)),
  );
  expect(known).toMatch(/ 50 % \| 500 bytes received \| \S+ to go/);
  expect(unknown).toContain('500 bytes received');
  expect(unknown).not.toMatch(/%|to go/);
});
