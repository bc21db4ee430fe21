import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { asof, folder, type Server, serve } from '../cli/asof-process.ts';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { isLong } from './form.ts';
import { csvOf, eventLines, eventText, graphql, json, readiness, send } from './requests.ts';

const rounds = isLong ? 20 : 1;

/** Work that is repeated: when it was done once, and when the server is gone. */
interface Repeated {
  readonly answered: Promise<void>;
  readonly done: Promise<void>;
}

/** Repeats some work until the server is gone. */
const untilGone = (work: (number: number) => Promise<unknown>): Repeated => {
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const repeat = async (): Promise<void> => {
    for (let number = 0; ; number++) {
      const result = await work(number).catch(() => null);
      if (result === null) return;
      answer();
    }
  };
  return { answered, done: repeat() };
};

const lines = { 'content-type': 'application/x-ndjson' };
const csv = { 'content-type': 'text/csv' };

/** Keeps a server busy with writes of every kind, those that remove rows included. */
const load = ({ url }: Server, round: number): Repeated[] => [
  ...[0, 1, 2].map((client) =>
    untilGone((n) => send(`${url}/receive_event`, { headers: json, body: eventText(`${round}-${client}-${n}`) })),
  ),
  untilGone((n) => send(`${url}/events`, { headers: lines, body: eventLines(200, `${round}-s${n}-`) })),
  untilGone((n) =>
    send(`${url}/events`, {
      headers: { ...json, 'idempotency-key': `${round}-${n % 20}` },
      body: `[${eventText(`${round}-k${n}`)},{"event_id":7}]`,
    }),
  ),
  untilGone((n) =>
    fetch(`${url}/datasets/kept?wait=1&keep_versions=2`, { method: 'PUT', headers: csv, body: csvOf(50 + n) }),
  ),
  untilGone(async (n) => {
    await fetch(`${url}/datasets/gone${n % 3}?wait=1`, { method: 'PUT', headers: csv, body: `${csvOf(20)}1,2,3\n` });
    await fetch(`${url}/datasets/gone${n % 3}`, { method: 'DELETE' });
  }),
  untilGone((n) =>
    graphql(
      url,
      `mutation { addAlert(input: { url: "http://127.0.0.1:1/${n}", when: IMPORT_FAILED }) {
    __typename } }`,
    ),
  ),
  untilGone(() => graphql(url, 'mutation { startImport(input: { target: USER_FILES, wait: true }) { __typename } }')),
];

/** A folder is sound, also for a server that starts on it. */
const expectSound = async (data: string): Promise<void> => {
  const { code, stdout, stderr } = await asof(['verify', '--list', '--json', '--data', data]);
  expect({ code, stdout: JSON.parse(stdout), stderr }).toMatchObject({ code: 0, stdout: { sound: true }, stderr: '' });
};

/** The file of a store as SQLite's own backup copies it. */
const backUp = async (data: string, to: string): Promise<void> => {
  await mkdir(to);
  const client = new Database(join(data, 'asof.sqlite'), { readonly: true });
  await client.backup(join(to, 'asof.sqlite'));
  client.close();
  for (const name of ['datasets', 'images']) await cp(join(data, name), join(to, name), { recursive: true });
};

it('a healthy store is never called damaged: under load, after kills, and as a copy', {
  timeout: rounds * 120_000,
}, async () => {
  const root = await folder();
  const [data, source, out] = ['data', 'users', 'backups'].map((name) => join(root, name)) as [string, string, string];
  await mkdir(source);
  for (const user of ['a', 'b', 'c']) {
    await writeFile(join(source, `${user}.csv`), userCsv(user, 'King', Date.UTC(1980, 0, 1)));
    await writeFile(join(source, `${user}.png`), png(2, 2, user.charCodeAt(0)));
  }
  const events = join(root, 'events.ndjson');
  await writeFile(events, eventLines(500, 'file'));
  for (let round = 0; round < rounds; round++) {
    const server = await serve(['--data', data, '--empty', '--user-files', source]);
    const busy = load(server, round);
    for (const command of [
      ['verify', '--json'],
      ['verify', '--sample', '0.5', '--json'],
      ['import', 'events', events, '--dry-run', '--json'],
      ['import', 'events', events, '--json'],
      ['datasets', 'list'],
      ['backup', '--out', out],
      ['verify', '--list', '--json'],
    ]) {
      const { code, stdout, stderr } = await asof([...command, '--data', data]);
      const answer = {
        command,
        code,
        text: /DATA_DAMAGED|not as it was|"sound":false|older copy/.exec(stdout + stderr),
      };
      expect({ ...answer, stderr }).toMatchObject({ code: 0, text: null });
    }
    expect(await readiness(server.url)).toBe('200 ready');
    await Promise.all(busy.map((each) => each.answered));
    server.child.kill('SIGKILL');
    await server.closed;
    await Promise.all(busy.map(({ done }) => done));
    expect(server.output.stderr).not.toMatch(/DATA_DAMAGED|not as it was/);
    const copies = ['killed', 'backup', 'restored'].map((name) => join(root, `${round}-${name}`));
    const [killed, backup, restored] = copies as [string, string, string];
    await cp(data, killed, { recursive: true });
    await backUp(data, backup);
    expect(await asof(['restore', '--from', out, '--data', restored])).toMatchObject({ code: 0 });
    for (const each of [data, ...copies]) await expectSound(each);
    for (const each of copies) {
      const again = await serve(['--data', each, '--empty']);
      expect(await readiness(again.url)).toBe('200 ready');
      expect(await again.stop()).toBe(0);
      await expectSound(each);
    }
  }
});
