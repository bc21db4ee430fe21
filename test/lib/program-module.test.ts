import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Stager } from '../../db/datasets/build/stager.ts';
import { openSqlEngine } from '../../db/datasets/sql/open.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog } from '../../src/lib/debug-log.ts';
import { Work } from '../../src/lib/work.ts';

/** Tests of this folder need no build; others use the threads and processes of the build. */
it('threads and processes start from the sources, as they do for npm run dev', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'asof-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const config = readConfig({ data: ':memory:' });
  const sql = openSqlEngine(config, folder, silentLog);
  onTestFinished(() => sql.close());
  expect((await sql.check('select a from b', new Work())).tables).toEqual(['b']);

  const path = join(folder, 'a.csv');
  writeFileSync(path, 'a,b\n1,2\n');
  const stager = new Stager(config, 1, silentLog);
  onTestFinished(() => stager.close());
  const staged = await stager.stage(
    {
      ...{ path, target: join(folder, 'a.parquet'), staged: join(folder, 'a.rows'), importId: 1, types: [] },
      ...{ mode: 'REPLACE', earlier: null, keyColumns: [], previewRows: 0 },
    },
    { signal: new AbortController().signal, onProgress: () => undefined, onRejects: () => Promise.resolve() },
  );
  expect(staged).toMatchObject({ read: 1, rejected: 0, rowCount: 1 });
});
