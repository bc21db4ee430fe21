import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
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
import { figure, type Report, stallTarget, type Table, type Target, times } from './report.ts';

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

/** What the command of SQLite takes for the same rows, seconds of CPU; null where it is not installed. */
interface CommandSeconds {
  readonly indicesInPlace: number;
  readonly indicesAfterwards: number;
}

/** Loads the rows with `.import` of the sqlite3 command into the program's own table, with its indices before or after. */
const commandSeconds = (
  client: ReturnType<typeof openClient>,
  { sql, row: rowOf }: (typeof floors)[number],
  input: BenchmarkData,
  folder: string,
): CommandSeconds | null => {
  const table = /into (\w+)/.exec(sql)?.[1] ?? '';
  const csv = join(folder, 'peer.csv');
  const database = join(folder, 'peer.sqlite');
  const records = input.facts.user.length;
  const file = openSync(csv, 'w');
  for (let from = 0; from < records; from += linesAtOnce) {
    const count = Math.min(linesAtOnce, records - from);
    // The column of the API key is empty.
    writeSync(
      file,
      Array.from({ length: count }, (_, row) => `${[...rowOf(input, from + row), ''].join()}\n`).join(''),
    );
  }
  closeSync(file);
  const schema = client
    .prepare<[string], { type: string; sql: string }>(
      'select type, sql from sqlite_master where tbl_name = ? and sql is not null',
    )
    .all(table);
  const textOf = (type: string): string[] => schema.filter((each) => each.type === type).map((each) => `${each.sql};`);
  const load = ['.mode csv', `.import ${csv} ${table}`];
  const run = (commands: readonly string[]): number | null => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${database}${suffix}`, { force: true });
    writeFileSync(`${csv}.sql`, ['pragma journal_mode = wal;', ...commands].join('\n'));
    // `times` prints the CPU of the shell, then that of its children.
    const script = `sqlite3 "${database}" < "${csv}.sql" > /dev/null && times`;
    const { status, stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    if (status !== 0) return null;
    const found = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
    return found.reduce((seconds, [, minutes, rest]) => seconds + 60 * Number(minutes) + Number(rest), 0);
  };
  const indicesInPlace = run([...textOf('table'), ...textOf('index'), ...load]);
  const indicesAfterwards = run([...textOf('table'), ...load, ...textOf('index')]);
  for (const path of [csv, `${csv}.sql`, database, `${database}-wal`, `${database}-shm`]) rmSync(path, { force: true });
  return indicesInPlace === null || indicesAfterwards === null ? null : { indicesInPlace, indicesAfterwards };
};

/** Ours beside the command of SQLite: seconds of CPU, also those of the thread that imports. */
const commandTable = (rows: readonly (readonly [string, number, CommandSeconds | null])[], records: number): Table => ({
  title: 'IMPORT beside `.import` of the sqlite3 command: µs of CPU a record',
  columns: ['', 'ours', 'indices in place', 'indices afterwards', 'ours to in place', 'ours to afterwards'],
  rows: rows.map(([name, seconds, peer]) => [
    name,
    ...[seconds, peer?.indicesInPlace, peer?.indicesAfterwards].map((each) =>
      each === undefined ? null : (each * 1e6) / records,
    ),
    ...[peer?.indicesInPlace, peer?.indicesAfterwards].map((each) =>
      each === undefined ? null : times(seconds, each),
    ),
  ]),
});

const commandTargets = (rows: readonly (readonly [string, number, CommandSeconds | null])[]): Target[] =>
  rows.flatMap(([name, seconds, peer]) =>
    peer === null
      ? []
      : [
          {
            what: `CPU of importing ${name} beside sqlite3 with indices in place`,
            expected: 'at most 1 x',
            found: times(seconds, peer.indicesInPlace),
            reached: seconds <= peer.indicesInPlace,
          },
          {
            what: `CPU of importing ${name} beside sqlite3 with indices afterwards`,
            expected: 'at most 2 x',
            found: times(seconds, peer.indicesAfterwards),
            reached: seconds <= 2 * peer.indicesAfterwards,
          },
        ],
  );

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const linesAtOnce = 10_000;

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
export const benchmarkImport = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder } = options;
  const input = createBenchmarkData(records);
  const own = isLoaded(folder) ? join(folder, 'again') : folder;
  const config = configOf(own);
  const app = openApp(own);
  await app.start();
  const floorPath = join(folder, 'floor.sqlite');
  const client = openClient(floorPath);
  const rows: (string | number)[][] = [];
  const beside: (readonly [string, number, CommandSeconds | null])[] = [];
  const stalls: { stallMs: number; busyMs: number }[] = [];
  for (const [position, file] of files.entries()) {
    const path = await writeFileOf(file, input, own);
    const cpuBefore = cpuSeconds();
    const imported = await importFile(app, file, path, records);
    const floorOfFile = floors[position] as (typeof floors)[number];
    beside.push([file.name, cpuSeconds() - cpuBefore, commandSeconds(client, floorOfFile, input, folder)]);
    const floor = insertAll(client, floorOfFile, input, config.batchRecords);
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
      commandTable(beside, records),
    ],
    targets: [stallTarget('stall while importing', worst(stalls)), ...commandTargets(beside)],
    notes: [
      await idleNote(options),
      `${config.batchRecords} records a transaction, synchronous=FULL, the same tables and indices; ours also reads, checks, dedupes and indexes.`,
      `The store has ${figure(bytes / records / 3)} bytes a record.`,
    ],
  };
};
