import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { pino } from 'pino';
import { type App, createApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import { formatIp } from '../../src/lib/ip.ts';
import { formatInstant } from '../../src/lib/time.ts';
import { type BenchmarkData, cityName, userId } from './fixtures.ts';
import { type Timed, timed } from './measure.ts';

export const ipText = (value: number): string => formatIp({ family: 4, value });
export const centsText = (cents: number): string => String(cents / 100);

/** What is imported, in this order, each with the line of its file for record `row`. */
export const files = [
  {
    target: 'user-status',
    name: 'status-changes.csv',
    head: 'user_id,created_at,status\n',
    line: ({ changes: { user, atUs, status } }: BenchmarkData, row: number): string =>
      `${userId(user[row] as number)},${formatInstant(atUs[row] as number)},${statusCodes[status[row] as number]}\n`,
  },
  {
    target: 'ip-ranges',
    name: 'ip-ranges.csv',
    head: 'start,end,city\n',
    line: ({ ranges: { first, last, city } }: BenchmarkData, row: number): string =>
      `${ipText(first[row] as number)},${ipText(last[row] as number)},${cityName(city[row] as number)}\n`,
  },
  {
    target: 'transactions',
    name: 'transactions.jsonl',
    head: '',
    line: ({ facts: { user, atUs, product, cents, ip } }: BenchmarkData, row: number): string =>
      `{"click_id":${row + 1},"created_at":"${formatInstant(atUs[row] as number)}","product_id":${product[row]},"product_price":${centsText(cents[row] as number)},"user_id":"${userId(user[row] as number)}","ip":"${ipText(ip[row] as number)}"}\n`,
  },
] as const;

/** A file of records to import: its head, and the line of each record. */
export interface ImportedFile {
  readonly target: string;
  readonly name: string;
  readonly head: string;
  readonly line: (input: BenchmarkData, row: number) => string;
}

const linesAtOnce = 10_000;

export const writeFileOf = async (file: ImportedFile, input: BenchmarkData, folder: string): Promise<string> => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, file.name);
  const stream = createWriteStream(path);
  stream.write(file.head);
  const records = input.facts.user.length;
  for (let from = 0; from < records; from += linesAtOnce) {
    let text = '';
    for (let row = from; row < Math.min(from + linesAtOnce, records); row++) text += file.line(input, row);
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
  return path;
};

export const configOf = (folder: string): Config => readConfig({ data: join(folder, 'store') });

export const openApp = (folder: string): App => createApp(configOf(folder), { log: pino({ level: 'silent' }) });

/** Imports one file into a program that runs. Throws unless every record was stored. */
export const importFile = async (app: App, file: ImportedFile, path: string, records: number): Promise<Timed<void>> =>
  timed(async () => {
    const run = await app.domains.imports.start(file.target, [{ path, name: file.name }]);
    const [done] = await run.done;
    if (done?.state !== 'SUCCEEDED' || done.accepted !== records)
      throw new Error(`${file.name}: ${done?.state}, ${done?.accepted} stored of ${records}, ${done?.failureMessage}`);
  });

const stamp = (folder: string): string => join(folder, 'imported');

export const isLoaded = (folder: string): boolean => existsSync(stamp(folder));

/** Marks a folder that holds all the data. */
export const markLoaded = (folder: string): void => {
  writeFileSync(`${stamp(folder)}.new`, '');
  renameSync(`${stamp(folder)}.new`, stamp(folder));
};

/** Imports the data into a folder unless an earlier benchmark did. */
export const load = async (input: BenchmarkData, folder: string): Promise<void> => {
  if (isLoaded(folder)) return;
  const app = openApp(folder);
  await app.start();
  for (const file of files)
    await importFile(app, file, await writeFileOf(file, input, folder), input.facts.user.length);
  await app.close();
  markLoaded(folder);
};
