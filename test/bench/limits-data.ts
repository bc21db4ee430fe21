import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../../src/app.ts';
import { letters } from '../../src/lib/letter.ts';
import { formatInstant } from '../../src/lib/time.ts';
import { type BenchmarkData, createBenchmarkData, userId } from './fixtures.ts';
import type { Caller } from './limits-documents.ts';
import { wideDataset } from './limits-routes.ts';
import { type ImportedFile, importFile, load, openApp, writeFileOf } from './load-data.ts';

const variants = ['A', 'B', 'C'] as const;
const accountTypes = ['free', 'paid'] as const;

const events: ImportedFile = {
  target: 'events',
  name: 'events.csv',
  head: 'user_id,account_type,date,event_type,order_value,version\n',
  line: ({ facts: { user, atUs, product, cents } }: BenchmarkData, row: number): string => {
    const by = user[row] as number;
    const value = row % 3 === 0 ? String((cents[row] as number) / 100) : '';
    return `${userId(by)},${accountTypes[by % 2]},${formatInstant(atUs[row] as number)},type-${(product[row] as number) % 7},${value},${variants[by % 3]}\n`;
  },
};

const conversationsAtOnce = 1000;

/** A dataset whose pages are as large as pages may be, whatever the size of the rest. */
const wideColumns = 60;
const wideRows = 20_000;

const wideCsv = (): string => {
  const names = Array.from({ length: wideColumns }, (_, column) => `c${column}`);
  const lines = Array.from({ length: wideRows }, (_, row) =>
    names.map((_name, column) => (column % 3 === 0 ? `text ${(row * 7919) % 10_007}` : (row * column) % 9973)).join(),
  );
  return `${names.join()}\n${lines.join('\n')}\n`;
};

const addDataset = async (app: App): Promise<void> => {
  const init = { method: 'PUT', headers: { 'content-type': 'text/csv' }, body: wideCsv() };
  const answer = await app.fetch(new Request(`http://127.0.0.1/datasets/${wideDataset}?wait=1`, init));
  if (answer.status !== 200) throw new Error(await answer.text());
};

/** The keys of callers. */
export type Keys = Readonly<Record<Exclude<Caller, 'nobody'>, string>>;

/** The records of the other benchmarks, as many events, a tenth as many conversations, a dataset, and keys. */
export const loadWithEvents = async (records: number, folder: string): Promise<Keys> => {
  const keyFile = join(folder, 'keys.json');
  const input = createBenchmarkData(records);
  await load(input, folder);
  if (existsSync(keyFile)) return JSON.parse(readFileSync(keyFile, 'utf8')) as Keys;
  const app = openApp(folder);
  await app.start();
  await importFile(app, events, await writeFileOf(events, input, folder), records);
  for (let count = 0; count < records / 10; count += conversationsAtOnce)
    await Promise.all(
      Array.from({ length: conversationsAtOnce }, (_, index) =>
        app.domains.conversations.start(randomUUID(), letters[index % letters.length] as string, null),
      ),
    );
  await addDataset(app);
  const keys = {
    read: await app.domains.apiKeys.add('bench', ['read']),
    ingest: await app.domains.apiKeys.add('bench-ingest', ['read', 'ingest']),
  };
  await app.close();
  writeFileSync(keyFile, JSON.stringify(keys));
  return keys;
};
