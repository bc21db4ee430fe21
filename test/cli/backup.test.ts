import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { openApp, origin } from '../support/app.ts';
import { png } from '../support/images.ts';
import { countedS3, hasS3, openBucket } from '../support/s3.ts';
import { snapshotDocument, snapshotPaths } from '../support/snapshot-document.ts';
import { userCsv } from '../support/user-sources.ts';
import { asof, asofProcess, folder, type Server, serve, startAsof } from './asof-process.ts';

interface Result {
  readonly id: string;
  readonly sequence: number;
  readonly files: number;
  readonly bytes: number;
  readonly problems: readonly string[];
  readonly isNew: boolean;
  readonly objects: number;
  readonly newObjects: number;
  readonly newBytes: number;
  readonly repaired: number;
  readonly removedBackups: readonly string[];
  readonly removedObjects: number;
}

const backUpBy =
  (run: (args: readonly string[]) => ReturnType<typeof asofProcess>) =>
  async (data: string, out: string, ...options: string[]): Promise<Result> => {
    const { code, stdout, stderr } = await run(['backup', '--data', data, '--out', out, '--json', ...options]);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as Result;
  };

const backUp = backUpBy(asof);

const restore = (from: string, data: string, ...options: string[]) =>
  asof(['restore', '--from', from, '--data', data, ...options]);

/** Every file below a folder, as relative paths. */
const filesIn = async (root: string): Promise<string[]> => {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
};

/** Records of each kind, a dataset of two versions and a user with an image; the folder is made once for each size. */
const bases = new Map<number, Promise<string>>();

const makeBase = async (records: number): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'asof-test-base-'));
  const lake = join(root, 'source_data');
  await mkdir(lake);
  await writeFile(join(lake, 'a.csv'), userCsv('Ada', 'King', Date.UTC(1980, 0, 1)));
  await writeFile(join(lake, 'a.png'), png(2, 2, 1));
  const opened = await openApp({ data: join(root, 'data'), settings: { userFiles: lake } });
  const { importFile, app } = opened;
  const purchases = Array.from(
    { length: records },
    (_, n) => `t${n},${'abc'[n % 3]},2020-06-0${1 + (n % 5)},p,1.5,10.0.0.${n % 10}`,
  );
  const status = ['user_id,created_at,status', 'a,2020-06-02,paying', 'faulty'];
  await importFile('user-status', { name: 'status.csv', text: status.join('\n') });
  await importFile('ip-ranges', { name: 'ranges.csv', text: 'start,end,city\n10.0.0.0,10.0.0.4,oslo' });
  await importFile('transactions', { name: 'purchases.csv', text: [purchaseHeader, ...purchases].join('\n') });
  for (const count of [1, 2]) {
    const request = { method: 'PUT', body: `name,count\npen,${count}\n`, headers: { 'content-type': 'text/csv' } };
    expect((await app.fetch(new Request(`${origin}/datasets/stock?wait=true`, request))).status).toBe(200);
  }
  await opened.close();
  return root;
};

const purchaseHeader = 'click_id,user_id,created_at,product_id,product_price,ip';

afterAll(async () => {
  for (const base of bases.values()) await rm(await base, { recursive: true, force: true });
});

/** A data folder of its own, and the target of its backups beside it. */
const filled = async (records = 300) => {
  const base = bases.get(records) ?? makeBase(records);
  bases.set(records, base);
  const root = await folder();
  const data = join(root, 'data');
  await cp(join(await base, 'data'), data, { recursive: true });
  return { root, data, out: join(root, 'backups') };
};

/** Records one more change of a status. */
const addChange = async (data: string, userId: string): Promise<void> => {
  const { importFile, close } = await openApp({ data });
  await importFile('user-status', { name: 'more.csv', text: `user_id,created_at,status\n${userId},2020-06-02,paying` });
  await close();
};

type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

