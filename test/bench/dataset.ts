import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { readConfig } from '../../src/config.ts';
import { pageBeforeCopy, type Question, questionsOf, rounds } from './dataset-questions.ts';
import type { BenchmarkOptions } from './options.ts';
import { watchMemory } from './process-memory.ts';
import { figure, type Report, type Target, times } from './report.ts';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

const words = [
  'alpha',
  'bravo',
  'charlie',
  'delta',
  'echo',
  'foxtrot',
  'golf',
  'hotel',
  'india',
  'juliet',
  'kilo',
  'lima',
];

/** A CSV of ten columns, 124 bytes a row, the last one quoted; the same each time. */
const writeCsv = (path: string, rows: number): void => {
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = (year: number): string => `${year}-${two(1 + random(12))}-${two(1 + random(28))}`;
  const word = (): string => words[random(words.length)] as string;
  const file = openSync(path, 'w');
  let text = 'id,name,city,price,quantity,ratio,active,day,at,note\n';
  for (let row = 0; row < rows; row++) {
    const rare = row % 99_991 === 7 ? ' zanzibar' : '';
    text += `${row},customer ${(row * 7919) % 1_000_003},city${random(300)},${random(1000)}.${two(random(100))},${random(100)},0.${String(random(1e6)).padStart(6, '0')},${random(2) ? 'TRUE' : 'FALSE'},${day(2020)},${day(2021)}T${two(random(24))}:${two(random(60))}:${two(random(60))}Z,"${word()}, ${word()} ${word()} ${word()} ${word()}${rare}"\n`;
    if (text.length > 1 << 20) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
};

const timed = async <R>(work: () => Promise<R> | R): Promise<{ ms: number; answer: R }> => {
  const startMs = performance.now();
  const answer = await work();
  return { ms: performance.now() - startMs, answer };
};

/** Long enough for the server to copy a new version into memory, which it does while nothing is asked. */
const copyMs = 5000;

interface Times {
  /** The median of the rounds, each of which asks for something new. */
  readonly first: number;
  /** The best of five repetitions of one round. */
  readonly again: number;
  readonly answers: readonly number[];
}

const timeRounds = async (ask: (round: number) => Promise<number> | number): Promise<Times> => {
  const answers: number[] = [];
  const firsts: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { ms, answer } = await timed(() => ask(round));
    answers.push(answer);
    firsts.push(ms);
  }
  let again = Number.POSITIVE_INFINITY;
  for (let repetition = 0; repetition < 5; repetition++) again = Math.min(again, (await timed(() => ask(0))).ms);
  firsts.sort((a, b) => a - b);
  return { first: firsts[rounds >> 1] ?? 0, again, answers };
};

