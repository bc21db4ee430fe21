import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Duckdb } from '../../../db/datasets/duckdb.ts';

let folder: string;
let duckdb: Duckdb;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asof-duckdb-'));
  duckdb = new Duckdb({
    ...{ memoryBytesMax: 100e6, threads: 1, tempFolder: join(folder, 'temp'), tempBytesMax: 1e6, folder },
    ...{ sessionsMax: 1, waitingMax: 1 },
  });
});

afterEach(async () => {
  duckdb.close();
  await rm(folder, { recursive: true, force: true });
});

test('a session interrupts what runs while no session does, which is repeated afterwards', async () => {
  let onStart: (() => void) | undefined;
  const started = new Promise<void>((resolve) => {
    onStart = resolve;
  });
  let runs = 0;
  const work = duckdb.whileIdle(async (session) => {
    runs += 1;
    onStart?.();
    // Far longer than any test.
    if (runs === 1) await session.rows('select count(*) from range(1000000000000)');
    await session.run('create table done as select 1');
    return true;
  });
  await started;
  const tables = await duckdb.session((session) => session.rows('select count(*) from duckdb_tables()'));
  expect(tables).toEqual([[0n]]);
  await work;
  expect(runs).toBe(2);
  expect(await duckdb.session((session) => session.rows('select * from done'))).toEqual([[1]]);
});
