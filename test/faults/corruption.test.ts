import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { asof, folder, serve } from '../cli/asof-process.ts';
import { openApp } from '../support/app.ts';
import { importCsv } from '../support/datasets.ts';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { createRandom, isLong, seed } from './form.ts';
import { eventText, graphql, json, readiness, send } from './requests.ts';

const editsOfEach = isLong ? 15 : 1;
const random = createRandom(seed);
const below = (count: number): number => Math.floor(random() * count);
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;

const documents = [
  '{ users { totalCount nodes { userId firstName hasImage image { sha256 } statusTimeline { status validFrom } } } }',
  '{ enrichedAggregate(groupBy: [USER_STATUS, CITY]) { nodes { key { userStatus city } measures { count sum } } } }',
  '{ imports(first: 100) { nodes { target state read accepted rejected } } }',
  '{ rejectedRecords(first: 100) { nodes { state raw } } }',
  '{ datasets { nodes { name rowCount } } }',
  '{ experimentEvents(first: 500) { totalCount nodes { eventId } } }',
];

/** What a server answers; null for what it refuses because of damage. */
const answersOf = async (url: string, images: readonly string[]): Promise<(string | null)[]> => {
  const answers: (string | null)[] = [];
  for (const document of documents) {
    const { text } = await graphql(url, document);
    answers.push(text.includes('DATA_DAMAGED') ? null : text);
  }
  for (const path of ['/datasets/songs?_first=500', '/datasets/songs?_first=500&_version=1', ...images]) {
    const response = await fetch(`${url}${path}`);
    const text = Buffer.from(await response.arrayBuffer())
      .toString('latin1')
      .replaceAll(url, '');
    answers.push(response.status === 503 && text.includes('DATA_DAMAGED') ? null : text);
  }
  return answers;
};

/** A data folder with records of many kinds, as a server leaves it that was stopped, or killed. */
const filled = async (isKilled: boolean) => {
  const data = join(await folder(), 'data');
  const source = join(await folder(), 'users');
  mkdirSync(source);
  for (const [index, user] of ['a', 'b', 'c'].entries()) {
    writeFileSync(join(source, `${user}.csv`), userCsv('Ada', 'King', Date.UTC(1980 + index, 0, 1)));
    writeFileSync(join(source, `${user}.png`), png(2 + index, 2, index));
  }
  const opened = await openApp({ data });
  const changes = Array.from({ length: 90 }, (_, row) => `${'abc'[row % 3]},2020-0${1 + (row % 9)}-01,paying`);
  const header = 'user_id,created_at,status';
  await opened.importFile('user-status', { name: 's.csv', text: [header, ...changes, 'x,never,paying'].join('\n') });
  const purchases = Array.from({ length: 90 }, (_, row) => `t${row},${'abc'[row % 3]},2020-06-02,p,${row}.5,10.0.0.1`);
  const columns = 'click_id,user_id,created_at,product_id,product_price,ip';
  await opened.importFile('transactions', { name: 't.csv', text: [columns, ...purchases].join('\n') });
  for (const factor of [1, 2])
    await importCsv(
      opened,
      'songs',
      `id,n\n${Array.from({ length: 200 }, (_, row) => `${row},${row * factor}`).join('\n')}\n`,
    );
  await opened.close();
  expect(await asof(['sync', '--data', data, '--source', source])).toMatchObject({ code: 0 });
  const server = await serve(['--data', data, '--empty']);
  for (let number = 0; number < 20; number++)
    await send(`${server.url}/receive_event`, { headers: json, body: eventText(`e${number}`) });
  const images = filesIn(join(data, 'images')).map((path) => `/images/${path.split('/').at(-1)}.png`);
  const answers = await answersOf(server.url, images);
  expect(answers).not.toContain(null);
  if (isKilled) server.child.kill('SIGKILL');
  else expect(await server.stop()).toBe(0);
  await server.closed;
  return { data, images, answers };
};