/** Requests to a store that this process opens until the end of the test. */
const opener = async (data: string): Promise<Fetch> => {
  const opened = await openApp({ data });
  onTestFinished(opened.close);
  return opened.get;
};

const fetcher =
  ({ url }: Server): Fetch =>
  (path, init) =>
    fetch(url + path, init);

const answersAt = async (get: Fetch, sequence: number): Promise<readonly string[]> => {
  const body = JSON.stringify({ query: snapshotDocument('id'), variables: { asOf: { sequence } } });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const graphql = await (await get('/graphql', { method: 'POST', headers, body })).text();
  expect(graphql).not.toContain('"errors"');
  const rest = snapshotPaths.map(async (path) => (await get(`${path}&sequence=${sequence}`)).text());
  return [graphql, ...(await Promise.all(rest))];
};

it('asof backup leaves a note of the last backup in the data folder', async () => {
  const [data, out] = [await folder(), await folder()];
  const opened = await openApp({ data });
  await opened.importFile('user-status', { name: 's.csv', text: 'user_id,created_at,status\na,2020-01-01,paying' });
  await opened.close();
  await backUp(data, out);
  const again = await openApp({ data });
  onTestFinished(again.close);
  const { data: found } = await again.query('{ server { lastBackup { sequence } } }');
  expect(found).toEqual({ server: { lastBackup: { sequence: 1 } } });
});

it('a backup that is restored answers as the original, and a second one after few changes writes few bytes', async () => {
  const { data, out, root } = await filled(20_000);
  const first = await backUp(data, out);
  expect(first).toMatchObject({ files: 4, problems: [], isNew: true, repaired: 0, newObjects: first.objects });
  expect(await backUp(data, out)).toMatchObject({ id: first.id, isNew: false, newObjects: 0, newBytes: 0 });
  await addChange(data, 'b');
  const second = await backUp(data, out);
  expect(second).toMatchObject({ sequence: first.sequence + 1, isNew: true });
  expect(second.newBytes).toBeLessThan(first.newBytes / 10);

  const listed = JSON.parse((await asof(['backup', 'list', '--from', out, '--json'])).stdout) as Result[];
  expect(listed.map(({ id, sequence }) => [id, sequence])).toEqual(
    [first, second].map(({ id, sequence }) => [id, sequence]),
  );
  const copies = { newest: join(root, 'newest'), earlier: join(root, 'earlier') };
  expect(await restore(out, copies.newest)).toMatchObject({ code: 0, stderr: '' });
  await mkdir(copies.earlier);
  expect(await restore(out, copies.earlier, '--backup', first.id)).toMatchObject({ code: 0, stderr: '' });
  for (const copy of Object.values(copies))
    expect(await asof(['verify', '--data', copy])).toMatchObject({ code: 0, stderr: '' });
  const original = await opener(data);
  const newest = await opener(copies.newest);
  const earlier = await opener(copies.earlier);
  expect(await answersAt(newest, second.sequence)).toEqual(await answersAt(original, second.sequence));
  for (const server of [newest, earlier])
    expect(await answersAt(server, first.sequence)).toEqual(await answersAt(original, first.sequence));
  for (const path of ['/datasets/stock', '/datasets/stock?_version=1', '/images/a.png'])
    expect(Buffer.from(await (await newest(path)).arrayBuffer())).toEqual(
      Buffer.from(await (await original(path)).arrayBuffer()),
    );
});