const serve = async (data: string, ...more: string[]): Promise<{ process: ChildProcess; url: string }> => {
  const child = spawn(
    process.execPath,
    [cli, 'serve', '--data', data, '--port', '0', '--empty', '--log-level', 'warn', ...more],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let printed = '';
  for (;;) {
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    printed += text;
    const url = /listening on (\S+)/.exec(printed)?.[1];
    if (url) return { process: child, url };
  }
};

interface Found {
  readonly title: string;
  readonly ours: Times;
  readonly theirs: Times;
  readonly sqlites: Times | null;
}

const timesOf = async ({ title, ours, theirs, sqlites }: Question): Promise<Found> => ({
  title,
  ours: await timeRounds(ours),
  theirs: await timeRounds(theirs),
  sqlites: sqlites && (await timeRounds(sqlites)),
});

/** The times of pages while no version is copied into memory yet, of a server that has no room for copies. */
const pagesBeforeCopy = async (data: string, duckdb: DuckDBConnection, sqlite: string | null): Promise<Found> => {
  const { process: server, url } = await serve(data, '--dataset-copies-bytes-max', '1kB');
  try {
    await (await fetch(`${url}/datasets/rows?_first=1`)).text();
    return await timesOf(pageBeforeCopy({ url, duckdb, sqlite }));
  } finally {
    server.kill('SIGTERM');
    await once(server, 'close');
  }
};

/** How long another client's questions take meanwhile: 99 of 100 at most so long, milliseconds. */
const watching = (url: string): (() => Promise<number>) => {
  const times: number[] = [];
  let isOver = false;
  const ask = async (): Promise<void> => {
    while (!isOver) {
      const { ms } = await timed(async () => (await fetch(`${url}/user_status?user_id=1&date=2020-01-01`)).text());
      times.push(ms);
      await setTimeout(5);
    }
  };
  const running = ask();
  return async () => {
    isOver = true;
    await running;
    times.sort((a, b) => a - b);
    return times[Math.floor(times.length * 0.99)] ?? 0;
  };
};

/** Calls `onStart` with the id of the process. */
const runToEnd = async (command: string, args: readonly string[], onStart?: (id: number) => void): Promise<void> => {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  onStart?.(child.pid as number);
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
};

/** A CSV as a dataset beside SQLite's own import and DuckDB, and what others wait meanwhile. */
export const benchmarkDataset = async ({ records, folder, smoke }: BenchmarkOptions): Promise<Report> => {
  const scratch = join(folder, 'dataset');
  mkdirSync(scratch, { recursive: true });
  const csv = join(scratch, 'rows.csv');
  writeCsv(csv, records);
  const megabytes = statSync(csv).size / 1e6;
  const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0;
  const { process: server, url } = await serve(join(scratch, 'data'));
  const notes: string[] = [`${figure(megabytes)} MB, ${records} rows of 10 columns`];
  const targets: Target[] = [];
  try {
    const data = join(scratch, 'data');
    const importing = (onStart?: (id: number) => void) =>
      runToEnd(process.execPath, [cli, 'import', 'dataset', 'rows', csv, '--data', data], onStart);
    const ours = await timed(() => importing());
    const sqlite = join(scratch, 'peer.sqlite');
    const typed =
      'create table rows(id integer, name text, city text, price numeric, quantity integer, ratio real, active text, day text, at text, note text)';
    const theirs = hasSqlite
      ? await timed(() => runToEnd('sqlite3', [sqlite, typed, `.import --csv --skip 1 "${csv}" rows`]))
      : null;
    // Again, with another client that asks all the time: it takes processor time that the peer had for itself.
    const p99OfImport = watching(url);
    let importMemory: (() => number | null) | undefined;
    await importing((id) => {
      importMemory = watchMemory(id);
    });
    const importBytes = importMemory?.() ?? null;
    const importWait = await p99OfImport();
    const instance = await DuckDBInstance.create(':memory:');
    const duckdb = await instance.connect();
    const loaded = await timed(() =>
      duckdb.run(`create table rows as select * from read_csv('${csv}', header = true)`),
    );

    const beforeCopy = await pagesBeforeCopy(data, duckdb, hasSqlite ? sqlite : null);
    await setTimeout(smoke ? copyMs / 10 : copyMs);
    // The first of all questions reads the file to compare it with its checksum.
    await (await fetch(`${url}/datasets/rows?_first=1`)).text();
    const p99OfQuestions = watching(url);
    const serverMemory = watchMemory(server.pid as number);
    const found: Found[] = [];
    for (const question of questionsOf({ url, duckdb, sqlite: hasSqlite ? sqlite : null }))
      found.push(await timesOf(question));
    const questionWait = await p99OfQuestions();
    const serverBytes = serverMemory();
    for (const { title, ours: mine, theirs: peer, sqlites } of [beforeCopy, ...found])
      for (const { answers } of [peer, ...(sqlites ? [sqlites] : [])])
        if (answers.join() !== mine.answers.join())
          throw new Error(`${title}: ${mine.answers.join()} here, ${answers.join()} elsewhere`);

    if (theirs)
      targets.push({
        what: 'import beside the .import of sqlite3',
        expected: 'at most 1 x',
        found: times(ours.ms, theirs.ms),
        reached: ours.ms <= theirs.ms,
      });
    else notes.push('the sqlite3 command is not installed here (Debian package sqlite3): left out');
    for (const { title, ours: mine, theirs: peer } of found)
      targets.push({
        what: `${title}: first answer beside a table of DuckDB`,
        expected: 'at most 1.5 x',
        found: times(mine.first, peer.first),
        reached: mine.first <= 1.5 * peer.first,
      });
    for (const [what, ms] of [
      ['user status of others while a dataset is imported, p99', importWait],
      ['user status of others while datasets are queried, p99', questionWait],
    ] as const)
      targets.push({ what, expected: 'below 50 ms', found: `${figure(ms)} ms`, reached: ms < 50 });
    const { datasetMemoryBytesMax } = readConfig({});
    const bytesMax = datasetMemoryBytesMax + 200e6;
    for (const [what, bytes] of [
      ['memory of an import, with all its processes, at most', importBytes],
      ['memory of the server while datasets are queried, at most', serverBytes],
    ] as const)
      if (bytes !== null)
        targets.push({
          what,
          expected: `below ${figure(bytesMax / 1e6)} MB`,
          found: `${figure(bytes / 1e6)} MB`,
          reached: bytes < bytesMax,
        });
    return {
      name: 'dataset',
      comparisons: found.length + 1,
      tables: [
        {
          title: 'A CSV TAKEN IN, ms',
          columns: ['', 'wall'],
          rows: [
            ['asof import dataset', ours.ms],
            ['sqlite3 .import into a typed table', theirs?.ms ?? null],
            ['DuckDB, read_csv in memory', loaded.ms],
          ],
        },
        {
          title: 'QUESTIONS, ms',
          columns: ['', 'first', 'again', 'DuckDB first', 'DuckDB again', 'sqlite3 first', 'sqlite3 again'],
          rows: [beforeCopy, ...found].map(({ title, ours: mine, theirs: peer, sqlites }) => [
            title,
            ...[mine.first, mine.again, peer.first, peer.again, sqlites?.first ?? null, sqlites?.again ?? null],
          ]),
        },
      ],
      targets,
      notes,
    };
  } finally {
    server.kill('SIGTERM');
    await once(server, 'close');
    rmSync(scratch, { recursive: true, force: true });
  }
};
