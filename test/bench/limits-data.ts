import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { letters } from '../../src/lib/letter.ts';
import { formatInstant } from '../../src/lib/time.ts';
import { type BenchmarkData, createBenchmarkData, userId } from './fixtures.ts';
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

/** The records of the other benchmarks, as many events, a tenth as many conversations, and a key that may read. */
export const loadWithEvents = async (records: number, folder: string): Promise<string> => {
  const keyFile = join(folder, 'read-key');
  const input = createBenchmarkData(records);
  await load(input, folder);
  if (existsSync(keyFile)) return keyFile;
  const app = openApp(folder);
  await app.start();
  await importFile(app, events, await writeFileOf(events, input, folder), records);
  for (let count = 0; count < records / 10; count += conversationsAtOnce)
    await Promise.all(
      Array.from({ length: conversationsAtOnce }, (_, index) =>
        app.domains.conversations.start(randomUUID(), letters[index % letters.length] as string, null),
      ),
    );
  const key = await app.domains.apiKeys.add('bench', ['read']);
  await app.close();
  writeFileSync(keyFile, key);
  return keyFile;
};