/** Writes of every kind to a running server, by several processes, until `stop`. */
const load = ({ url }: Server, { data, root }: Awaited<ReturnType<typeof filled>>) => {
  let isOver = false;
  const until = async (work: (round: number) => Promise<unknown>): Promise<void> => {
    for (let round = 0; !isOver; round++) await work(round);
  };
  const put = (name: string, text: string) =>
    fetch(`${url}/datasets/${name}?wait=true`, { method: 'PUT', body: text, headers: { 'content-type': 'text/csv' } });
  const jobs = [
    until((round) =>
      fetch(`${url}/receive_event`, {
        method: 'POST',
        body: JSON.stringify({
          event_id: `e${round}`,
          user_id: 'a',
          account_type: 'free',
          date: '2023-05-01',
          event_type: null,
          order_value: 1,
          version: 'A',
        }),
      }),
    ),
    until(async (round) => {
      const ok = await put(`short-${round}`, `name,count\npen,${round}\n`);
      expect(ok.status).toBe(200);
      await fetch(`${url}/datasets/short-${round}`, { method: 'DELETE' });
    }),
    until((round) => put('replaced', `name,count\npen,${round}\n`)),
    until(async (round) => {
      const lines = Array.from({ length: 500 }, (_, n) => `r${round}-${n},b,2020-06-02,p,2,10.0.0.1`);
      const path = join(root, `load-${round}.csv`);
      await writeFile(path, [purchaseHeader, ...lines, 'faulty line'].join('\n'));
      await asof(['import', 'transactions', path, '--data', data]);
    }),
  ];
  return {
    async stop(): Promise<void> {
      isOver = true;
      await Promise.all(jobs);
    },
  };
};

it('backups made during a load of writes, imports and removed datasets are restored byte for byte', async () => {
  const store = await filled();
  const server = await serve(['--data', store.data]);
  const loading = load(server, store);
  const backups: Result[] = [];
  for (let round = 0; round < 2; round++) {
    await delay(300);
    backups.push(await backUp(store.data, store.out));
  }
  await loading.stop();
  expect(backups.map(({ sequence }) => sequence)).toEqual(
    backups.map(({ sequence }) => sequence).sort((a, b) => a - b),
  );
  for (const { id, sequence } of backups) {
    const copy = join(store.root, id);
    expect(await restore(store.out, copy, '--backup', id)).toMatchObject({ code: 0, stderr: '' });
    expect(await asof(['verify', '--data', copy])).toMatchObject({ code: 0, stderr: '' });
    const restored = await serve(['--data', copy]);
    expect(await answersAt(fetcher(restored), sequence)).toEqual(await answersAt(fetcher(server), sequence));
    await restored.stop();
  }
  expect(await filesIn(join(store.data, 'tmp'))).toEqual([]);
});

it('a backup that is killed leaves nothing that looks like one, and the next one uses its objects', async () => {
  const { data, out, root } = await filled(30_000);
  let killed = 0;
  for (let round = 0; killed < 4 && round < 20; round++) {
    const { child, closed } = startAsof(['backup', '--data', data, '--out', out]);
    // At another point of the backup each time.
    while ((await filesIn(join(out, 'objects'))).length < killed * 4 && child.exitCode === null) await delay(2);
    child.kill('SIGKILL');
    await closed;
    if ((await filesIn(join(out, 'backups'))).length > 0) {
      // It was complete before it could be killed.
      await rm(out, { recursive: true });
      continue;
    }
    killed++;
    expect(JSON.parse((await asof(['backup', 'list', '--from', out, '--json'])).stdout)).toEqual([]);
  }
  expect(killed).toBeGreaterThan(1);
  const before = await filesIn(join(out, 'objects'));
  const result = await backUp(data, out, '--keep', '1');
  expect(result.newObjects).toBe(result.objects - before.length);
  expect(await filesIn(join(out, 'tmp'))).toEqual([]);
  expect(await filesIn(join(out, 'running'))).toEqual([]);
  expect(await filesIn(join(data, 'tmp'))).toEqual([]);
  expect(await restore(out, join(root, 'copy'))).toMatchObject({ code: 0, stderr: '' });
});

