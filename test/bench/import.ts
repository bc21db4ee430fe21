import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openClient } from '../../db/sqlite/client.ts';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import { ipKey } from '../../src/lib/ip.ts';
import { type BenchmarkData, cityName, createBenchmarkData, userId } from './fixtures.ts';
import {
  centsText,
  configOf,
  files,
  importFile,
  ipText,
  isLoaded,
  markLoaded,
  openApp,
  writeFileOf,
} from './load-data.ts';
import { idleNote, worst } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { figure, type Report, stallTarget } from './report.ts';

/** The same rows as the program stores, in its own tables with their indices, made of columns instead of a file. */
const floors: readonly { readonly sql: string; row(input: BenchmarkData, row: number): unknown[] }[] = [
  {
    sql: 'insert into status_changes values (?, ?, ?, ?, ?, ?, ?, null)',
    row: ({ changes: { user, atUs, status } }, row) => [
      ...origin(row, 0),
      userId(user[row] as number),
      atUs[row],
      statusCodes[status[row] as number],
    ],
  },
  {
    sql: 'insert into ip_ranges values (?, ?, ?, ?, ?, ?, ?, ?, null)',
    row: ({ ranges: { first, last, city } }, row) => [
      ...origin(row, first.length),
      2,
      ipKey({ family: 4, value: first[row] as number }),
      ipKey({ family: 4, value: last[row] as number }),
      cityName(city[row] as number),
    ],
  },
  {
    sql: 'insert into transactions values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)',
    row: ({ facts: { user, atUs, product, cents, ip } }, row) => [
      ...origin(row, 2 * user.length),
      String(row + 1),
      userId(user[row] as number),
      atUs[row],
      String(product[row]),
      centsText(cents[row] as number),
      ipText(ip[row] as number),
    ],
  },
];

const origin = (row: number, before: number): number[] => [before + row + 1, 1_763_000_000_000_000, 1, row + 2];

/** Plain prepared inserts with the pragmas and batches of the program; making the values is not counted. */
const insertAll = (
  client: ReturnType<typeof openClient>,
  { sql, row: rowOf }: (typeof floors)[number],
  input: BenchmarkData,
  batchRecords: number,
): { seconds: number; stallMs: number } => {
  const insert = client.prepare(sql);
  const records = input.facts.user.length;
  let seconds = 0;
  let stallMs = 0;
  for (let from = 0; from < records; from += batchRecords) {
    const count = Math.min(batchRecords, records - from);
    const rows = Array.from({ length: count }, (_, position) => rowOf(input, from + position));
    const startMs = performance.now();
    client.exec('begin immediate');
    for (const row of rows) insert.run(row);
    client.exec('commit');
    const ms = performance.now() - startMs;
    seconds += ms / 1000;
    stallMs = Math.max(stallMs, ms);
  }
  return { seconds, stallMs };
};

/** Files into a fresh folder of a running program, beside SQLite's bare inserts of the same rows. */
export const benchmarkImport = async ({ records, folder }: BenchmarkOptions): Promise<Report> => {
  const input = createBenchmarkData(records);
  const own = isLoaded(folder) ? join(folder, 'again') : folder;
  const config = configOf(own);
  const app = openApp(own);
  await app.start();
  const floorPath = join(folder, 'floor.sqlite');
  const client = openClient(floorPath);
  const rows: (string | number)[][] = [];
  const stalls: { stallMs: number; busyMs: number }[] = [];
  for (const [position, file] of files.entries()) {
    const path = await writeFileOf(file, input, own);
    const imported = await importFile(app, file, path, records);
    const floor = insertAll(client, floors[position] as (typeof floors)[number], input, config.batchRecords);
    stalls.push(imported);
    rows.push([
      `${file.name} (${figure(statSync(path).size / 1e6)} MB)`,
      records / imported.seconds,
      records / floor.seconds,
      imported.seconds / floor.seconds,
      imported.stallMs,
      imported.busyMs,
      floor.stallMs,
    ]);
  }
  client.close();
  await app.close();
  const bytes = statSync(join(config.data, 'asof.sqlite')).size;
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${floorPath}${suffix}`, { force: true });
  if (own === folder) markLoaded(folder);
  else rmSync(own, { recursive: true });
  return {
    name: 'import',
    tables: [
      {
        title: `IMPORT: ${records} records of each kind`,
        columns: [
          '',
          'records a second',
          'SQLite inserts a second',
          'times SQLite’s time',
          'longest stall, ms',
          'of work',
          'SQLite’s longest transaction, ms',
        ],
        rows,
      },
    ],
    targets: [stallTarget('stall while importing', worst(stalls))],
    notes: [
      await idleNote(),
      `${config.batchRecords} records a transaction, synchronous=FULL, the same tables and indices; ours also reads, checks, dedupes and indexes.`,
      `The store has ${figure(bytes / records / 3)} bytes a record.`,
    ],
  };
};
