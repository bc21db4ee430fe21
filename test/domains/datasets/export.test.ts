import { expect, it, onTestFinished } from 'vitest';
import type { DatasetEngine } from '../../../db/datasets/engine.ts';
import { openDatasetEngine } from '../../../db/datasets/open.ts';
import { openStore } from '../../../db/open.ts';
import { readConfig } from '../../../src/config.ts';
import { exportTexts } from '../../../src/domains/datasets/export.ts';
import { createDomains } from '../../../src/domains.ts';
import { createLedger } from '../../../src/ledger/ledger.ts';
import { silentLog } from '../../../src/lib/debug-log.ts';
import { openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

it('an export asks the engine for each page once, in order, and never for a total', async () => {
  const app = await openApp({ onDisk: true });
  onTestFinished(app.close);
  const lines = Array.from({ length: 2500 }, (_, n) => `${n},${n % 7}`);
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
  const query: DatasetEngine['query'] = (file, name, request) => {
    requests.push({ name, ...request });
    return engine.query(file, name, request);
  };
  const recording = new Proxy(engine, { get: (target, key) => (key === 'query' ? query : Reflect.get(target, key)) });
  const { datasets } = createDomains({
    store,
    engine: recording,
    ledger: createLedger(store),
    limits: config,
    nowUs,
    log: silentLog,
  });

  const writer = { head: '', end: ' ', line: ({ cells }: { readonly cells: readonly unknown[] }) => String(cells[0]) };
  const orderBy = [{ column: 'seven', direction: 'DESC' }] as const;
  let text = '';
  for await (const part of exportTexts(datasets, datasets.getByName('long'), { orderBy }, writer)) text += part;

  const expected = Array.from({ length: 2500 }, (_, n) => n).sort((a, b) => (b % 7) - (a % 7) || a - b);
  expect(text.trim().split(' ').map(Number)).toEqual(expected);
  const page = { name: 'rows', limit: 1000, withTotal: false };
  expect(requests).toMatchObject([
    { ...page, after: null },
    { ...page, after: expected[999] },
    { ...page, after: expected[1999] },
  ]);
});
