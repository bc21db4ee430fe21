import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { asof, folder, serve } from './asof-process.ts';

interface Report {
  readonly counts: readonly { kind: string; before: number | null; erased: number; after: number | null }[];
  readonly amount: { readonly before: string; readonly erased: string; readonly after: string };
  readonly firstSequence: number | null;
  readonly backups: readonly { target: string; id: string; sequence: number }[];
}

const person = 'canary-7f3a';
const other = 'someone-else';

/** What must be in no file afterwards. */
const canaries = [
  person,
  'Zaphodine',
  'Quuxbury',
  '98765.4321',
  '203.0.113.77',
  'tx-canary',
  'ev-canary',
  'grudge',
  'wrongly',
];

const purchases = [
  'click_id,user_id,created_at,product_id,product_price,ip',
  `tx-canary-1,${person},2020-06-02,p,98765.4321,203.0.113.77`,
  `tx-other-1,${other},2020-06-02,p,12.5,10.0.0.1`,
  `tx-canary-2,${person},wrongly,p,98765.4321,203.0.113.77`,
  `tx-other-2,${other},never,p,98765.43,10.0.0.1`,
];

const event = (userId: string, id: string) => ({
  ...{ event_id: id, user_id: userId, account_type: 'free', date: '2023-05-01' },
  ...{ event_type: null, order_value: 1, version: 'A' },
});

/** A data folder with records of every kind of two users, who share one of two images. */
const filled = async () => {
  const root = await folder();
  const [data, source] = [join(root, 'data'), join(root, `source_data`)];
  await mkdir(source);
  await writeFile(join(source, `${person}.csv`), userCsv('Zaphodine', 'Quuxbury', Date.UTC(1980, 0, 1)));
  await writeFile(join(source, `${person}.png`), png(2, 2, 1));
  await writeFile(join(source, `${other}.csv`), userCsv('Some', 'One', Date.UTC(1990, 0, 1)));
  await writeFile(join(source, `${other}.png`), png(2, 2, 2));
  const sync = () => asof(['sync', '--data', data, '--source', source]);
  expect(await sync()).toMatchObject({ code: 0 });
  // Now both have the second image, and only the person had the first one.
  await writeFile(join(source, `${person}.png`), png(2, 2, 2));
  expect(await sync()).toMatchObject({ code: 0 });
  const opened = await openApp({ data });
  await opened.importFile('user-status', {
    name: 'status.csv',
    text: `user_id,created_at,status\n${other},2020-06-01,paying\n${person},2020-06-02,paying\n${person},2020-06-03,grudge`,
  });
  await opened.importFile('users', { name: 'users.csv', text: `user_id,country\n${person},SE\n${other},DE` });
  await opened.importFile('transactions', { name: `purchases of ${person}.csv`, text: purchases.join('\n') });
  await opened.importFile('excluded-users', {
    name: 'excluded.csv',
    text: `user_id,reason\n${person},grudge\nbot-1,same device as ${person}`,
  });
  for (const [key, events] of [
    ['k1', [event(person, 'ev-canary'), event(other, 'ev-other')]],
    ['k2', [event(person, 'ev-other')]],
    [`of ${person}`, [event(other, 'ev-other-2')]],
  ] as const) {
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': key };
    const body = events.map((each) => `${JSON.stringify(each)}\n`).join('');
    await (await opened.get('/events', { method: 'POST', headers, body })).text();
  }
  await opened.close();
  return { root, data, source };
};

const othersDocument = `{
  user(userId: "${other}") {
    firstName country hasImage image { sha256 } status(at: "2020-06-04") { status }
    statusChanges { nodes { id status } } transactions { totalCount nodes { id transactionId amount ip } }
  }
  excludedUsers { totalCount }
  imports { nodes { id read accepted unchanged conflicts rejected } }
  erased: user(userId: "${person}") { firstName country hasImage statusChanges { totalCount } transactions { totalCount } }
}`;

const answersOf = async (data: string) => {
  const opened = await openApp({ data });
  const { data: answer, errors } = await opened.query(othersDocument);
  expect(errors).toBeUndefined();
  await opened.close();
  return answer as Record<string, unknown>;
};

/** The canaries that are in a file of a folder, with the file. */
const canariesIn = async (root: string): Promise<string[]> => {
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const bytes = entry.isFile() ? await readFile(path) : Buffer.alloc(0);
    for (const canary of canaries)
      if (bytes.includes(canary) || entry.name.includes(canary)) found.push(`${canary} in ${path}`);
  }
  return found;
};

const erase = async (data: string, ...options: string[]): Promise<Report> => {
  const { code, stdout, stderr } = await asof(['erase', '--user', person, '--data', data, '--json', ...options]);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Report;
};

