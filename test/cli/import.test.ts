import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { experimentEvents } from '../../db/tables/index.ts';
import { openApp } from '../support/app.ts';
import { asof, asofProcess, folder, serve, startAsof } from './asof-process.ts';

const changes = [
  { user_id: 'u-1', created_at: '2025-03-01T10:00:00', status: 'cancelled' },
  { user_id: 'u-1', created_at: '2025-01-01T10:00:00', status: 'paying' },
];

const written = async (content: unknown, name = 'file.json') => {
  const data = await folder();
  const path = join(data, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return { data: join(data, 'store'), path };
};

const reportOf = (stdout: string) => JSON.parse(stdout) as { imports: Record<string, unknown>[]; dryRun: boolean };

describe('asof import', () => {
  it('imports a file once, however often the command runs', async () => {
    const { data, path } = await written(changes);
    const first = await asof(['import', 'user-status', path, '--data', data]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toBe(`${path}: 2 read = 2 stored, 0 duplicates, 0 conflicts, 0 rejected\n`);
    const again = await asof(['import', 'user-status', path, '--data', data, '--json']);
    expect(again.code).toBe(0);
    expect(reportOf(again.stdout)).toEqual({
      target: 'user-status',
      dryRun: false,
      imports: [
        {
          id: 2,
          file: path,
          state: 'SUCCEEDED',
          read: 2,
          stored: 0,
          duplicates: 2,
          conflicts: 0,
          rejected: 0,
          failure: null,
          dialect: null,
          rejects: [],
        },
      ],
    });
    expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: 'sound: 2 records\n' });
  });

  it('prints the line and the reason of a reject and imports the other records', async () => {
    const text = '{"user_id": "u-1", "created_at": "soon", "status": "paying"}\n'.concat(
      changes.map((change) => JSON.stringify(change)).join('\n'),
    );
    const { data, path } = await written(text);
    const { code, stdout } = await asof(['import', 'user-status', path, '--data', data]);
    expect(code).toBe(1);
    expect(stdout).toContain('3 read = 2 stored, 0 duplicates, 0 conflicts, 1 rejected');
    expect(stdout).toMatch(/line 1: created_at must be a date and time .*not "soon"/);
  });

  it('counts a transaction with a known id and other content as a conflict', async () => {
    const purchase = { click_id: 1, created_at: '2025-01-01', product_id: 7, product_price: 19.9, user_id: 'u-1' };
    const { data, path } = await written([purchase, { ...purchase, product_price: 20 }, purchase]);
    const { code, stdout } = await asof(['import', 'transactions', path, '--data', data, '--json']);
    expect(code).toBe(1);
    expect(reportOf(stdout).imports).toMatchObject([
      { read: 3, stored: 1, duplicates: 1, conflicts: 1, rejected: 0, rejects: [{ line: 1 }] },
    ]);
  });

  it('prints why a whole file failed and imports the next one', async () => {
    const { data, path } = await written(changes);
    const page = join(`${path}.html`);
    await writeFile(page, '<!doctype html>');
    const { code, stdout } = await asof(['import', 'user-status', page, path, '--data', data, '--json']);
    expect(code).toBe(1);
    expect(reportOf(stdout).imports).toMatchObject([
      { file: page, state: 'FAILED', read: 0, failure: { code: 'NOT_A_TABLE' } },
      { file: path, state: 'SUCCEEDED', stored: 2, failure: null },
    ]);
  });

  it('maps words to statuses only with --map-status', async () => {
    const { data, path } = await written([{ user_id: 'u-1', created_at: '2025-01-01', status: 'completed' }]);
    expect(await asof(['import', 'user-status', path, '--data', data])).toMatchObject({ code: 1 });
    const mapping = ['--map-status', 'completed=cancelled', '--map-status', 'active=paying'];
    expect(await asof(['import', 'user-status', path, '--data', data, ...mapping])).toMatchObject({ code: 0 });
    const status = await asof(['status', 'u-1', '2025-01-01', '--data', data]);
    expect(status).toMatchObject({ code: 0, stdout: 'cancelled\n' });
    expect(await asof(['import', 'user-status', path, '--map-status', 'completed=gone'])).toMatchObject({ code: 2 });
    expect(await asof(['import', 'transactions', path, ...mapping])).toMatchObject({ code: 2 });
  });

  it('makes one table of several files of ranges', async () => {
    const { data, path } = await written({ Berlin: [{ start: '10.0.0.0', end: '10.0.255.255' }] });
    const csv = join(`${path}.csv`);
    await writeFile(csv, 'cidr,city\n2001:db8::/32,Oslo\n');
    const { code, stdout } = await asof(['import', 'ip-ranges', path, csv, '--data', data]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    const city = await asof(['city', '10.0.1.2', '2001:db8::1', '--data', data]);
    expect(city.stdout).toBe('10.0.1.2\tBerlin\n2001:db8::1\tOslo\n');
  });

  it('imports users, where the later row wins, and adds nothing when they are imported again', async () => {
    const user = (country: string) => ({ user_id: 'u-1', country, gender: 'f' });
    const { data, path } = await written([user('SE'), user('NO'), { user_id: 'u-2' }, { country: 'SE' }]);
    const first = await asof(['import', 'users', path, '--data', data]);
    expect(first.code).toBe(1);
    expect(first.stdout).toContain('4 read = 3 stored, 0 duplicates, 0 conflicts, 1 rejected\n  line 1: user_id');
    const again = await asof(['import', 'users', path, '--data', data, '--json']);
    expect(reportOf(again.stdout)).toMatchObject({ imports: [{ read: 4, stored: 0, duplicates: 3, rejected: 1 }] });
    const csv = join(`${path}.csv`);
    await writeFile(csv, 'user_id,country,gender\nu-1,NO,f\nu-2,DK,\n');
    const more = await asof(['import', 'users', csv, '--data', data, '--json']);
    expect(reportOf(more.stdout)).toMatchObject({ imports: [{ stored: 1, duplicates: 1 }] });
    expect(await asof(['verify', '--data', data])).toMatchObject({ stdout: 'sound: 4 records\n' });
  });

  it('imports events: equal events without an id all count, and none when the file is imported again', async () => {
    const event = {
      user_id: 'u-1',
      account_type: 'free',
      date: '2025-01-01T10:00:00',
      event_type: null,
      order_value: null,
      version: 'a',
    };
    const known = { ...event, event_id: 'e-1' };
    const { data, path } = await written([event, event, known, known, { ...known, version: 'b' }]);
    const first = await asof(['import', 'events', path, '--data', data]);
    expect(first.code).toBe(1);
    expect(first.stdout).toContain('5 read = 3 stored, 1 duplicates, 1 conflicts, 0 rejected');
    const again = await asof(['import', 'events', path, '--data', data, '--json']);
    expect(reportOf(again.stdout).imports).toMatchObject([{ stored: 0 }]);
    const lines = join(`${path}.jsonl`);
    await writeFile(lines, [known, { ...event, order_value: 9.5 }].map((each) => JSON.stringify(each)).join('\n'));
    const more = await asof(['import', 'events', lines, '--data', data, '--json']);
    expect(reportOf(more.stdout)).toMatchObject({ imports: [{ stored: 1, duplicates: 1 }] });
    expect(await asof(['verify', '--data', data])).toMatchObject({ stdout: 'sound: 4 records\n' });
  });

  it('continues where a killed process stopped, and two processes at once import a file once', async () => {
    const event = {
      user_id: 'u',
      account_type: 'free',
      date: '2020-01-01',
      event_type: null,
      order_value: null,
      version: 'a',
    };
    const { data, path } = await written(`${JSON.stringify(event)}\n`.repeat(20_000), 'events.jsonl');
    const { app, close } = await openApp({ data });
    onTestFinished(close);
    const stored = () => app.store.count(experimentEvents);
    const args = ['import', 'events', path, '--data', data, '--json'];
    // Many transactions, so that it has not ended when the first is seen, however busy the machine is.
    const killed = startAsof(args, { ASOF_BATCH_RECORDS: '20' });
    while (stored() === 0) await delay(1);
    killed.child.kill('SIGKILL');
    await killed.closed;
    const before = stored();
    expect(before).toBeLessThan(20_000);
    const ends = await Promise.all([asofProcess(args), asofProcess(args)]);
    const accounts = ends.map(({ stdout }) => reportOf(stdout).imports[0] as { stored: number; duplicates: number });
    accounts.sort((a, b) => b.stored - a.stored);
    expect(accounts).toMatchObject([
      { state: 'SUCCEEDED', read: 20_000, stored: 20_000 - before, duplicates: before },
      { state: 'SUCCEEDED', read: 20_000, stored: 0, duplicates: 20_000 },
    ]);
    expect(stored()).toBe(20_000);
  });

  it('stores nothing in a dry run and creates no data folder', async () => {
    const { data, path } = await written(changes);
    const onNothing = await asof(['import', 'user-status', path, '--dry-run', '--data', data, '--json']);
    expect(onNothing.code).toBe(0);
    expect(reportOf(onNothing.stdout)).toMatchObject({ dryRun: true, imports: [{ id: null, read: 2, stored: 2 }] });
    expect(existsSync(data)).toBe(false);
    await asof(['import', 'user-status', path, '--data', data]);
    const onStore = await asof(['import', 'user-status', path, '--dry-run', '--data', data, '--json']);
    expect(reportOf(onStore.stdout)).toMatchObject({ imports: [{ stored: 0, duplicates: 2 }] });
    expect(await asof(['verify', '--data', data])).toMatchObject({ stdout: 'sound: 2 records\n' });
  });

  it('shows in a dry run what is read from each column, the first records and the first rejects', async () => {
    const text = 'user_id;created_at;status;note\nu-1;31.12.2024;done;x\nu-1;bald;done;\n';
    const { data, path } = await written(text, 'changes.csv');
    const args = ['import', 'user-status', path, '--map-status', 'done=cancelled', '--dry-run', '--data', data];
    const json = await asof([...args, '--json']);
    expect(json.code).toBe(1);
    expect(reportOf(json.stdout).imports).toMatchObject([
      {
        ...{ id: null, read: 2, stored: 1, rejected: 1, dialect: { delimiter: ';' } },
        rejects: [{ line: 3, raw: 'u-1;bald;done;', problems: [{ path: 'created_at' }] }],
        preview: {
          columns: [
            { name: 'user_id', fields: ['user_id'], examples: ['u-1'] },
            { name: 'created_at', fields: ['created_at'], examples: ['31.12.2024', 'bald'] },
            { name: 'status', fields: ['status'], examples: ['done'] },
            { name: 'note', fields: [], examples: ['x'] },
          ],
          fields: ['user_id', 'created_at', 'status'],
          rows: [{ line: 2, record: { user_id: 'u-1', created_at: '2024-12-31T00:00:00Z', status: 'cancelled' } }],
        },
      },
    ]);
    const { stdout } = await asof(args);
    expect(stdout).toContain('  "status": status, e.g. "done"\n  "note": ignored, e.g. "x"\n');
    expect(existsSync(data)).toBe(false);
  });

  it('shows in a dry run of ip-ranges each file of the table, and leaves the current one', async () => {
    const { data, path } = await written('start,end,city\n10.0.0.0,10.0.0.9,Rome\n', 'v4.csv');
    await asof(['import', 'ip-ranges', path, '--data', data]);
    const other = `${path}.json`;
    await writeFile(other, JSON.stringify({ Oslo: [{ start: '10.0.0.0', end: '10.0.0.5' }] }));
    await writeFile(path, 'network,city\n2001:db8::/32,Bern\nx,Bern\n');
    const args = ['import', 'ip-ranges', path, other, '--dry-run', '--data', data, '--json'];
    expect(reportOf((await asof(args)).stdout).imports).toMatchObject([
      {
        ...{ id: null, read: 2, stored: 1, rejected: 1, rejects: [{ line: 3, raw: 'x,Bern' }] },
        preview: {
          columns: [{ fields: ['start', 'end'] }, { fields: ['city'] }],
          rows: [{ line: 2, record: { start: '2001:db8::', city: 'Bern' } }],
        },
      },
      { id: null, read: 1, stored: 1, rejects: [], preview: { rows: [{ record: { end: '10.0.0.5', city: 'Oslo' } }] } },
    ]);
    expect((await asof(['city', '10.0.0.1', '--data', data])).stdout).toContain('Rome');
  });

  it('updates a server that runs on the same data folder', async () => {
    const { data, path } = await written(changes);
    const server = await serve(['--data', data, '--empty']);
    const statusAt = async (): Promise<unknown> =>
      (await fetch(`${server.url}/user_status/u-1?date=2025-02-01`)).json();
    expect(await statusAt()).toEqual({ user_status: 'non-paying' });
    expect(await asof(['import', 'user-status', path, '--data', data])).toMatchObject({ code: 0 });
    await expect.poll(statusAt).toEqual({ user_status: 'paying' });
    expect(await server.stop()).toBe(0);
  });
});
