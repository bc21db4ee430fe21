import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asof, asofProcess, folder, type Server, serve } from '../cli/asof-process.ts';
import { openApp } from '../support/app.ts';
import {
  type Answer,
  csvOf,
  eventLines,
  eventText,
  graphql,
  json,
  readiness,
  send,
  storedIds,
  upload,
} from './requests.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const recordEvent = `mutation { recordEvents(input: { experiment: "x", events: [
  { eventId: "g", userId: "a", accountType: "free", occurredAt: "2025-01-01", variant: "A" }] }) { __typename } }`;

/** Each way to write, with content that is larger than what the disk has left. */
const waysToWrite: readonly (readonly [name: string, write: (url: string) => Promise<Answer>])[] = [
  ['one event', (url) => send(`${url}/receive_event`, { headers: json, body: eventText('one') })],
  [
    'a stream of events',
    (url) =>
      send(`${url}/events`, { headers: { 'content-type': 'application/x-ndjson' }, body: eventLines(5000, 's') }),
  ],
  [
    'a batch with a key',
    (url) => send(`${url}/events`, { headers: { ...json, 'idempotency-key': 'k' }, body: `[${eventText('b')}]` }),
  ],
  ['a conversation', (url) => send(`${url}/initial?uuid=0b1f3c52-8d9e-4c11-9f4e-2f3f7f0a6d11&symbol=e`, {})],
  ['a mutation', (url) => graphql(url, recordEvent)],
  ['an upload of records', (url) => upload(url, 'EXPERIMENT_EVENTS', eventLines(20_000, 'u'), true)],
  ['an upload of a dataset', (url) => upload(url, 'DATASET', csvOf(100_000), true)],
  [
    'a dataset by REST',
    (url) =>
      send(`${url}/datasets/rest?wait=1`, {
        method: 'PUT',
        headers: { 'content-type': 'text/csv' },
        body: csvOf(100_000),
      }),
  ],
  [
    // Last, because from then on the others need a key.
    'a new key',
    (url) =>
      graphql(url, 'mutation { addApiKey(input: { name: "n", scopes: [READ] }) { __typename ... on Error { code } } }'),
  ],
];

/** Without those of SQLite. */
const filesIn = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.startsWith('asof.sqlite'))
    .map(({ name }) => name)
    .sort();

/** Sends events one by one until one is refused; returns the ids that were acknowledged. */
const sendUntilRefused = async (url: string, prefix: string): Promise<{ stored: string[]; refusal: Answer }> => {
  const stored: string[] = [];
  for (let number = 0; ; number++) {
    const id = `${prefix}-${number}`;
    const answer = await send(`${url}/receive_event`, { headers: json, body: eventText(id) });
    if (answer.status !== 200) return { stored, refusal: answer };
    stored.push(id);
  }
};

const start = (data: string): Promise<Server> =>
  serve(['--data', data, '--empty', '--write-probe-ms', '50', '--watch-folder', '']);

const refused = {
  status: 503,
  retryAfter: expect.stringMatching(/^[1-9]\d*$/),
  text: expect.stringContaining('OUT_OF_SPACE'),
};

const withDisk = (work: (disk: SmallDisk) => Promise<void>) => async (context: { skip: (note: string) => never }) => {
  const disk = await mountSmallDisk(14_000_000);
  if (!disk) return context.skip('a full disk is tested by a small tmpfs, which only root may mount');
  await work(disk);
};

describe('a full disk', () => {
  it(
    'refuses every kind of write with 503 OUT_OF_SPACE, serves reads, leaves no file behind, and recovers by itself',
    withDisk(async (disk) => {
      const data = join(disk.path, 'data');
      const server = await start(data);
      const { url } = server;
      for (let number = 0; number < 50; number++)
        await send(`${url}/receive_event`, { headers: json, body: eventText(`early-${number}`) });
      const before = await filesIn(data);
      await disk.fill();
      const { stored, refusal } = await sendUntilRefused(url, 'late');
      expect(refusal).toMatchObject(refused);
      expect(await readiness(url)).toBe('503 OUT_OF_SPACE');
      for (const [name, write] of waysToWrite) expect(await write(url), name).toMatchObject(refused);
      const read = await graphql(url, '{ experimentEvents(first: 1) { totalCount } server { version } }');
      expect(JSON.parse(read.text)).toMatchObject({ data: { experimentEvents: { totalCount: 50 + stored.length } } });
      expect(await filesIn(data)).toEqual(before);
      const command = await asofProcess(['datasets', 'list', '--data', data]);
      expect(command.stderr).not.toContain('    at ');

      disk.free();
      await expect.poll(() => readiness(url), { timeout: 30_000 }).toBe('200 ready');
      for (const [name, write] of waysToWrite) expect(await write(url), name).toMatchObject({ status: 200 });
      expect(await server.stop()).toBe(0);
      const ids = new Set(await storedIds(data));
      expect(stored.filter((id) => !ids.has(id))).toEqual([]);
      expect((await asof(['verify', '--data', data])).stdout).toContain('sound');
    }),
  );

  it(
    'ends an import in a server as OUT_OF_SPACE, also when its end cannot be stored at once',
    withDisk(async (disk) => {
      const data = join(disk.path, 'data');
      const server = await start(data);
      const { url } = server;
      // The upload fits, its records do not.
      await disk.fill(4_000_000);
      const answer = await upload(url, 'EXPERIMENT_EVENTS', eventLines(20_000, 'u'), true);
      expect(answer.text).toContain('OUT_OF_SPACE');
      disk.free();
      const imports = '{ imports(first: 10) { nodes { state accepted failure { code } } } }';
      await expect
        .poll(async () => (await graphql(url, imports)).text, { timeout: 30_000 })
        .toMatch(/"state":"FAILED".*OUT_OF_SPACE/);
      // What was undone is not counted.
      const counts = '{ imports(first: 1) { nodes { accepted } } experimentEvents(first: 1) { totalCount } }';
      const { accepted } = /"accepted":(?<accepted>\d+)/.exec((await graphql(url, counts)).text)?.groups ?? {};
      await expect.poll(async () => (await graphql(url, counts)).text).toContain(`"totalCount":${accepted}}`);
      const again = await upload(url, 'EXPERIMENT_EVENTS', eventLines(20_000, 'u'), true);
      expect(again.text).toContain('"state":"SUCCEEDED"');
      expect(await server.stop()).toBe(0);
      expect((await storedIds(data)).length).toBe(20_000);
    }),
  );

  it(
    'ends a command with one line and exit code 3',
    withDisk(async (disk) => {
      const data = join(disk.path, 'data');
      const file = join(await folder(), 'events.ndjson');
      await writeFile(file, eventLines(60_000, 'c'));
      await disk.fill(3_000_000);
      const { code, stdout, stderr } = await asofProcess(['import', 'events', file, '--data', data]);
      expect({ code, text: stdout + stderr }).toEqual({ code: 3, text: expect.stringContaining('full') });
      expect(stderr).not.toContain('    at ');
      await disk.fill();
      const full = await asofProcess(['import', 'events', file, '--data', data]);
      expect({ code: full.code, text: full.stdout + full.stderr }).toEqual({
        code: 3,
        text: expect.stringContaining('full'),
      });
      disk.free();
      const again = await asof(['verify', '--data', data]);
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('sound') });
      await disk.fill();
      const elsewhere = await folder();
      await (await openApp({ data: elsewhere })).close();
      const target = join(disk.path, 'users.csv');
      const refusals = [
        await asofProcess(['export', 'users', '--out', target, '--data', elsewhere]),
        await asofProcess(['export', 'users', '--data', elsewhere], '', {}, `exec > ${target}.stdout`),
      ];
      for (const refusal of refusals)
        expect(refusal).toMatchObject({ code: 3, stderr: expect.stringMatching(/^asof: .*full.*\n$/) });
      expect(await filesIn(disk.path)).toEqual(expect.not.arrayContaining(['users.csv', 'users.csv.part']));
    }),
  );
});

describe('a file that may not grow', () => {
  it('keeps every acknowledged event of a server whose file sizes are limited', async () => {
    const data = await folder();
    const server = await serve(['--data', data, '--empty'], 'cli', {}, 'ulimit -f 2000');
    const { url } = server;
    const { stored, refusal } = await sendUntilRefused(url, 'x'.repeat(200));
    expect(refusal).toMatchObject({ status: 503, text: expect.stringMatching(/OUT_OF_SPACE|STORAGE_FAILED/) });
    expect(await readiness(url)).toMatch(/^503 /);
    server.child.kill('SIGKILL');
    await server.closed;
    const ids = new Set(await storedIds(data));
    expect(stored.filter((id) => !ids.has(id))).toEqual([]);
  });
});
