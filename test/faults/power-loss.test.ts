import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { asof, folder, serve } from '../cli/asof-process.ts';
import { seedSetting } from '../support/seed.ts';
import { createRandom, isLong, seed } from './form.ts';
import { createRecording, Disk, type Recording } from './recording.ts';
import { eventText, graphql, json, send } from './requests.ts';

const count = isLong ? 3000 : 60;
const acknowledgedMin = isLong ? 3000 : 400;
/** Every so many states a command checks the whole folder. */
const verifyEvery = isLong ? 100 : 30;

interface Acknowledged {
  readonly id: string;
  /** The size of the log when the answer had arrived. */
  readonly position: number;
}

const recordEvents = `mutation ($events: [ExperimentEventInput!]!) {
  recordEvents(input: { events: $events }) { ... on RecordEventsPayload { results { outcome } } } }`;

/** Sends events in several ways at once until enough are acknowledged. */
const sendEvents = async (
  url: string,
  recording: Recording,
): Promise<{ acknowledged: Acknowledged[]; sent: Set<string> }> => {
  const acknowledged: Acknowledged[] = [];
  const sent = new Set<string>();
  const note = (ids: readonly string[]): void => {
    const position = recording.position();
    acknowledged.push(...ids.map((id) => ({ id, position })));
  };
  const idsOf = (client: string, number: number, count: number): string[] => {
    const ids = Array.from({ length: count }, (_, index) => `${client}-${number}-${index}`);
    for (const id of ids) sent.add(id);
    return ids;
  };
  const singly = async (client: string): Promise<void> => {
    for (let number = 0; acknowledged.length < acknowledgedMin; number++) {
      const ids = idsOf(client, number, 1);
      const { status } = await send(`${url}/receive_event`, { headers: json, body: eventText(ids[0] as string) });
      if (status === 200) note(ids);
    }
  };
  const inStreams = async (): Promise<void> => {
    for (let number = 0; acknowledged.length < acknowledgedMin; number++) {
      const ids = idsOf('n', number, 20);
      const { text } = await send(`${url}/events`, {
        headers: { 'content-type': 'application/x-ndjson' },
        body: ids.map(eventText).join('\n'),
      });
      if (text.split('"created"').length === ids.length + 1) note(ids);
    }
  };
  const byMutations = async (): Promise<void> => {
    for (let number = 0; acknowledged.length < acknowledgedMin; number++) {
      const ids = idsOf('g', number, 10);
      const events = ids.map((eventId) => ({
        ...{ eventId, userId: '1', accountType: 'free', occurredAt: '2023-05-01', amount: '1.5', variant: 'A' },
      }));
      const { text } = await graphql(url, recordEvents, { events });
      if (text.split('"CREATED"').length === ids.length + 1) note(ids);
    }
  };
  await Promise.all([singly('a'), singly('b'), inStreams(), byMutations()]);
  return { acknowledged, sent };
};

/** A folder in memory where the system has one: states are written, read once and removed. */
const memoryFolder = async (): Promise<string> => {
  if (!existsSync('/dev/shm')) return folder();
  const path = await mkdtemp('/dev/shm/asof-states-');
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
};

/** The event ids that a folder holds after SQLite's own recovery. */
const idsIn = (data: string): string[] => {
  const database = new Database(join(data, 'asof.sqlite'));
  try {
    expect(database.pragma('quick_check', { simple: true })).toBe('ok');
    return database.prepare('select event_id from experiment_events').pluck().all() as string[];
  } finally {
    database.close();
  }
};

/** A program that stores rows one by one, and prints what the recording had then. */
const writerScript = `
  const { statSync } = require('node:fs');
  const client = require('better-sqlite3')(process.env.RECORD_FOLDER + '/asof.sqlite');
  client.pragma('journal_mode = WAL');
  client.pragma('synchronous = ' + process.argv[1]);
  client.exec('create table rows (id integer primary key)');
  const insert = client.prepare('insert into rows values (?)');
  for (let id = 1; id <= 200; id++) {
    insert.run(id);
    console.log(id, statSync(process.env.RECORD_LOG).size);
  }`;

