import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createBenchmarkData } from './fixtures.ts';
import { configOf, load, openApp } from './load-data.ts';
import { idleNote, timed } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { figure, type Report, stallTarget } from './report.ts';

interface Part {
  readonly name: string;
  /** The ledger has passed the part when it stands at this sequence number. */
  readonly lastSeq: number;
}

const tableNames = ['status_changes', 'ip_ranges', 'ip_tables', 'transactions'];
const pageRows = 10_000;

const lastSeqs = (client: Database.Database): Part[] =>
  tableNames.map((name) => ({ name, lastSeq: client.prepare(`select max(seq) from ${name}`).pluck().get() as number }));

/** Every row of a table as an object, in pages: what any program has to do that starts from this store. */
const readSeconds = (client: Database.Database, table: string): number => {
  const query = client.prepare(`select * from ${table} where seq > ? order by seq limit ${pageRows}`);
  const startMs = performance.now();
  let seq = 0;
  for (;;) {
    const rows = query.all(seq) as { seq: number }[];
    seq = rows.at(-1)?.seq ?? seq;
    if (rows.length < pageRows) return (performance.now() - startMs) / 1000;
  }
};

/** The duration and the stalls of a start that reads everything, compared with plain reads of the same rows. */
export const benchmarkStartup = async ({ records, folder }: BenchmarkOptions): Promise<Report> => {
  await load(createBenchmarkData(records), folder);
  const client = new Database(join(configOf(folder).data, 'asof.sqlite'), { readonly: true });
  const parts = lastSeqs(client);
  const rssBefore = process.memoryUsage.rss();

  const app = openApp(folder);
  const { ledger } = app;
  const passed: number[] = [];
  let done = false;
  let seen = performance.now();
  const gaps = parts.map(() => 0);
  const watch = (): void => {
    const { sequence } = ledger.snapshot();
    const now = performance.now();
    const position = Math.min(passed.length, parts.length - 1);
    gaps[position] = Math.max(gaps[position] as number, now - seen);
    seen = now;
    while (passed.length < parts.length && sequence >= (parts[passed.length]?.lastSeq ?? 0)) passed.push(now);
    if (!done) setImmediate(watch);
  };
  const start = performance.now();
  const { seconds, stallMs, busyMs } = await timed(async () => {
    watch();
    await app.start();
    done = true;
  });
  const rssGrown = process.memoryUsage.rss() - rssBefore;
  const states = app.ledger.indexStates();
  await app.close();

  const plain = parts.map(({ name }) => readSeconds(client, name));
  client.close();
  const plainAll = plain.reduce((sum, part) => sum + part, 0);
  const ownOf = (position: number): number => ((passed[position] as number) - (passed[position - 1] ?? start)) / 1000;
  return {
    name: 'startup',
    tables: [
      {
        title: `STARTUP: from ${records} records of each kind`,
        columns: ['', 'seconds', 'plain select *', 'times the read', 'longest stall, ms', 'of work'],
        rows: [
          ...parts.map(({ name }, position) => [
            name,
            ownOf(position),
            plain[position] as number,
            null,
            gaps[position] as number,
          ]),
          ['all', seconds, plainAll, seconds / plainAll, stallMs, busyMs],
        ],
      },
    ],
    targets: [stallTarget('stall while starting', { stallMs, busyMs })],
    notes: [
      await idleNote(),
      'ip_ranges are read when their table is put in force (ip_tables). The file is in the page cache.',
      `Memory grew by ${figure(rssGrown / 1e6)} MB; ${states.map(({ name, entries, bytes }) => `${name} ${figure(bytes / entries)} bytes an entry`).join(', ')}, dictionaries not counted.`,
    ],
  };
};