it('a restore names every missing and every damaged object with what it belongs to, and restores nothing', async () => {
  const { data, out, root } = await filled();
  await backUp(data, out);
  const objects = (await filesIn(join(out, 'objects'))).map((name) => join(out, 'objects', name));
  const images = await filesIn(join(data, 'images'));
  const image = objects.find((path) => path.endsWith(images[0]?.slice(3) ?? '')) ?? '';
  const pages = objects.filter((path) => path.endsWith('.gz'));
  const versions = objects.filter((path) => !path.endsWith('.gz') && path !== image);
  expect(versions).toHaveLength(2);
  const [cut = '', flipped = ''] = pages;
  await rm(image);
  await writeFile(cut, (await readFile(cut)).subarray(0, 20));
  const bytes = await readFile(flipped);
  // In the check sum: a bit before it may only change how the same content is encoded.
  const flippedAt = bytes.length - 6;
  bytes[flippedAt] = (bytes[flippedAt] ?? 0) ^ 4;
  await writeFile(flipped, bytes);
  await writeFile(versions[0] as string, '');
  const copy = join(root, 'copy');
  const { code, stderr, stdout } = await restore(out, copy);
  expect([code, stdout]).toEqual([3, '']);
  const nameOf = (path: string): string => path.slice(out.length + 1);
  const lines = stderr.trimEnd().split('\n').slice(1);
  expect(lines).toHaveLength(4);
  for (const pattern of [
    `^  image a.png of user a \\(images/.*\\): ${nameOf(image)} is missing$`,
    `^  the ledger \\(asof.sqlite, from byte \\d+\\): ${nameOf(cut)} is damaged$`,
    `^  the ledger \\(asof.sqlite, from byte \\d+\\): ${nameOf(flipped)} is damaged$`,
    `^  version \\d of dataset stock \\(.*\\): ${nameOf(versions[0] as string)} is damaged$`,
  ])
    expect(lines.filter((line) => new RegExp(pattern).test(line))).toHaveLength(1);
  expect((await readdir(root)).filter((name) => name.includes('copy'))).toEqual([]);
  // The next backup of the same state notices and repairs them.
  expect(await backUp(data, out)).toMatchObject({ isNew: false, repaired: 3, newObjects: 1 });
  expect(await restore(out, copy)).toMatchObject({ code: 0, stderr: '' });
});

it('a damaged or cut manifest is listed as damaged and is not restored', async () => {
  const { data, out, root } = await filled();
  const first = await backUp(data, out);
  await addChange(data, 'b');
  const second = await backUp(data, out);
  const manifest = join(out, 'backups', `${second.id}.json.gz`);
  await cp(join(out, 'backups', `${first.id}.json.gz`), manifest);
  const { code, stdout } = await asof(['backup', 'list', '--from', out]);
  expect([code, stdout.trimEnd().split('\n')[1]]).toEqual([1, expect.stringContaining(`${second.id}: damaged`)]);
  const refused = await restore(out, join(root, 'copy'));
  expect([refused.code, refused.stderr]).toEqual([
    3,
    expect.stringContaining('other content than when it was written'),
  ]);
  expect(await restore(out, join(root, 'copy'), '--backup', first.id)).toMatchObject({ code: 0 });
});

it('two backups at once and pruning beside them leave complete backups only', async () => {
  const { data, out, root } = await filled();
  const beside = backUpBy(asofProcess);
  for (let round = 0; round < 3; round++) {
    await addChange(data, `u${round}`);
    await Promise.all([beside(data, out, '--keep', '2'), beside(data, out, '--keep', '2'), beside(data, out)]);
  }
  await addChange(data, 'last');
  // The mark of a backup of another machine that ended long ago, without removing it.
  const stale = 'backup-aaaaaaaaaaaa.1.7f8920c6-770d-4504-8908-6b8891c9c2eb';
  await writeFile(join(out, 'running', stale), '{"atMs":1}');
  const last = await backUp(data, out, '--keep', '1');
  const listed = JSON.parse((await asof(['backup', 'list', '--from', out, '--json'])).stdout) as Result[];
  expect(listed.map(({ id }) => id)).toEqual([last.id]);
  // Nothing is left but what the backup names.
  expect(await filesIn(join(out, 'objects'))).toHaveLength(last.objects);
  expect(await filesIn(join(out, 'running'))).toEqual([]);
  expect(await restore(out, join(root, 'copy'))).toMatchObject({ code: 0, stderr: '' });
});

