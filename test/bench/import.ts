import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openClient } from '../../db/sqlite/file/client.ts';
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

interface Seconds {
  readonly wall: number;
  readonly cpu: number;
}

/** What the command of SQLite takes for the same rows. */
interface CommandSeconds {
  readonly indicesInPlace: Seconds;
  readonly indicesAfterwards: Seconds;
}

/** A file, what we take for it, and the command of SQLite where it is installed. */
type Beside = readonly [name: string, ours: Seconds, peer: CommandSeconds | null];

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
  const run = (commands: readonly string[]): Seconds | null => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${database}${suffix}`, { force: true });
    writeFileSync(`${csv}.sql`, ['pragma journal_mode = wal;', ...commands].join('\n'));
    // `times` prints the CPU of the shell, then that of its children.
    const script = `sqlite3 "${database}" < "${csv}.sql" > /dev/null && times`;
    const startMs = performance.now();
    const { status, stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    const wall = (performance.now() - startMs) / 1000;
    if (status !== 0) return null;
    const found = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
    return {
      wall,
      cpu: found.reduce((seconds, [, minutes, rest]) => seconds + 60 * Number(minutes) + Number(rest), 0),
    };
  };
  const indicesInPlace = run([...textOf('table'), ...textOf('index'), ...load]);
  const indicesAfterwards = run([...textOf('table'), ...load, ...textOf('index')]);
  for (const path of [csv, `${csv}.sql`, database, `${database}-wal`, `${database}-shm`]) rmSync(path, { force: true });
  return indicesInPlace === null || indicesAfterwards === null ? null : { indicesInPlace, indicesAfterwards };
};

/** Ours beside the command of SQLite, in microseconds a record; the CPU is that of all threads. */
const commandTable = (rows: readonly Beside[], records: number): Table => ({
  title: 'IMPORT beside `.import` of the sqlite3 command: µs a record',
  columns: ['', 'ours', 'indices in place', 'times ours', 'indices afterwards', 'times ours'],
  rows: rows.flatMap(([name, ours, peer]) =>
    (['wall', 'cpu'] as const).map((measure) => [
      measure === 'wall' ? name : `${name}, CPU`,
      (ours[measure] * 1e6) / records,
      ...[peer?.indicesInPlace, peer?.indicesAfterwards].flatMap((each) =>
        each ? [(each[measure] * 1e6) / records, times(each[measure], ours[measure])] : [null, null],
      ),
    ]),
  ),
});

const commandTargets = (rows: readonly Beside[]): Target[] =>
  rows.flatMap(([name, ours, peer]) =>
    peer === null
      ? []
      : [
          {
            what: `importing ${name} beside sqlite3 with indices in place`,
            expected: 'at most 1 x',
            found: times(ours.wall, peer.indicesInPlace.wall),
            reached: ours.wall <= peer.indicesInPlace.wall,
          },
          {
            what: `importing ${name} beside sqlite3 with indices afterwards`,
            expected: 'at most 2 x',
            found: times(ours.wall, peer.indicesAfterwards.wall),
            reached: ours.wall <= 2 * peer.indicesAfterwards.wall,
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
  const beside: Beside[] = [];
  const stalls: { stallMs: number; busyMs: number }[] = [];
  for (const [position, file] of files.entries()) {
    const path = await writeFileOf(file, input, own);
    const cpuBefore = cpuSeconds();
    const imported = await importFile(app, file, path, records);
    const floorOfFile = floors[position] as (typeof floors)[number];
    const ours = { wall: imported.seconds, cpu: cpuSeconds() - cpuBefore };
    beside.push([file.name, ours, commandSeconds(client, floorOfFile, input, folder)]);
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
