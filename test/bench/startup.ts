import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { indexFilesOf, removeIndexFiles } from '../../src/ledger/index-files/index-files.ts';
import { configOf } from './load-data.ts';
import { idleNote } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { figure, type Report, stallTarget, type Target } from './report.ts';
import { runLoad } from './server-process.ts';
import { fillStore, storePath } from './startup-data.ts';
import type { Start } from './startup-process.ts';

const tables = ['status_changes', 'ip_ranges', 'transactions', 'experiment_events', 'conversations', 'followups'];
const pageRows = 10_000;
const program = fileURLToPath(new URL('./startup-process.js', import.meta.url));

const cpuSecondsOf = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

/** Every row of a table as an object, in pages: what any program has to do that starts from this store. */
const readRows = (client: Database.Database, table: string): void => {
  const query = client.prepare(`select * from ${table} where seq > ? order by seq limit ${pageRows}`);
  let seq = 0;
  for (;;) {
    const rows = query.all(seq) as { seq: number }[];
    seq = rows.at(-1)?.seq ?? seq;
    if (rows.length < pageRows) return;
  }
};

/** The bytes of a file into memory that stays, as an index must have it. */
const readFile = (path: string): void => {
  const target = new Uint8Array(statSync(path).size);
  const file = openSync(path, 'r');
  const piece = 4 * 2 ** 20;
  for (let at = 0; at < target.length; at += piece) readSync(file, target, at, Math.min(piece, target.length - at), at);
  closeSync(file);
};

const startIn = (folder: string, writes: 'write' | 'read'): Promise<Start> =>
  runLoad<Start>(['--expose-gc', program, folder, writes]);

/** A start that reads every record and one from an index file, compared with plain reads of the same rows and bytes. */
export const benchmarkStartup = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder } = options;
  await fillStore(records, folder);
  const { data } = configOf(folder);
  await removeIndexFiles(data);
  const rebuilt = await startIn(folder, 'write');
  const [path] = await indexFilesOf(data);
  if (!path) throw new Error('the first start has written no index file');
  const loaded = await startIn(folder, 'read');
  if (loaded.fromFile === 0 || rebuilt.fromFile !== 0) throw new Error('a start did not use what it was to use');
  if (loaded.entries !== rebuilt.entries) throw new Error(`${loaded.entries} entries instead of ${rebuilt.entries}`);

  const client = new Database(storePath(folder), { readonly: true });
  const rowSeconds = cpuSecondsOf(() => tables.forEach((table) => void readRows(client, table)));
  client.close();
  const fileBytes = statSync(path).size;
  const fileSeconds = cpuSecondsOf(() => readFile(path));
  rmSync(path);
  const row = (name: string, start: Start, base: number) => [
    ...[name, start.cpuSeconds, base, start.cpuSeconds / base, start.seconds, start.stallMs, start.busyMs],
    ...[start.peakBytes / 1e6, start.steadyBytes / 1e6],
  ];
  return {
    name: 'startup',
    // The entries of both starts.
    comparisons: 1,
    tables: [
      {
        title: `STARTUP: from ${records} records of each kind`,
        columns: [
          ...['', 'CPU s', 'plain read, CPU s', 'times the read', 'seconds', 'longest stall, ms', 'of work'],
          ...['peak MB', 'steady MB'],
        ],
        rows: [row('every record', rebuilt, rowSeconds), row('index file', loaded, fileSeconds)],
      },
    ],
    targets: [
      stallTarget('stall while starting', rebuilt),
      stallTarget('stall while starting from a file', loaded),
      ratioTarget('start from a file, times the read of its bytes', loaded.cpuSeconds / fileSeconds, 3),
      ratioTarget('memory at the peak, times that afterwards', loaded.peakBytes / loaded.steadyBytes, 1.5),
    ],
    notes: [
      await idleNote(options),
      `The index file has ${figure(fileBytes / 1e6)} MB and is in the page cache, like the store. Indices take ${figure(rebuilt.indexBytes / rebuilt.entries)} bytes an entry, texts not counted.`,
    ],
  };
};

const ratioTarget = (what: string, found: number, most: number): Target => ({
  what,
  expected: `at most ${most}`,
  found: figure(found),
  reached: found <= most,
});