/** How many power losses lose a row that such a program had stored, of 100. */
const lossesOf = async (synchronous: 'OFF' | 'FULL'): Promise<number | null> => {
  const scratch = await folder();
  const data = await folder();
  const recording = createRecording(data, scratch);
  if (!recording) return null;
  const options = { env: { ...process.env, ...recording.environment }, encoding: 'utf8', cwd: process.cwd() } as const;
  const printed = execFileSync(process.execPath, ['-e', writerScript, synchronous], options);
  const stored = printed
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number) as [number, number]);
  const operations = recording.operations();
  const random = createRandom(seed);
  let losses = 0;
  const first = stored[0]?.[1] ?? 0;
  const disk = new Disk();
  const later = operations.filter(({ end }) => end > first);
  for (const operation of operations) {
    disk.add(operation);
    if (operation.end <= first || random() > 100 / later.length) continue;
    const state = join(scratch, 'state');
    await mkdir(state);
    for (const [name, { content }] of disk.afterPowerLoss(random).files) await writeFile(join(state, name), content());
    const expected = stored.filter(([, position]) => position <= operation.end).at(-1)?.[0] ?? 0;
    if (newestRowIn(state) < expected) losses++;
    await rm(state, { recursive: true });
  }
  return losses;
};

/** 0 in a file that is damaged. */
const newestRowIn = (data: string): number => {
  const client = new Database(join(data, 'asof.sqlite'));
  try {
    return Number(client.prepare('select max(id) from rows').pluck().get() ?? 0);
  } catch {
    return 0;
  } finally {
    client.close();
  }
};

it('the replay of power losses notices a program that does not sync', async (context) => {
  const losses = await lossesOf('OFF');
  if (losses === null)
    return context.skip('power losses are replayed from a recording, which needs Linux and a C compiler');
  expect(losses).toBeGreaterThan(5);
  expect(await lossesOf('FULL')).toBe(0);
});

it('a power loss at any moment loses no acknowledged event, and leaves a store that opens', {
  timeout: 1_200_000,
}, async (context) => {
  const data = await folder();
  const scratch = await folder();
  const recording = createRecording(data, scratch);
  if (!recording) return context.skip('power losses are replayed from a recording, which needs Linux and a C compiler');
  process.stdout.write(`power loss: ${seedSetting(seed)}\n`);
  const random = createRandom(seed);
  const server = await serve(['--data', data, '--empty'], 'cli', recording.environment);
  const readyAt = recording.position();
  const { acknowledged, sent } = await sendEvents(server.url, recording);
  server.child.kill('SIGKILL');
  await server.closed;

  const operations = recording.operations();
  const first = operations.findIndex(({ end }) => end > readyAt);
  expect(operations.length - first).toBeGreaterThan(100);
  const moments = Array.from({ length: count }, () => first + Math.floor(random() * (operations.length - first)));
  moments.sort((a, b) => a - b);
  const disk = new Disk();
  // The same state after a later operation is not opened again, only compared with what was acknowledged by then.
  const idsOfStates = new Map<string, string[]>();
  const states = await memoryFolder();
  let done = 0;
  for (const [index, moment] of moments.entries()) {
    for (; done <= moment; done++) disk.add(operations[done] as (typeof operations)[number]);
    const { end } = operations[moment] as (typeof operations)[number];
    const { key, files } = disk.afterPowerLoss(random);
    const known = idsOfStates.get(key);
    const state = join(states, 'state');
    if (!known) {
      await mkdir(state);
      for (const [name, { content }] of files) await writeFile(join(state, name), content());
    }
    const ids = known ?? idsIn(state);
    idsOfStates.set(key, ids);
    const stored = new Set(ids);
    const lost = acknowledged.filter(({ id, position }) => position <= end && !stored.has(id));
    const unknown = ids.filter((id) => !sent.has(id));
    expect({ index, lost, unknown, repeats: ids.length - stored.size }).toEqual({
      index,
      lost: [],
      unknown: [],
      repeats: 0,
    });
    if (known) continue;
    if (idsOfStates.size % verifyEvery === 1)
      expect(await asof(['verify', '--data', state])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('sound'),
      });
    await rm(state, { recursive: true });
  }
  expect(idsOfStates.size).toBeGreaterThan(count / 10);
});
