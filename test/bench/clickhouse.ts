import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventsPerTransaction, fillForClickHouse } from './clickhouse-data.ts';
import type { ServerRun } from './clickhouse-process.ts';
import { idleNote, timed } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { figure, type Report, type Target } from './report.ts';
import { runLoad } from './server-process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const library = join(root, 'node_modules/@chdb/lib-linux-x64-gnu/libchdb.so');
const program = fileURLToPath(new URL('./clickhouse-process.js', import.meta.url));

interface Measured {
  readonly records: number;
  readonly fillSeconds: number;
  readonly first: ServerRun;
  readonly again: ServerRun;
  readonly clickhouseBytes: number;
}

/** A server with facts in ClickHouse at a tenth of the records and at all of them, compared with SQL by hand. */
export const benchmarkClickHouse = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder } = options;
  if (!existsSync(library))
    return {
      ...{ name: 'clickhouse', tables: [], targets: [] },
      notes: ['clickhouse: not run, npm install --no-save chdb@3.4.0 installs its engine.'],
    };
  const sizes: Measured[] = [];
  for (const count of [Math.ceil(records / 10), records])
    sizes.push(await measure(count, join(folder, `clickhouse-${count}`)));
  return {
    name: 'clickhouse',
    comparisons: sizes.reduce((sum, { again }) => sum + again.comparisons.length, 0),
    tables: [serverTable(sizes), questionTable(sizes)],
    targets: targetsOf(sizes.at(-1) as Measured),
    notes: [
      await idleNote(options),
      'CPU of the server and of ClickHouse together, medians of 5 rounds in turns; seconds in parentheses.',
      `Growth from a tenth: ${growthOf(sizes)}.`,
    ],
  };
};

const measure = async (records: number, folder: string): Promise<Measured> => {
  mkdirSync(folder, { recursive: true });
  const { seconds: fillSeconds } = await timed(() => fillForClickHouse(records, folder));
  const { child, url } = await startClickHouse(folder);
  try {
    const runIn = (transactions: string): Promise<ServerRun> =>
      runLoad<ServerRun>(['--expose-gc', program, folder, url, String(child.pid), 'asof', transactions]);
    // The first one makes the copy and writes its index file.
    const first = await runIn('');
    const again = await runIn(String(records));
    if (again.fromFile === 0) throw new Error('the second start did not use an index file');
    return { records, fillSeconds, first, again, clickhouseBytes: residentBytes(child) };
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
};

/** The real server, from the library of chdb: see `test/support/clickhouse-shard.py`. */
const startClickHouse = async (folder: string): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const [tcp, http] = [await freePort(), await freePort()];
  const [data, config] = [join(folder, 'clickhouse'), join(folder, 'clickhouse.xml')];
  mkdirSync(data, { recursive: true });
  writeFileSync(config, '<clickhouse><logger><level>none</level></logger></clickhouse>');
  const script = join(root, 'test/support/clickhouse-shard.py');
  const child = spawn('python3', [script, library, data, config, String(tcp), String(http)], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${http}/`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`ClickHouse ended with ${child.exitCode}`);
    try {
      await fetch(url, { method: 'POST', body: 'SELECT 1' });
      return { child, url };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
};

const residentBytes = ({ pid }: ChildProcess): number => {
  const [, kilobytes = 0] = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const megabytes = (bytes: number): number => bytes / 1e6;

const serverTable = (sizes: readonly Measured[]): Report['tables'][number] => ({
  title: 'CLICKHOUSE: the server',
  columns: ['', ...sizes.map(({ records }) => `${records} transactions, ${records * eventsPerTransaction} events`)],
  rows: [
    ['filling the ledger, s', ...sizes.map(({ fillSeconds }) => fillSeconds)],
    ['first start, every record read, CPU s', ...sizes.map(({ first }) => first.startCpuSeconds)],
    ['until copied and stored as joined, s', ...sizes.map(({ first }) => first.levelSeconds)],
    ['of that CPU s of the server', ...sizes.map(({ first }) => first.levelCpuSeconds)],
    ['start from the index file, s', ...sizes.map(({ again }) => again.startSeconds)],
    ['the same, CPU s', ...sizes.map(({ again }) => again.startCpuSeconds)],
    ['memory of the server, MB', ...sizes.map(({ again }) => megabytes(again.bytes))],
    ['with the counts of the monitor, MB', ...sizes.map(({ again }) => megabytes(again.monitorBytes))],
    ['memory of ClickHouse, MB', ...sizes.map(({ clickhouseBytes }) => megabytes(clickhouseBytes))],
  ],
});

const questionTable = (sizes: readonly Measured[]): Report['tables'][number] => ({
  title: 'CLICKHOUSE: answers, CPU s (s)',
  columns: ['records', 'question', 'server', 'SQL by hand', 'times'],
  rows: sizes.flatMap(({ records, again }) =>
    again.comparisons.map(({ name, cpuSeconds, seconds, sqlCpuSeconds, sqlSeconds }) => [
      ...[String(records), name, `${figure(cpuSeconds)} (${figure(seconds)})`],
      ...[`${figure(sqlCpuSeconds)} (${figure(sqlSeconds)})`, cpuSeconds / sqlCpuSeconds],
    ]),
  ),
});

const growthOf = ([small, large]: readonly Measured[]): string => {
  if (!small || !large) return 'not measured';
  const times = (of: (measured: Measured) => number): string => figure(of(large) / of(small));
  return [
    `memory ${times(({ again }) => again.monitorBytes)} times`,
    `start ${times(({ again }) => again.startCpuSeconds)} times`,
    ...small.again.comparisons.map(
      ({ name }, index) => `${name} ${times(({ again }) => again.comparisons[index]?.cpuSeconds ?? Number.NaN)} times`,
    ),
  ].join(', ');
};

const targetsOf = ({ again }: Measured): Target[] => {
  const target = (what: string, found: number, most: number, unit: string): Target => ({
    ...{ what, expected: `at most ${most}${unit}`, found: `${figure(found)}${unit}`, reached: found <= most },
  });
  const most = [1.5, 1.5, 1.3];
  return [
    target('clickhouse: memory of the server', megabytes(again.monitorBytes), 600, ' MB'),
    target('clickhouse: start from the index file', again.startSeconds, 15, ' s'),
    ...again.comparisons.map(({ name, cpuSeconds, sqlCpuSeconds }, index) =>
      target(`clickhouse: ${name}, CPU`, cpuSeconds / sqlCpuSeconds, most[index] as number, ' times SQL by hand'),
    ),
  ];
};
