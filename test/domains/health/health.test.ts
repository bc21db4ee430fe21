import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeBackupNote } from '../../../src/lib/backup-note.ts';
import { fixture, type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';
import { sendEvents } from '../../support/events.ts';
import { dataFolder, rawConnection } from '../../support/store.ts';

const open = async (options: Parameters<typeof openApp>[0] = {}): Promise<OpenApp> => {
  const app = await openApp(options);
  onTestFinished(app.close);
  return app;
};

interface Rate {
  readonly lastMinute: number;
  readonly minutes: readonly { readonly start: string; readonly count: number }[];
}
interface Health {
  readonly ingest: Rate & { readonly byKind: readonly (Rate & { readonly kind: string })[] };
  readonly indexLag: { readonly sequence: number; readonly newestSequence: number; readonly time: string };
  readonly openRejectedRecordCount: number;
  readonly runningImportCount: number;
  readonly memoryBytes: number;
  readonly storeBytes: number;
}

const query = `{ server {
  ingest { lastMinute minutes { start count } byKind { kind lastMinute minutes { start count } } }
  indexLag { sequence newestSequence time } openRejectedRecordCount runningImportCount memoryBytes storeBytes
} }`;

const healthOf = async ({ query: send }: OpenApp): Promise<Health> => {
  const { data, errors } = await send<{ server: Health }>(query);
  expect(errors).toBeUndefined();
  return (data as { server: Health }).server;
};

const sumOf = ({ minutes }: Rate): number => minutes.reduce((sum, { count }) => sum + count, 0);

describe('the health of a server', () => {
  it('of an empty server is all zero, with every kind and 60 minutes', async () => {
    const health = await healthOf(await open());
    expect(health).toMatchObject({
      indexLag: { sequence: 0, newestSequence: 0, time: 'PT0.000000S' },
      openRejectedRecordCount: 0,
      runningImportCount: 0,
    });
    const { ingest } = health;
    expect(ingest.byKind.map(({ kind }) => kind).sort()).toEqual(
      [
        ...['CONVERSATIONS', 'EVENTS', 'EXCLUDED_USERS', 'EXPERIMENTS'],
        ...['IP_RANGES', 'STATUS_CHANGES', 'TRANSACTIONS', 'USERS'],
      ].sort(),
    );
    for (const rate of [ingest, ...ingest.byKind]) {
      expect(rate.lastMinute).toBe(0);
      expect(rate.minutes.map(({ count }) => count)).toEqual(Array(60).fill(0));
    }
    const starts = ingest.minutes.map(({ start }) => Date.parse(start));
    expect(starts.map((start) => start - (starts[0] as number))).toEqual(starts.map((_, index) => index * 60_000));
    expect(health.memoryBytes).toBeGreaterThan(10_000_000);
    expect(health.storeBytes).toBeGreaterThan(10_000);
  });

  it('counts what arrives by kind, and what is rejected', async () => {
    const app = await open();
    await sendEvents(app, [
      { userId: 'a', eventId: '1' },
      { userId: 'b', eventId: '2' },
    ]);
    // A repeat is no new record.
    await sendEvents(app, [{ userId: 'a', eventId: '1' }]);
    await app.app.domains.conversations.start(randomUUID(), 'a');
    const { read, accepted } = await app.importFile('user-status', {
      name: 'a.csv',
      text: 'user_id,created_at,status\nu,2020-01-01,paying\nu,never,paying\nv,2020-01-01,none\n',
    });
    expect([read, accepted]).toEqual([3, 1]);
    const { ingest, ...health } = await healthOf(app);
    const byKind = ingest.byKind.filter((rate) => sumOf(rate) > 0);
    expect(byKind.map((rate) => [rate.kind, rate.lastMinute, sumOf(rate)])).toEqual([
      ['EVENTS', 2, 2],
      ['STATUS_CHANGES', 1, 1],
      ['CONVERSATIONS', 1, 1],
    ]);
    expect([ingest.lastMinute, sumOf(ingest)]).toEqual([4, 4]);
    expect(health).toMatchObject({ openRejectedRecordCount: 2, runningImportCount: 0 });
    expect(health.indexLag).toMatchObject({ sequence: 4, newestSequence: 4 });
  });

  it('does not count what the start reads, and counts what other processes record', async () => {
    const first = await open({ onDisk: true });
    await first.importFile('transactions', fixture('transactions.jsonl'));
    const { ingest, indexLag } = await healthOf(first);
    expect(ingest.lastMinute).toBe(indexLag.sequence);
    const second = await open({ data: first.data, settings: { followMs: '900000' } });
    expect((await healthOf(second)).ingest.lastMinute).toBe(0);
    await sendEvents(first, [{ userId: 'a' }]);
    const behind = await healthOf(second);
    expect(behind.indexLag).toMatchObject({ sequence: indexLag.sequence, newestSequence: indexLag.sequence + 1 });
    expect(behind.indexLag.time).not.toBe('PT0.000000S');
    await second.app.ledger.catchUp();
    const level = await healthOf(second);
    expect(level.indexLag).toMatchObject({ sequence: indexLag.sequence + 1, time: 'PT0.000000S' });
    expect(level.ingest.lastMinute).toBe(1);
  });

  it('counts open rejects and running imports in an index', async () => {
    const { data } = await open({ onDisk: true });
    const client = rawConnection(data);
    const plan = (sql: string): string => JSON.stringify(client.prepare(`explain query plan ${sql}`).all());
    expect(plan("select count(*) from rejected_records where state = 'OPEN'")).toContain('rejected_records_by_state');
    expect(plan("select count(*) from imports where state = 'RUNNING'")).toContain('imports_by_state');
    expect(
      plan("select * from rejected_records where import_id = 1 and state = 'OPEN' order by id desc limit 9"),
    ).toContain('rejected_records_by_import');
    expect(plan("select * from rejected_records where state = 'OPEN' order by id desc limit 9")).toContain(
      'rejected_records_by_state',
    );
  });
});

it('the last backup and damaged files are in the health and in the metrics, and files are looked for at the start', async () => {
  const data = dataFolder();
  const first = await openApp({ data });
  await importCsv(first, 'songs', 'id,title\n1,Loud\n');
  await importCsv(first, 'others', 'id,title\n1,Quiet\n');
  const lastBackup = async (app: OpenApp) => (await app.query('{ server { lastBackup { at sequence } } }')).data;
  expect(await lastBackup(first)).toEqual({ server: { lastBackup: null } });
  expect(await (await first.get('/metrics')).text()).toMatch(/^asof_last_backup_time_seconds 0$/m);
  await writeBackupNote(data, { atUs: Date.UTC(2026, 0, 2) * 1000, sequence: 7 });
  expect(await lastBackup(first)).toEqual({
    server: { lastBackup: { at: '2026-01-02T00:00:00Z', sequence: 7 } },
  });
  const songs = first.app.domains.datasets.current(first.app.domains.datasets.getByName('songs')).file;
  await first.close();
  await rm(join(data, 'datasets', songs));
  const again = await open({ data });
  const metrics = async () => (await again.get('/metrics')).text();
  await expect.poll(metrics).toMatch(/^asof_damages 1$/m);
  expect(await metrics()).toMatch(/^asof_last_backup_time_seconds 1767312000$/m);
  expect(await metrics()).toMatch(/^asof_last_backup_sequence 7$/m);
  // Only what rests on the file is refused.
  expect((await again.get('/readyz')).status).toBe(200);
  expect((await again.get('/datasets/songs')).status).toBe(503);
  expect((await again.get('/datasets/others')).status).toBe(200);
});
