import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { countedS3, hasS3, openBucket } from '../support/s3.ts';
import { rawConnection } from '../support/store.ts';
import { asof, folder, serve } from './asof-process.ts';

const person = 'canary-7f3a';

const purchases = (from: number, count: number): string =>
  [
    'click_id,user_id,created_at,product_id,product_price,ip',
    ...Array.from({ length: count }, (_, index) => {
      const user = (from + index) % 5 === 0 ? person : `u${(from + index) % 7}`;
      return `t${from + index},${user},2020-06-0${1 + (index % 9)},p,${from + index}.5,10.0.0.${index % 9}`;
    }),
  ].join('\n');

const changes = Array.from({ length: 20 }, (_, index) => ({
  ...{ user_id: index % 4 === 0 ? person : `u${index % 7}`, created_at: `2020-05-${10 + index}T00:00:00Z` },
  status: ['paying', 'cancelled'][index % 2],
}));

/** A data folder with 60 transactions and 20 status changes, of a person and others. */
const filled = async () => {
  const root = await folder();
  const data = join(root, 'data');
  const opened = await openApp({ data });
  const importText = async (target: string, name: string, text: string): Promise<void> => {
    expect(await opened.importFile(target, { name, text })).toMatchObject({ state: 'SUCCEEDED' });
  };
  await importText('transactions', 'one.csv', purchases(0, 40));
  await importText('user-status', 'changes.json', JSON.stringify(changes));
  await importText('transactions', 'two.csv', purchases(40, 20));
  await opened.close();
  return { root, data, to: join(root, 'archive') };
};

const question = `{
  transactions(first: 100) { totalCount nodes { transactionId amount user { id } provenance { sequence line } } }
  enrichedAggregate(groupBy: [USER_STATUS, USER]) { nodes { key { userStatus userId } measures { count sum } } }
  user(userId: "${person}") { statusChanges { totalCount nodes { status provenance { sequence } } } }
}`;

const answersOf = async (data: string): Promise<string> => {
  const opened = await openApp({ data, settings: { indexFileRecords: '0', indexFileStopRecords: '0' } });
  try {
    return JSON.stringify(await opened.query(question));
  } finally {
    await opened.close();
  }
};

const archive = (data: string, to: string, before: number, ...more: string[]) =>
  asof(['ledger', 'archive', '--data', data, '--to', to, '--before', String(before), ...more], '', {
    ASOF_SEGMENT_RECORDS: '25',
  });

interface Listed {
  readonly segments: readonly {
    readonly name: string;
    readonly records: number;
    readonly lastSequence: number;
    readonly problem: string | null;
  }[];
}

const listed = async (data: string): Promise<Listed> =>
  JSON.parse((await asof(['ledger', 'segments', '--data', data, '--check', '--json'])).stdout) as Listed;