it('what is missing in the store is named, the rest is backed up, and sound backups are kept', async () => {
  const { data, out, root } = await filled();
  const sound = await backUp(data, out);
  const [image = ''] = await filesIn(join(data, 'images'));
  await rm(join(data, 'images', image));
  await addChange(data, 'b');
  const { code, stderr } = await asof(['backup', '--data', data, '--out', out, '--keep', '1']);
  expect([code, stderr]).toEqual([1, `asof: image a.png of user a: images/${image} is missing\n`]);
  const listed = JSON.parse((await asof(['backup', 'list', '--from', out, '--json'])).stdout) as Result[];
  expect(listed.map(({ id, problems }) => [id, problems.length])).toEqual([
    [sound.id, 0],
    [expect.any(String), 1],
  ]);
  const copy = join(root, 'copy');
  const restored = await restore(out, copy);
  expect([restored.code, restored.stdout]).toEqual([
    1,
    expect.stringContaining(`image a.png of user a: ${join(copy, 'images', image)} is missing`),
  ]);
});

it('what the store of a backup lacks of what it had is named, so that its sound backups are kept', async () => {
  const { data, out, root } = await filled();
  const early = join(root, 'early.sqlite');
  await cp(join(data, 'asof.sqlite'), early);
  await addChange(data, 'b');
  const sound = await backUp(data, out);
  await cp(early, join(data, 'asof.sqlite'));
  const { code, stderr } = await asof(['backup', '--data', data, '--out', out, '--keep', '1']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^asof: the store ends at record \d+, but it had records/)]);
  const listed = JSON.parse((await asof(['backup', 'list', '--from', out, '--json'])).stdout) as Result[];
  expect(listed.map(({ id }) => id)).toContain(sound.id);
});

it('a restore never touches a folder that is not empty', async () => {
  const { data, out, root } = await filled();
  await backUp(data, out);
  const before = await filesIn(data);
  const onStore = await restore(out, data);
  expect([onStore.code, onStore.stderr]).toEqual([3, expect.stringContaining('holds a store')]);
  expect(await filesIn(data)).toEqual(before);
  await writeFile(join(root, 'note.txt'), 'keep');
  const onFolder = await restore(out, root);
  expect([onFolder.code, onFolder.stderr]).toEqual([3, expect.stringContaining('is not empty')]);
  const missing = await restore(join(root, 'nothing'), join(root, 'copy'));
  expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('there is no backup in')]);
});

it('backups that repeat until SIGTERM say each result in one line and write nothing while nothing changes', async () => {
  const { data, out } = await filled();
  const { child, closed, output } = startAsof([
    'backup',
    '--data',
    data,
    '--out',
    out,
    '--every',
    '1s',
    '--keep',
    '2',
    '--json',
  ]);
  const lines = () =>
    output.stdout
      .trimEnd()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Result);
  while (lines().length < 2) await delay(20);
  expect(lines().slice(0, 2)).toMatchObject([{ isNew: true }, { id: lines()[0]?.id, isNew: false }]);
  await addChange(data, 'b');
  while (!lines().some(({ isNew }, index) => index > 0 && isNew)) await delay(20);
  child.kill('SIGTERM');
  expect(await closed).toBe(0);
  expect(output.stderr).toBe('');
  expect(await filesIn(join(out, 'backups'))).toHaveLength(2);
  expect(await filesIn(join(out, 'running'))).toEqual([]);
});

it('a store that an older or newer version has written is not backed up and not changed', async () => {
  const { data, out } = await filled();
  const client = new Database(join(data, 'asof.sqlite'));
  client.exec('update __drizzle_migrations set created_at = created_at + 1000000000000');
  client.close();
  const { code, stderr } = await asof(['backup', '--data', data, '--out', out]);
  expect([code, stderr]).toEqual([3, expect.stringContaining('newer version of asof')]);
});