it('asof erase leaves nothing of a person in any file, a sound store, and the answers about others', async () => {
  const { data, source } = await filled();
  const before = await answersOf(data);
  expect(before.erased).toMatchObject({ firstName: 'Zaphodine', transactions: { totalCount: 1 } });
  const images = (await readdir(join(data, 'images'), { recursive: true })).filter((name) => name.length > 40);
  expect(images).toHaveLength(2);
  expect(await canariesIn(data)).not.toEqual([]);

  const report = await erase(data, '--yes');
  expect(report.amount).toEqual({ before: '98777.9321', erased: '98765.4321', after: '12.5' });
  const countOf = (kind: string) => report.counts.find((each) => each.kind === kind);
  expect(countOf('transactions')).toEqual({ kind: 'transactions', before: 2, erased: 1, after: 1 });
  expect(countOf('images')).toEqual({ kind: 'images', before: 2, erased: 1, after: 1 });
  expect(countOf('rejected records')?.erased).toBeGreaterThan(1);
  expect(countOf('reasons of exclusions')).toMatchObject({ erased: 1, after: null });
  expect(report.firstSequence).toBeGreaterThan(0);

  expect(await canariesIn(data)).toEqual([]);
  expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sound: /) });
  expect((await readdir(join(data, 'images'), { recursive: true })).filter((name) => name.length > 40)).toHaveLength(1);
  const { erased, ...others } = await answersOf(data);
  expect({ ...others, excludedUsers: null }).toEqual({ ...before, erased: undefined, excludedUsers: null });
  expect(others.excludedUsers).toEqual({ totalCount: 1 });
  expect(erased ?? null).toBeNull();

  // The rejects of others are as they were.
  const rejects = (await asof(['rejects', 'list', '--data', data])).stdout;
  expect(rejects).toContain('never');

  expect(await erase(data, '--yes')).toMatchObject({ firstSequence: null, amount: { erased: '0' } });
  const again = await asof(['erase', '--user', person, '--data', data]);
  expect(again).toMatchObject({ code: 0, stdout: `nothing of ${person} is left\n` });

  // The same id may come back.
  expect(await asof(['sync', '--data', data, '--source', source])).toMatchObject({ code: 0 });
  expect((await answersOf(data)).erased).toMatchObject({ firstName: 'Zaphodine', hasImage: true });
  expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
  expect((await erase(data, '--yes')).firstSequence).toBeGreaterThan(report.firstSequence ?? 0);
  expect(await canariesIn(data)).toEqual([]);
  expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
});

it('asof erase needs a confirmation and a folder that nobody else has open, and then changes nothing', async () => {
  const { data } = await filled();
  const before = await answersOf(data);
  const unconfirmed = await asof(['erase', '--user', person, '--data', data]);
  expect(unconfirmed).toMatchObject({ code: 3, stdout: '' });
  expect(unconfirmed.stderr).toContain('transactions: 1 of 2, 1 left');
  expect(unconfirmed.stderr).toContain('nothing was erased, because it was not confirmed: --yes');
  const server = await serve(['--data', data]);
  const refused = await asof(['erase', '--user', person, '--data', data, '--yes']);
  expect(refused).toMatchObject({ code: 3, stdout: '' });
  expect(refused.stderr).toContain('another process has the data folder open: stop its server');
  expect(await server.stop()).toBe(0);
  expect(await answersOf(data)).toEqual(before);
  expect(await asof(['erase', '--data', data])).toMatchObject({ code: 2, stderr: expect.stringContaining('--user') });
  const missing = join(data, 'missing');
  expect(await asof(['erase', '--user', person, '--data', missing])).toMatchObject({ code: 3 });
  expect(existsSync(missing)).toBe(false);
});

it('asof erase removes rows of datasets alone, and names the backups that have their versions', async () => {
  const root = await folder();
  const [data, out] = [join(root, 'data'), join(root, 'backups')];
  const csv = join(root, 'calls.csv');
  const backUp = async () => JSON.parse((await asof(['backup', '--data', data, '--out', out, '--json'])).stdout).id;
  await writeFile(csv, 'phone,note\n+49 30 1,first\n+49 30 2,second\n');
  const opened = await openApp({ data });
  await opened.importFile('user-status', {
    name: 's.csv',
    text: `user_id,created_at,status\n${other},2020-01-01,paying`,
  });
  await opened.close();
  await backUp();
  expect(await asof(['import', 'dataset', 'calls', csv, '--data', data])).toMatchObject({ code: 0 });
  const id = await backUp();
  const command = ['erase', '--dataset', 'calls.phone=+49 30 1', '--data', data, '--backups', out, '--json'];
  const unconfirmed = await asof(command);
  expect(unconfirmed).toMatchObject({ code: 3, stderr: expect.stringContaining('dataset calls: 1 of 2, 1 left') });
  const { stdout, stderr } = await asof([...command, '--yes']);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    ...{ user: null, counts: [], firstSequence: null, amount: { before: '0', erased: '0', after: '0' } },
    rows: [{ dataset: 'calls', version: 1, before: 2, erased: 1, after: 1 }],
    backups: [expect.objectContaining({ id })],
  });
  expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
  expect((await asof(['datasets', 'export', 'calls', '--data', data])).stdout).toBe(
    'phone,note\r\n+49 30 2,second\r\n',
  );
  const again = await asof(['erase', '--dataset', 'calls.phone=+49 30 1', '--data', data]);
  expect(again).toMatchObject({ code: 0, stdout: 'nothing of calls.phone=+49 30 1 is left\n' });
  const unknown = await asof(['erase', '--dataset', 'calls.fax=1', '--data', data]);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('of a dataset that exists') });
});

it('asof erase names the backups that still have records of the person, and a restored one can be cut', async () => {
  const { root, data } = await filled();
  const [old, out, restored] = ['old', 'backups', 'restored'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  const backUp = (from: string) => asof(['backup', '--data', from, '--out', out, '--json']);
  await cp(data, old, { recursive: true });
  const { id, sequence } = JSON.parse((await backUp(data)).stdout) as { id: string; sequence: number };
  const { backups, firstSequence } = await erase(data, '--yes', '--backups', out);
  expect(backups).toMatchObject([{ target: out, id, sequence }]);
  expect(await backUp(data)).toMatchObject({ code: 0 });
  const cut = ['restore', '--from', out, '--data', restored, '--sequence', String(sequence - 2), '--backup', 'newest'];
  expect(await asof(cut)).toMatchObject({ code: 0 });
  expect(await asof(['verify', '--data', restored])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('sound'),
  });
  expect(await canariesIn(restored)).toEqual([]);
  expect(firstSequence).toBeLessThan(sequence);
});
