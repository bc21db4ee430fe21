import Database from 'better-sqlite3';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import { type BenchmarkData, cityName, createBenchmarkData, createQuestions, userId } from './fixtures.ts';
import { flatten } from './flatten.ts';
import { ipText, load, openApp } from './load-data.ts';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { type Contender, type Race, race } from './race.ts';
import { type Report, times } from './report.ts';

const batchSize = 1000;
const batches = 50;
const rounds = 9;
/** How often a round asks all batches: a round of a few milliseconds would measure the compiler of V8, too. */
const passes = 4;
const timesSqlite = 25;

/** A status, and from when until when it holds; null for an open end. */
type Period = readonly [status: string, fromUs: number | null, toUs: number | null];

/** The answers to a batch, in the order of its keys. */
type AskBatch = (batch: number) => readonly (string | Period)[];

const byBatch = (name: string, ask: AskBatch): Contender => ({
  name,
  answers: () => Array.from({ length: batches }, (_batch, batch) => ask(batch)),
  ask() {
    for (let pass = 0; pass < passes; pass++) for (let batch = 0; batch < batches; batch++) ask(batch);
  },
});

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

/**
 * A status with its period: a change to the same status goes on with it. No two changes of the data are of one instant, so
 * that none corrects another.
 */
const periodOfUser = `
  with decider as (select status from changes where user = :user and at <= :at order by at desc, seq desc limit 1)
  select
    (select status from decider),
    (select at from changes where user = :user and at <= :at and at > ifnull(
      (select at from changes where user = :user and at <= :at and status <> (select status from decider)
       order by at desc limit 1), -1) order by at limit 1),
    (select at from changes where user = :user and at > :at and status is not (select status from decider)
     order by at limit 1)`;

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
  // As they are in a request: JSON.parse does not make texts of parts.
  JSON.parse(
    JSON.stringify(
      Array.from({ length: batches }, (_batch, batch) =>
        Array.from({ length: batchSize }, (_key, index) => keyOf(batch * batchSize + index)),
      ),
    ),
  );

/** Statuses and cities of many keys at once, as `userStatuses` and `ipCities` find them, beside prepared statements. */
export const benchmarkBatches = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder } = options;
  const shared = { unit: 'ns', questions: passes * batches * batchSize, rounds: roundsOf(options, rounds) } as const;
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
  const statusQuestion = `BATCHES: status of ${batchSize} users at an instant, ${records} changes`;
  const statuses = await race({ question: statusQuestion, ...shared }, [
    byBatch('asof', (batch) => {
      const found = userStatus.statusesAt(ids[batch] ?? [], atOf(batch));
      const answers: string[] = [];
      for (let index = 0; index < found.length; index++) answers.push(found.statusAt(index));
      return answers;
    }),
    byBatch('SQLite, prepared, a key each', (batch) =>
      (ids[batch] ?? []).map((id) => statusText(oneStatus.get(id, atOf(batch)))),
    ),
    byBatch('SQLite, prepared, all keys as JSON', (batch) =>
      allStatuses.all(atOf(batch), JSON.stringify(ids[batch])).map(statusText),
    ),
  ]);

  const onePeriod = changes.prepare(periodOfUser).raw();
  const periodQuestion = 'BATCHES: the same with from when until when it holds';
  const periods = await race({ question: periodQuestion, ...shared }, [
    byBatch('asof', (batch) => {
      const found = userStatus.statusesAt(ids[batch] ?? [], atOf(batch));
      const answers: Period[] = [];
      for (let index = 0; index < found.length; index++)
        answers.push([found.statusAt(index), found.validFromUsAt(index), found.validToUsAt(index)]);
      return answers;
    }),
    byBatch('SQLite, prepared, a key each', (batch) =>
      (ids[batch] ?? []).map((user): Period => {
        const [status, from, to] = onePeriod.get({ user, at: atOf(batch) }) as [number | null, number, number];
        return [statusText(status), from, to];
      }),
    ),
  ]);

  const segments = citySqlite(input);
  const oneCity = segments
    .prepare('select last, city from segments where first <= ? order by first desc limit 1')
    .raw();
  const cityQuestion = `BATCHES: city of ${batchSize} addresses, ${records} ranges`;
  const cities = await race({ question: cityQuestion, ...shared }, [
    byBatch('asof, from text', (batch) => {
      const found = ipCity.citiesOf(texts[batch] ?? []);
      const answers: string[] = [];
      for (let index = 0; index < found.length; index++) answers.push(found.cityAt(index) as string);
      return answers;
    }),
    byBatch('SQLite, prepared, a number each, disjoint ranges', (batch) =>
      (values[batch] ?? []).map((value) => {
        const found = oneCity.get(value) as [number, string] | undefined;
        return found && found[0] >= value ? found[1] : 'unknown';
      }),
    ),
  ]);
  changes.close();
  segments.close();
  await app.close();
  const target = (what: string, { entries: [ours, ...others] }: Race) => {
    const least = Math.min(...others.map(({ cpu }) => cpu.median));
    const own = ours?.cpu.median ?? Number.NaN;
    return { what, expected: `${timesSqlite} x SQLite`, found: times(least, own), reached: least >= timesSqlite * own };
  };
  return {
    name: 'batches',
    races: [statuses, periods, cities],
    tables: [],
    targets: [
      target('statuses in batches', statuses),
      target('their periods', periods),
      target('cities in batches', cities),
    ],
    notes: [
      `${batches} batches, each another one; the medians of ${shared.rounds} rounds in turns, answers compared first.`,
      'All read the same columns. SQLite is in memory, with an index that covers the query.',
    ],
  };
};