describe('asof ledger', () => {
  it('moves records to files, says so, and gives the same answers afterwards', async () => {
    const { data, to } = await filled();
    const before = await answersOf(data);
    const planned = await archive(data, to, 71, '--dry-run');
    expect(planned.stdout).toBe(
      'records 1 to 25: 25 of them\nrecords 26 to 50: 25 of them\nrecords 51 to 60: 10 of them\nwould archive 3 segments\n',
    );
    const done = await archive(data, to, 71);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/archived 3 segments, removed 60 records from the store\n$/);
    expect((await readdir(to)).filter((name) => name.endsWith('.parquet'))).toHaveLength(3);
    const client = rawConnection(data);
    const count = (table: string) => client.prepare(`select count(*) from ${table}`).pluck().get();
    expect([count('transactions'), count('status_changes'), count('archived_keys')]).toEqual([20, 0, 80]);
    client.close();
    expect(await answersOf(data)).toBe(before);
    expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: 'sound: 80 records\n' });
    expect((await listed(data)).segments.map(({ problem }) => problem)).toEqual([null, null, null]);
    const again = await archive(data, to, 1000, '--compact', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({
      segments: [{ firstSequence: 61, lastSequence: 80 }],
      removed: 20,
    });
    expect(await answersOf(data)).toBe(before);
  });

  it('recognizes archived records that are sent again, and those with the same key and other values', async () => {
    const { data, to } = await filled();
    await archive(data, to, 1000);
    const opened = await openApp({ data });
    const text = `${purchases(0, 3)}\nt3,u3,2020-06-04,p,999.5,10.0.0.3\nt-new,u3,2020-06-04,p,999.5,10.0.0.3`;
    const done = await opened.importFile('transactions', { name: 'again.csv', text });
    expect(done).toMatchObject({ accepted: 1, unchanged: 3, conflicts: 1 });
    await opened.close();
    expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: 'sound: 81 records\n' });
  });

  it.each([
    ['missing', (path: string) => rm(path), 'is missing'],
    [
      'cut',
      async (path: string) => writeFile(path, (await readFile(path)).subarray(0, 900)),
      'has 900 bytes instead of',
    ],
    [
      'changed by a bit',
      async (path: string) => {
        const content = await readFile(path);
        content[500] = (content[500] ?? 0) ^ 4;
        await writeFile(path, content);
      },
      'has other content than when it was written',
    ],
  ])('names a segment that is %s, and answers nothing wrong', async (_what, spoil, message) => {
    const { data, to } = await filled();
    await archive(data, to, 71);
    const [, second] = (await listed(data)).segments;
    const name = second?.name ?? expect.fail('no segment');
    const running = await openApp({ data });
    await spoil(join(to, name));
    const { data: found, errors } = await running.query('{ transactions(first: 60) { nodes { transactionId } } }');
    expect(found?.transactions ?? null).toBeNull();
    expect(errors?.[0]?.message).toContain(name);
    // What needs no archived record goes on.
    const text = purchases(100, 5);
    expect(await running.importFile('transactions', { name: 'new.csv', text })).toMatchObject({ accepted: 5 });
    await running.close();
    const verified = await asof(['verify', '--data', data]);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain(`${name} of ${to} (records 26 to 50) ${message}`);
    expect((await listed(data)).segments.map(({ problem }) => problem !== null)).toEqual([false, true, false]);
    expect((await asof(['ledger', 'segments', '--data', data, '--check'])).code).toBe(1);
  });

  it('ends a command that finds its only segment changed with an error, not by a crash', async () => {
    const { root, data, to } = await filled();
    await archive(data, to, 1000);
    const name = (await listed(data)).segments[0]?.name ?? expect.fail('no segment');
    const again = join(root, 'again.csv');
    await writeFile(again, purchases(0, 3));
    await writeFile(join(to, name), 'changed');
    for (const command of [
      ['ledger', 'segments', '--data', data, '--check'],
      ['import', 'transactions', again, '--data', data],
    ]) {
      const { code, stdout, stderr } = await asof(command);
      expect([code, stdout + stderr]).toEqual([1, expect.stringContaining(name)]);
    }
  });

  it('refuses the segment of another ledger under the name of its own', async () => {
    const [one, other] = [await filled(), await filled()];
    await archive(one.data, one.to, 71);
    await archive(other.data, other.to, 71);
    const names = [await listed(one.data), await listed(other.data)].map(({ segments }) => segments[0]?.name ?? '');
    expect(names[0]).not.toBe(names[1]);
    await cp(join(other.to, names[1] as string), join(one.to, names[0] as string));
    const { segments } = await listed(one.data);
    expect(segments[0]?.problem).toMatch(/has (other content than|\d+ bytes instead of)/);
  });

  it('erases a person from segments, and leaves no file that has some of them', async () => {
    const { root, data, to } = await filled();
    await archive(data, to, 71);
    const old = await readdir(to);
    const done = await asof(['erase', '--user', person, '--data', data, '--yes']);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toContain('transactions: 12 of 60, 48 left');
    expect(done.stdout).toContain('status changes: 5 of 20, 15 left');
    expect((await readdir(to)).filter((name) => name.endsWith('.parquet') && old.includes(name))).toEqual([]);
    expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: 'sound: 80 records\n' });
    expect(await asof(['erase', '--user', person, '--data', data])).toMatchObject({
      stdout: `nothing of ${person} is left\n`,
    });
    expect(await answersOf(data)).not.toContain(`"${person}"}`);
    for (const file of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      expect((await readFile(join(file.parentPath, file.name))).includes(person)).toBe(false);
    }
    const reread = await asof(['ledger', 'segments', '--data', data, '--json']);
    expect((JSON.parse(reread.stdout) as Listed).segments.map(({ records }) => records)).toEqual([20, 19, 8]);
  });

  it('backs segments up and restores them into the data folder', async () => {
    const { root, data, to } = await filled();
    await archive(data, to, 71);
    const before = await answersOf(data);
    const backups = join(root, 'backups');
    expect(await asof(['backup', '--data', data, '--out', backups])).toMatchObject({ code: 0, stderr: '' });
    await rename(to, `${to}-away`);
    const restored = join(root, 'restored');
    expect(await asof(['restore', '--from', backups, '--data', restored])).toMatchObject({ code: 0, stderr: '' });
    expect(await answersOf(restored)).toBe(before);
    expect(await asof(['erase', '--user', person, '--data', restored, '--yes'])).toMatchObject({ code: 0 });
    expect(await asof(['verify', '--data', restored])).toMatchObject({ code: 0 });
    await rename(`${to}-away`, to);
    expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
    const cut = join(root, 'cut');
    expect(await asof(['restore', '--from', backups, '--data', cut, '--sequence', '70'])).toMatchObject({ code: 0 });
    expect(await asof(['verify', '--data', cut])).toMatchObject({ code: 0, stdout: 'sound: 70 records\n' });
    const refused = await asof(['restore', '--from', backups, '--data', join(root, 'early'), '--sequence', '30']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('records up to sequence number 60 are archived');
  });

  it.skipIf(!hasS3)(
    'archives to a bucket, with copies in the data folder that may be removed and fetched',
    async () => {
      const { root, data } = await filled();
      const before = await answersOf(data);
      const bucket = await openBucket();
      const counted = await countedS3();
      const { s3Endpoint = '', s3AccessKeyId = '', s3SecretAccessKey = '' } = counted.settings;
      const env = {
        ...{ ASOF_S3_ENDPOINT: s3Endpoint, ASOF_S3_ACCESS_KEY_ID: s3AccessKeyId },
        ...{ ASOF_S3_SECRET_ACCESS_KEY: s3SecretAccessKey, ASOF_BACKUP_RETRY_MS: '1', ASOF_BACKUP_TRIES: '2' },
      };
      const run = (...args: string[]) => asof([...args, '--data', data], '', env);
      const move = ['ledger', 'archive', '--before', '61', '--to', `s3://${bucket.name}/old`];
      counted.fault = (method) => (method === 'PUT' ? 503 : undefined);
      const failed = await run(...move);
      expect([failed.code, failed.stderr]).toEqual([3, expect.stringContaining('the store answered 503')]);
      expect(await answersOf(data)).toBe(before);
      counted.fault = () => undefined;
      expect(await run(...move)).toMatchObject({ code: 0, stderr: '' });
      const [segment] = (await listed(data)).segments;
      const name = segment?.name ?? expect.fail('no segment');
      expect(await bucket.text(`old/${name}`)).not.toBeNull();
      // The bucket is away, and nothing needs it.
      counted.fault = () => 503;
      expect(await answersOf(data)).toBe(before);
      await rm(join(data, 'segments', name));
      expect((await listed(data)).segments[0]?.problem).toContain('run "asof ledger segments --fetch"');
      expect((await run('ledger', 'segments', '--fetch')).code).toBe(3);
      counted.fault = () => undefined;
      expect(await run('ledger', 'segments', '--fetch', '--check')).toMatchObject({ code: 0, stderr: '' });
      expect(await answersOf(data)).toBe(before);
      expect(await run('backup', '--out', join(root, 'backups'))).toMatchObject({ code: 0, stderr: '' });
      expect(await run('erase', '--user', person, '--yes')).toMatchObject({ code: 0, stderr: '' });
      expect(await bucket.text(`old/${name}`)).toBeNull();
      expect(await readdir(join(data, 'segments'))).toEqual((await listed(data)).segments.map((each) => each.name));
      expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: 'sound: 80 records\n' });
    },
  );

  it('works beside a server, which keeps answering', async () => {
    const { data, to } = await filled();
    const server = await serve(['--data', data]);
    const ask = async (): Promise<string> =>
      (
        await fetch(`${server.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: question }),
        })
      ).text();
    const before = await ask();
    expect(await archive(data, to, 1000)).toMatchObject({ code: 0 });
    expect(await ask()).toBe(before);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('\nasof_archived_sequence 80\n');
    await server.stop();
  });

  it('explains wrong options', async () => {
    const { data, to } = await filled();
    for (const args of [['archive'], ['archive', '--before', '5'], ['segments', '--to', to]])
      expect((await asof(['ledger', ...args, '--data', data])).code).toBe(2);
  });
});
