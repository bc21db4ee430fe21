import { expect, it, onTestFinished } from 'vitest';
import { openDatasetEngine } from '../../../db/datasets/engine/duckdb-engine.ts';
import type { DatasetEngine } from '../../../db/datasets/engine.ts';
import { openSqlEngine } from '../../../db/datasets/sql/open.ts';
import { openStore } from '../../../db/open.ts';
import { readConfig } from '../../../src/config.ts';
import { exportPages } from '../../../src/domains/datasets/export.ts';
import { createDomains } from '../../../src/domains.ts';
import { createLedger } from '../../../src/ledger/ledger.ts';
import { silentLog } from '../../../src/lib/debug-log.ts';
import { noTrace } from '../../../src/lib/telemetry.ts';
import { Work } from '../../../src/lib/work.ts';
import { openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

it('an export asks the engine for each page once, in order, and never for a total', async () => {
  const app = await openApp({ onDisk: true });
  onTestFinished(app.close);
  const lines = Array.from({ length: 7500 }, (_, n) => `${n},${n % 7}`);
  await importCsv(app, 'long', `n,seven\n${lines.join('\n')}\n`);

  const config = readConfig({ data: app.data });
  const nowUs = () => 0;
  const store = openStore({ ...config, nowUs });
  const engine = openDatasetEngine(config, silentLog);
  onTestFinished(() => {
    engine.close();
    store.close();
  });
  const requests: unknown[] = [];
  const query: DatasetEngine['query'] = (file, name, request, work) => {
    requests.push({ name, ...request });
    return engine.query(file, name, request, work);
  };
  const recording = new Proxy(engine, { get: (target, key) => (key === 'query' ? query : Reflect.get(target, key)) });
  const { datasets } = createDomains({
    store,
    engine: recording,
    sqlEngine: openSqlEngine(config, engine.folder, silentLog),
    ledger: createLedger(store),
    limits: config,
    nowUs,
    trace: noTrace,
    log: silentLog,
  });

  const line = ({ cells }: { readonly cells: readonly unknown[] }) => String(cells[0]);
  const writer = { head: '', end: ' ', line, work: new Work() };
  const orderBy = [{ column: 'seven', direction: 'DESC' }] as const;
  let text = '';
  for await (const page of exportPages(datasets, datasets.getByName('long'), { orderBy }, writer)) text += page.content;

  const expected = Array.from({ length: 7500 }, (_, n) => n).sort((a, b) => (b % 7) - (a % 7) || a - b);
  expect(text.trim().split(' ').map(Number)).toEqual(expected);
  const page = { name: 'rows', limit: 5000, withTotal: false };
  expect(requests).toMatchObject([
    { ...page, after: null },
    { ...page, after: expected[4999] },
  ]);
});
