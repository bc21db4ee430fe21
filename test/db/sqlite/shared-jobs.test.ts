import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { recentRecordsMax } from '../../../db/sqlite/rows/recent-commits.ts';
import type { SqliteTransaction } from '../../../db/sqlite/transaction/transaction.ts';
import { SharedJobs } from '../../../db/sqlite/writing/shared-jobs.ts';
import type { WriteJob } from '../../../db/sqlite/writing/write-job.ts';

// Time ends a transaction, too.
beforeEach(() => void vi.spyOn(performance, 'now').mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

/** The records of each of the jobs that share a transaction, of many jobs with so many records each. */
const sharing = async (recordsOf: (job: number) => number): Promise<number[]> => {
  const written: number[] = [];
  let records = 0;
  const tx = { release: () => undefined, savepoint: () => records } as unknown as SqliteTransaction;
  const pending = Array.from(
    { length: 60 },
    (_, job): WriteJob => ({
      work: () => {
        records = recordsOf(job);
        written.push(records);
      },
      undo: () => undefined,
      resolve: () => undefined,
      reject: () => undefined,
    }),
  );
  const jobs = new SharedJobs(pending);
  for (let work = await jobs.next(); work; work = await jobs.next()) work(tx);
  expect(pending).toHaveLength(60 - written.length);
  return written;
};

it('shares a transaction among as many jobs as have records that projections need not read back', async () => {
  expect(await sharing(() => 1000)).toHaveLength(recentRecordsMax / 1000);
  expect(await sharing(() => 1)).toHaveLength(60);
});

it('ends a transaction before another large job would append too many records', async () => {
  expect(await sharing((job) => (job === 2 ? 4000 : 1000))).toHaveLength(4);
});

it('gives a job that is too large a transaction of its own', async () => {
  expect(await sharing(() => recentRecordsMax + 1)).toHaveLength(1);
});
