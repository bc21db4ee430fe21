import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asof, folder, type Server, serve } from '../cli/asof-process.ts';
import { fastAlerts } from '../support/alerts.ts';
import { hookServer } from '../support/hook-server.ts';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { eventLines, eventText, graphql, json, readiness, send, upload } from './requests.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const withDisk = (work: (disk: SmallDisk) => Promise<void>) => async (context: { skip: (note: string) => never }) => {
  const disk = await mountSmallDisk(14_000_000);
  if (!disk) return context.skip('a full disk is tested by a small tmpfs, which only root may mount');
  await work(disk);
};

const start = (data: string, ...more: string[]): Promise<Server> =>
  serve(['--data', data, '--empty', '--write-probe-ms', '50', '--watch-folder', '', ...more], 'cli', {
    ASOF_ALERT_EVERY_MS: fastAlerts.alertEveryMs,
    ASOF_ALERT_RETRY_MS: fastAlerts.alertRetryMs,
  });

/** The log of the store still has the room that an import has left which was undone. */
const fillLog = async (url: string): Promise<void> => {
  const body = (round: number) => `[${eventLines(1000, `late-${round}-`).replaceAll('\n', ',')}]`;
  for (let round = 0; (await send(`${url}/events`, { headers: json, body: body(round) })).status !== 503; round++)
    expect(round).toBeLessThan(100);
};

const sync = async (url: string): Promise<string> => {
  const query =
    'mutation { startImport(input: { target: USER_FILES, wait: true }) { __typename ... on StartImportPayload { import { state failure { code } } } ... on Error { code } } }';
  return (await graphql(url, query)).text;
};

describe('a full disk', () => {
  it(
    'ends a synchronization as OUT_OF_SPACE, with nothing of it visible, and the next one has all users and images',
    withDisk(async (disk) => {
      const data = join(disk.path, 'data');
      const source = join(await folder(), 'users');
      await mkdir(source);
      const server = await start(data, '--user-files', source);
      const { url } = server;
      for (let user = 0; user < 60; user++) {
        await writeFile(join(source, `u${user}.csv`), userCsv('Ada', 'King', Date.UTC(1980, 0, 1)));
        await writeFile(join(source, `u${user}.png`), png(60 + user, 60, user));
      }
      const withImage = async () => (await graphql(url, '{ userStatistics { withImage } }')).text;
      for (const free of [0, 50_000]) {
        await disk.fill(free);
        expect(await sync(url)).toContain('OUT_OF_SPACE');
        expect(await withImage()).toContain('"withImage":0');
      }
      disk.free();
      await expect.poll(() => readiness(url), { timeout: 30_000 }).toBe('200 ready');
      expect(await sync(url)).toContain('"state":"SUCCEEDED"');
      expect(await withImage()).toContain('"withImage":60');
      expect(await readdir(join(data, 'images', 'parts'))).toEqual([]);
      expect(await server.stop()).toBe(0);
      expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
    }),
  );

  it(
    'holds back the messages of alerts, and each is delivered once there is room',
    withDisk(async (disk) => {
      const data = join(disk.path, 'data');
      const hook = await hookServer();
      const server = await start(data, '--alert-allow', hook.host);
      const { url } = server;
      const rule = `mutation { addAlert(input: { url: "${hook.url}", when: IMPORT_FAILED }) { __typename } }`;
      expect((await graphql(url, rule)).text).toContain('AddAlertPayload');
      await disk.fill(4_000_000);
      expect((await upload(url, 'EXPERIMENT_EVENTS', eventLines(20_000, 'u'), true)).text).toContain('OUT_OF_SPACE');
      await disk.fill();
      await fillLog(url);
      disk.free();
      await expect.poll(() => readiness(url), { timeout: 30_000 }).toBe('200 ready');
      const subjects = () => hook.messages().map(({ type }) => type);
      await expect.poll(subjects, { timeout: 30_000 }).toEqual(['import.failed']);
      await expect
        .poll(async () => (await graphql(url, '{ alertDeliveries { nodes { state } } }')).text, { timeout: 30_000 })
        .toContain('"nodes":[{"state":"DELIVERED"}]');
      expect(await server.stop()).toBe(0);
      expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
    }),
  );

  it(
    'at the start ends a server with one line; with some room it answers questions, and recovers by itself',
    withDisk(async (disk) => {
      const data = join(disk.path, 'data');
      let server = await start(data);
      for (let number = 0; number < 20; number++)
        await send(`${server.url}/receive_event`, { headers: json, body: eventText(`early-${number}`) });
      expect(await server.stop()).toBe(0);
      await disk.fill();
      for (const command of [['serve', '--port', '0'], ['verify'], ['datasets', 'list']])
        expect(await asof([...command, '--data', data])).toMatchObject({
          code: 3,
          stderr: expect.stringMatching(/^asof: [^\n]*full[^\n]*\n$/),
        });
      disk.free();
      await disk.fill(300_000);
      server = await start(data);
      const { url } = server;
      const read = await graphql(url, '{ experimentEvents(first: 1) { totalCount } }');
      expect(read.text).toContain('"totalCount":20');
      await disk.fill();
      expect(
        await send(`${url}/events`, { headers: json, body: `[${eventLines(2000, 'full').replaceAll('\n', ',')}]` }),
      ).toMatchObject({
        status: 503,
        text: expect.stringContaining('OUT_OF_SPACE'),
      });
      expect(await readiness(url)).toBe('503 OUT_OF_SPACE');
      disk.free();
      await expect.poll(() => readiness(url), { timeout: 30_000 }).toBe('200 ready');
      expect((await send(`${url}/receive_event`, { headers: json, body: eventText('later') })).status).toBe(200);
      expect(await server.stop()).toBe(0);
      expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
    }),
  );
});
