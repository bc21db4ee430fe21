import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { S3mini } from 's3mini';
import { png } from '../support/images.ts';

/**
 * Times `asof sync` of so many users with an image each over S3: the first run, an idle one, one after a hundred changes.
 * `test/support/s3-up` starts a server and prints what to set: `npx tsx test/bench/user-files.ts 20000`.
 */
const users = Number(process.argv[2] ?? 20_000);
const { ASOF_TEST_S3_ENDPOINT: endpoint, ASOF_TEST_S3_ACCESS_KEY: key, ASOF_TEST_S3_SECRET_KEY: secret } = process.env;
if (!endpoint || !key || !secret) throw new Error('ASOF_TEST_S3_ENDPOINT, …_ACCESS_KEY and …_SECRET_KEY are not set');

const bucket = `bench-${process.pid}`;
const s3 = new S3mini({
  endpoint: `${endpoint}/${bucket}`,
  region: 'default',
  accessKeyId: key,
  secretAccessKey: secret,
});

const csvOf = (user: number, last = `Last${user % 997}`): string =>
  `first_name, last_name, birthts\nFirst${user % 499}, ${last}, ${(user * 86_400_000 * 3) % 1_500_000_000_000}\n`;

const fill = async (): Promise<void> => {
  await s3.createBucket();
  const upload = async (user: number): Promise<void> => {
    await s3.putObject(`source_data/${user}.csv`, csvOf(user));
    await s3.putObject(`source_data/${user}.png`, png(64, 64, user));
  };
  await pMap(Array.from({ length: users }).keys(), upload, { concurrency: 16 });
};

const data = mkdtempSync(join(tmpdir(), 'asof-bench-'));

const synchronize = (what: string): void => {
  const env = {
    ...process.env,
    ASOF_S3_ENDPOINT: endpoint,
    ASOF_S3_ACCESS_KEY_ID: key,
    ASOF_S3_SECRET_ACCESS_KEY: secret,
    ASOF_USER_FILES: `s3://${bucket}/source_data/`,
    ASOF_DATA: data,
  };
  const startMs = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, ['dist/src/cli.js', 'sync', '--json'], { env });
  const seconds = (performance.now() - startMs) / 1000;
  if (status !== 0) throw new Error(String(stderr));
  const { import: id, processed, updated, unchanged } = JSON.parse(String(stdout));
  process.stdout.write(
    `${what}: ${seconds.toFixed(1)} s (import ${id}: ${processed} users, ${updated} updated, ${unchanged} unchanged)\n`,
  );
};

await fill();
synchronize('first');
synchronize('idle');
for (let user = 0; user < 100; user++) await s3.putObject(`source_data/${user}.csv`, csvOf(user, 'Changed'));
synchronize('100 of them changed');
rmSync(data, { recursive: true });