it('a restore to a sequence number has the earlier records only, from the earliest backup that reaches it', async () => {
  const { data, out, root } = await filled();
  const first = await backUp(data, out);
  await addChange(data, 'late');
  await backUp(data, out);
  const original = await opener(data);
  for (const sequence of [0, 150, first.sequence, first.sequence + 1]) {
    const copy = join(root, `copy-${sequence}`);
    const { code, stdout } = await restore(out, copy, '--sequence', String(sequence), '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ sequence, problems: [] })]);
    expect((JSON.parse(stdout) as { backup: string }).backup === first.id).toBe(sequence <= first.sequence);
    const restored = await opener(copy);
    expect(await answersAt(restored, sequence)).toEqual(await answersAt(original, sequence));
  }
  const beyond = await restore(out, join(root, 'beyond'), '--sequence', String(first.sequence + 2));
  expect([beyond.code, beyond.stderr]).toEqual([3, expect.stringContaining(`the last one is ${first.sequence + 1}`)]);
});

it.skipIf(!hasS3)('a bucket holds backups like a folder, and broken requests are repeated', async () => {
  const { data, root } = await filled();
  const bucket = await openBucket();
  const counted = await countedS3();
  const { s3Endpoint, s3AccessKeyId, s3SecretAccessKey } = counted.settings;
  const env = {
    ASOF_S3_ENDPOINT: s3Endpoint,
    ASOF_S3_ACCESS_KEY_ID: s3AccessKeyId,
    ASOF_S3_SECRET_ACCESS_KEY: s3SecretAccessKey,
    ASOF_BACKUP_RETRY_MS: '1',
  };
  let requests = 0;
  counted.fault = (method) => (method !== 'DELETE' && ++requests % 4 === 0 ? 500 : undefined);
  const out = `s3://${bucket.name}/some/prefix`;
  const options = ['--data', data, '--out', out, '--json', '--keep', '1'];
  const first = JSON.parse((await asof(['backup', ...options], '', env)).stdout) as Result;
  expect(first).toMatchObject({ isNew: true, problems: [], newObjects: first.objects });
  await addChange(data, 'late');
  const second = JSON.parse((await asof(['backup', ...options], '', env)).stdout) as Result;
  expect(second).toMatchObject({ isNew: true, removedBackups: [first.id] });
  expect(second.newObjects).toBeLessThan(second.objects);
  expect(second.removedObjects).toBeGreaterThan(0);
  const copy = join(root, 'copy');
  expect(await asof(['restore', '--from', out, '--data', copy], '', env)).toMatchObject({ code: 0, stderr: '' });
  expect(await answersAt(await opener(copy), second.sequence)).toEqual(
    await answersAt(await opener(data), second.sequence),
  );
  counted.fault = (method) => (method === 'PUT' ? 503 : undefined);
  const failed = await asof(['backup', ...options], '', env);
  expect([failed.code, failed.stderr]).toEqual([3, expect.stringContaining('the store answered 503')]);
});

it('wrong usage is refused', async () => {
  const root = await folder();
  const refused = async (...args: string[]) => (await asof(args)).stderr;
  expect(await refused('backup', '--data', root)).toContain('backup needs --out');
  expect(await refused('backup', '--data', root, '--out', join(root, 'b'))).toContain('is not a data folder of asof');
  expect(await refused('backup', '--data', root, '--out', 's3://x')).toContain('is not a data folder of asof');
  expect(await refused('backup', 'list', '--from', 's3://x')).toContain('s3://bucket/prefix');
  expect(await refused('backup', 'list', '--out', root)).toContain('backup list needs --from');
  expect(await refused('backup', '--out', root, '--every', 'often')).toContain('like 15m, 1h, 1d');
  expect(await refused('backup', '--out', root, '--keep', '0')).toContain('at least 1');
  expect(await refused('restore', '--data', join(root, 'x'))).toContain('restore needs --from');
});