const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Changes some bytes of a file, or all of it; says how. */
const editFile = (path: string): string => {
  const size = statSync(path).size;
  const at = below(size);
  const how = pick(['flip', 'flip', 'zero', 'cut', 'delete', 'folder']);
  if (how === 'cut') truncateSync(path, at);
  else if (how === 'delete' || how === 'folder') rmSync(path);
  else {
    const bytes = readFileSync(path);
    if (how === 'flip') bytes[at] = (bytes[at] as number) ^ (1 << below(8));
    else bytes.fill(0, at - (at % 4096), Math.min(size, at - (at % 4096) + 4096));
    writeFileSync(path, bytes);
  }
  if (how === 'folder') mkdirSync(path);
  return `${how} at ${at} of ${path}`;
};

const editCell = (data: string): string => {
  const client = new Database(join(data, 'asof.sqlite'));
  onTestFinished(() => void client.close());
  const names = client.prepare<[], string>("select name from sqlite_master where type = 'table'").pluck().all();
  const hasRows = (name: string) => client.prepare(`select 1 from "${name}" limit 1`).get() !== undefined;
  const table = pick(names.filter((name) => !name.startsWith('sqlite') && hasRows(name)));
  const column = pick(client.pragma(`table_info("${table}")`) as { name: string; type: string }[]);
  const other = /text/i.test(column.type)
    ? `coalesce("${column.name}", '') || 'x'`
    : `coalesce("${column.name}", 0) + 1`;
  const sql = `update or ignore "${table}" set "${column.name}" = ${other} where rowid = (select max(rowid) from "${table}")`;
  client.exec(pick([sql, sql, sql, `delete from "${table}" where rowid = (select max(rowid) from "${table}")`]));
  client.close();
  return sql;
};

const edits: readonly (readonly [isKilled: boolean, edit: (data: string) => string])[] = [
  [false, editCell],
  [false, (data) => editFile(join(data, 'asof.sqlite'))],
  [true, (data) => editFile(join(data, 'asof.sqlite-wal'))],
  [true, (data) => editFile(join(data, 'asof.mark'))],
  [false, (data) => editFile(pick(filesIn(join(data, 'datasets'))))],
  [false, (data) => editFile(pick(filesIn(join(data, 'images'))))],
];

const noStack = expect.not.stringMatching(/^\s+at /m);

/** Edits a copy of a sound folder: a server on it serves nothing wrong, and what it refuses is reported by verify. */
const tryEdit = async (sound: Awaited<ReturnType<typeof filled>>, edit: (data: string) => string): Promise<void> => {
  const data = join(await folder(), 'data');
  cpSync(sound.data, data, { recursive: true });
  const what = { seed, edit: edit(data) };
  const listed = await asof(['verify', '--list', '--json', '--data', data]);
  expect({ ...what, ...listed }).toMatchObject({ ...what, stderr: noStack });
  const server = await serve(['--data', data, '--empty']).catch((error: Error) => error.message);
  if (typeof server === 'string') {
    expect({ ...what, server, isReported: listed.code !== 0 }).toMatchObject({ server: noStack, isReported: true });
    const accepted = await asof(['verify', '--accept-loss', '--list', '--data', data]);
    expect({ ...what, ...accepted }).toMatchObject({ ...what, stderr: noStack });
    return;
  }
  const answers = await answersOf(server.url, sound.images);
  const wrong = answers.filter((answer, index) => answer !== null && answer !== sound.answers[index]);
  expect({ ...what, wrong }).toEqual({ ...what, wrong: [] });
  const isReported = listed.code === 1;
  expect({ ...what, isReported }).toEqual({ ...what, isReported: answers.includes(null) || isReported });
  expect(await readiness(server.url)).toMatch(/^(200 ready|503 DATA_DAMAGED)$/);
  expect(await server.stop()).toBe(0);
};

it('an edit of a row or of any file is reported, and nothing wrong is served', {
  timeout: 120_000 + editsOfEach * edits.length * 60_000,
}, async () => {
  const [stopped, killed] = [await filled(false), await filled(true)];
  // In the short form a few kinds, others with each run.
  const chosen = isLong ? edits : [pick(edits.slice(0, 2)), pick(edits.slice(2, 4)), pick(edits.slice(4))];
  for (const [isKilled, edit] of chosen)
    for (let number = 0; number < editsOfEach; number++) await tryEdit(isKilled ? killed : stopped, edit);
});
