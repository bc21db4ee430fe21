import Database from 'better-sqlite3';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import { parseIp } from '../../src/lib/ip.ts';
import { type BenchmarkData, cityName, createBenchmarkData, createQuestions, userId } from './fixtures.ts';
import { flatten } from './flatten.ts';
import { ipText, load, openApp } from './load-data.ts';
import { median } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { type Report, type Table, times } from './report.ts';

const batchSize = 1000;
const batches = 50;
const rounds = 7;
const timesSqlite = 25;

interface Contender {
  readonly name: string;
  /** The texts that answer a batch, in the order of its keys. */
  ask(batch: number): readonly string[];
}

interface Measured {
  readonly name: string;
  /** Processor time of a key: median of the rounds, the least and the greatest. */
  readonly ns: number;
  readonly spread: string;
}

/** All contenders in turns. Throws before it reports a time when one answers differently. */
const race = (contenders: readonly Contender[]): Measured[] => {
  for (let batch = 0; batch < batches; batch++) {
    const [ours, ...others] = contenders.map(({ ask }) => ask(batch).join());
    if (others.some((answers) => answers !== ours)) throw new Error(`batch ${batch}: the answers differ`);
  }
  const runs = contenders.map(({ name, ask }) => ({ name, ask, ns: [] as number[] }));
  for (let round = 0; round < rounds; round++)
    for (const { ask, ns } of runs) {
      const before = process.cpuUsage();
      for (let batch = 0; batch < batches; batch++) ask(batch);
      const { user, system } = process.cpuUsage(before);
      ns.push(((user + system) * 1000) / (batches * batchSize));
    }
  return runs.map(({ name, ns }) => {
    const [least, greatest] = [Math.min(...ns), Math.max(...ns)];
    return { name, ns: median(ns), spread: `${least.toFixed(0)} to ${greatest.toFixed(0)}` };
  });
};

const memoryWith = (schema: string, insert: string, rows: number, cellsOf: (row: number) => unknown[]) => {
  const client = new Database(':memory:');
  client.exec(schema);
  const statement = client.prepare(insert);
  client.transaction(() => {
    for (let row = 0; row < rows; row++) statement.run(cellsOf(row));
  })();
  return client;
};

/** The index holds all that the query reads. */
const statusSqlite = ({ changes: { user, atUs, status } }: BenchmarkData) =>
  memoryWith(
    'create table changes (user text, at integer, seq integer, status integer, primary key (user, at, seq)) without rowid',
    'insert into changes values (?, ?, ?, ?)',
    user.length,
    (row) => [userId(user[row] as number), atUs[row], row + 1, status[row]],
  );

const citySqlite = ({ ranges }: BenchmarkData) => {
  const { first, last, city } = flatten(ranges);
  return memoryWith(
    'create table segments (first integer primary key, last integer, city text)',
    'insert into segments values (?, ?, ?)',
    first.length,
    (row) => [first[row], last[row], cityName(city[row] as number)],
  );
};

/** The keys of a batch, and what is requested of all. */
const batchesOf = <T>(keyOf: (index: number) => T): readonly (readonly T[])[] =>
  Array.from({ length: batches }, (_batch, batch) =>
    Array.from({ length: batchSize }, (_key, index) => keyOf(batch * batchSize + index)),
  );

const tableOf = (title: string, measured: readonly Measured[]): Table => ({
  title,
  columns: ['', 'ns of CPU a key', 'least to greatest', 'times asof'],
  rows: measured.map(({ name, ns, spread }) => [name, ns, spread, ns / (measured[0] as Measured).ns]),
});

/** Statuses and cities of many keys at once, as `userStatuses` and `ipCities` find them, beside prepared statements. */
export const benchmarkBatches = async ({ records, folder }: BenchmarkOptions): Promise<Report> => {
  const input = createBenchmarkData(records);
  await load(input, folder);
  const app = openApp(folder);
  await app.start();
  const { userStatus, ipCity } = app.domains;
  const questions = createQuestions(input, batches * batchSize);
  const ids = batchesOf((index) => userId(questions.user[index] as number));
  const values = batchesOf((index) => questions.ip[index] as number);
  const texts = values.map((batch) => batch.map(ipText));
  const atOf = (batch: number): number => questions.atUs[batch] as number;

  const changes = statusSqlite(input);
  const oneStatus = changes
    .prepare('select status from changes where user = ? and at <= ? order by at desc, seq desc limit 1')
    .pluck();
  const allStatuses = changes
    .prepare(
      `select (select status from changes where user = listed.value and at <= ? order by at desc, seq desc limit 1)
       from json_each(?) listed order by listed.key`,
    )
    .pluck();
  const statusText = (code: unknown): string => statusCodes[Number(code ?? 0)] as string;
  const statuses = race([
    { name: 'asof', ask: (batch) => userStatus.statusesAt(ids[batch] ?? [], atOf(batch)).map(({ status }) => status) },
    {
      name: 'SQLite, prepared, a key each',
      ask: (batch) => (ids[batch] ?? []).map((id) => statusText(oneStatus.get(id, atOf(batch)))),
    },
    {
      name: 'SQLite, prepared, all keys as JSON',
      ask: (batch) => allStatuses.all(atOf(batch), JSON.stringify(ids[batch])).map(statusText),
    },
  ]);

  const segments = citySqlite(input);
  const oneCity = segments
    .prepare('select last, city from segments where first <= ? order by first desc limit 1')
    .raw();
  const cities = race([
    {
      name: 'asof, from text',
      ask: (batch) => (texts[batch] ?? []).map((text) => ipCity.cityOf(parseIp(text) ?? { family: 4, value: 0 }).city),
    },
    {
      name: 'SQLite, prepared, a number each, disjoint ranges',
      ask: (batch) =>
        (values[batch] ?? []).map((value) => {
          const found = oneCity.get(value) as [number, string] | undefined;
          return found && found[0] >= value ? found[1] : 'unknown';
        }),
    },
  ]);
  changes.close();
  segments.close();
  await app.close();
  const target = (what: string, [ours, ...others]: readonly Measured[]) => {
    const least = Math.min(...others.map(({ ns }) => ns));
    const reached = least >= timesSqlite * (ours as Measured).ns;
    return { what, expected: `${timesSqlite} x SQLite`, found: times(least, (ours as Measured).ns), reached };
  };
  return {
    name: 'batches',
    tables: [
      tableOf(`BATCHES: status of ${batchSize} users at an instant, ${records} changes`, statuses),
      tableOf(`BATCHES: city of ${batchSize} addresses, ${records} ranges`, cities),
    ],
    targets: [target('statuses in batches', statuses), target('cities in batches', cities)],
    notes: [
      `${batches} batches, each another one; the medians of ${rounds} interleaved rounds, answers compared first.`,
      'Ours are whole answers, with the period of a status and its record, and with the kind of an address and its range.',
    ],
  };
};
