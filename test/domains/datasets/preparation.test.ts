import pino from 'pino';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

const openApps: OpenApp[] = [];
afterEach(async () => {
  for (const app of openApps.splice(0)) await app.close();
});

/** A server, and the numbers of rows of the versions that it has copied into memory. */
const openServer = async (data?: string, settings: Record<string, string> = {}) => {
  const copied: number[] = [];
  const write = (line: string): void => {
    const { msg, rows } = JSON.parse(line) as { msg: string; rows: number };
    if (msg === 'dataset version copied into memory') copied.push(rows);
  };
  const log = pino({ level: 'debug' }, { write });
  const options = data === undefined ? { onDisk: true } : { data };
  const server = await openApp({ ...options, log, settings: { followMs: '20', ...settings } });
  openApps.push(server);
  return { server, copied };
};

const csvOf = (rows: number): string =>
  `n,half\n${Array.from({ length: rows }, (_each, index) => `${(index * 7919) % rows},${index >> 1}`).join('\n')}\n`;

/** Enough rows for a copy. */
const many = 122_880;

const waitFor = (copied: readonly number[], expected: readonly number[]) =>
  vi.waitFor(() => expect(copied).toEqual(expected), { timeout: 30_000, interval: 20 });

const firstOf = async ({ get }: OpenApp, name: string): Promise<unknown> => {
  const answer = await (await get(`/datasets/${name}?n__lt=3&_sort=-n`)).json();
  return (answer as { rows: { n: number }[] }).rows.map(({ n }) => n);
};

it('current versions are copied before anybody reads them: new ones, those of other processes, and at the start', async () => {
  const { server, copied } = await openServer();
  await importCsv(server, 'small', csvOf(10));
  await importCsv(server, 'a', csvOf(many));
  await waitFor(copied, [many]);
  expect(await firstOf(server, 'a')).toEqual([2, 1, 0]);
  // Like a command, which prepares nothing.
  const command = await openApp({ data: server.data, start: false });
  onTestFinished(command.close);
  await command.app.ledger.catchUp();
  expect(await importCsv(command, 'b', csvOf(many + 1))).toMatchObject({ state: 'SUCCEEDED' });
  await waitFor(copied, [many, many + 1]);
  expect(await firstOf(server, 'b')).toEqual([2, 1, 0]);
  await importCsv(server, 'a', csvOf(many + 2));
  await waitFor(copied, [many, many + 1, many + 2]);
  expect(await firstOf(server, 'a')).toEqual([2, 1, 0]);
  const again = await openServer(server.data);
  await waitFor(again.copied, [many + 2, many + 1]);
  expect(await firstOf(again.server, 'a')).toEqual([2, 1, 0]);
});

it('without room no version is copied, and a deleted dataset is not', async () => {
  const { server, copied } = await openServer(undefined, { datasetCopiesBytesMax: '1kB' });
  await importCsv(server, 'a', csvOf(many));
  await importCsv(server, 'b', csvOf(many + 1));
  expect(await firstOf(server, 'a')).toEqual([2, 1, 0]);
  expect((await server.get('/datasets/b', { method: 'DELETE' })).status).toBe(200);
  const again = await openServer(server.data);
  await waitFor(again.copied, [many]);
  expect(copied).toEqual([]);
});
