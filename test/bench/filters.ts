import { readConfig } from '../../src/config.ts';
import type { AggregateRequest, Aggregation } from '../../src/domains/facts/enriched-aggregate.ts';
import { openDuckdb } from './duckdb.ts';
import { factsInMemory } from './facts-in-memory.ts';
import { dimensionSql, type FilterQuestion, filterQuestions } from './filter-questions.ts';
import { createBenchmarkData } from './fixtures.ts';
import { idleNote } from './measure.ts';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { type Group, raceTogether, timesOurs } from './race.ts';
import { type Report, times } from './report.ts';

const usualRounds = 21;
const comparedRounds = 3;

/** Key, count and sum in millionths of each group. */
type Row = readonly [...(string | number)[], bigint, bigint];

const inOrder = (rows: Row[]): Row[] =>
  rows.sort((a, b) => {
    for (let index = 0; index < a.length; index++) {
      const [one, other] = [a[index] as string | number, b[index] as string | number];
      if (one !== other) return one < other ? -1 : 1;
    }
    return 0;
  });

/** Reads the key, count and sum of every group. */
const rowsOf = async ({ groups }: Aggregation, groupBy: AggregateRequest['groupBy']): Promise<Row[]> => {
  const found = await groups();
  return found.map(
    ({ key, measures: { count, sum } }): Row => [
      ...groupBy.map((name) => key[name] as string | number),
      BigInt(count),
      BigInt(sum),
    ],
  );
};

const microsPerCent = 10_000n;

/** Filters and dimensions of any kind, each time with other values, beside facts that DuckDB has stored as joined. */
export const benchmarkFilters = async (options: BenchmarkOptions): Promise<Report> => {
  const { records } = options;
  const rounds = roundsOf(options, usualRounds);
  const input = createBenchmarkData(records);
  const { aggregate } = factsInMemory(input, readConfig({ data: ':memory:' }));
  const duckdb = await openDuckdb(input);
  await duckdb.store();
  const groupOf = ({ name, groupBy, grain, filterOf }: FilterQuestion): Group => {
    const dimensions = groupBy.map((dimension) => dimensionSql(dimension, grain));
    const select = `${dimensions.map(({ sql }) => sql).join(', ')}, count(*), sum(cents)`;
    const ours = async (round: number): Promise<Row[]> => {
      const { where } = filterOf(round);
      const found = await aggregate({ source: 'TRANSACTIONS', groupBy, grain, where, timeZone: 'UTC', orderBy: [] });
      return rowsOf(found, groupBy);
    };
    const theirs = async (round: number): Promise<Row[]> => {
      const found = await duckdb.rowsOf(`select ${select} from stored where ${filterOf(round).sql} group by all`);
      return found.map(
        (cells): Row => [
          ...dimensions.map(({ textOf }, index) => textOf(cells[index])),
          BigInt(cells[groupBy.length] as bigint),
          BigInt(cells[groupBy.length + 1] as bigint) * microsPerCent,
        ],
      );
    };
    const answersOf = async (ask: (round: number) => Promise<Row[]>) => {
      const answers: Row[][] = [];
      // Values that the rounds do not ask, so that no answer is known by then.
      for (let round = 0; round < comparedRounds; round++) answers.push(inOrder(await ask(rounds + round)));
      return answers;
    };
    return {
      question: `FILTERS: ${records} transactions ${name}`,
      contenders: [
        { name: 'asof', answers: () => answersOf(ours), ask: ours },
        { name: 'DuckDB', answers: () => answersOf(theirs), ask: theirs },
      ],
    };
  };
  const questions = filterQuestions(input);
  const races = await raceTogether({ unit: 'ms', rounds, watchesStalls: true }, questions.map(groupOf));
  duckdb.close();
  return {
    name: 'filters',
    races,
    tables: [],
    targets: races.map((raced, index) => {
      const ratio = timesOurs(raced, 'DuckDB', 'wall');
      return {
        what: `filters, ${(questions[index] as FilterQuestion).name}`,
        expected: 'no slower than DuckDB',
        found: times(ratio, 1),
        reached: ratio >= 1,
      };
    }),
    notes: [
      await idleNote(options),
      `DuckDB in memory on ${duckdb.threads} threads, with numbers for texts, and facts that are stored as joined, in the order of time.`,
      'Both read the key, count and exact sum of every group; each round asks for other values of the same grouping.',
    ],
  };
};
