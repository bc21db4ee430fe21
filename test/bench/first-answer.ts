import { readConfig } from '../../src/config.ts';
import { type Ask, compared, compareSpans, racesOf, request, rowsOf, spanSeconds } from './aggregate-compared.ts';
import { openClickhouse } from './clickhouse-peer.ts';
import { openDuckdb } from './duckdb.ts';
import { factsInMemory } from './facts-in-memory.ts';
import { type BenchmarkData, createBenchmarkData } from './fixtures.ts';
import { idleNote, repeated, timed } from './measure.ts';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { type Report, times } from './report.ts';

/** So many times the facts should take at most 1.3 times as long. */
const growth = 10;

const askOf = (input: BenchmarkData): Ask => {
  const enrichedAggregate = factsInMemory(input, readConfig({ data: ':memory:' }));
  return async (aggregate = request) => rowsOf(await enrichedAggregate.aggregate(aggregate));
};

/** The first enrichment and spans of time as the domain answers them, without a store: also of more records than imports allow. */
export const benchmarkFirstAnswer = async (options: BenchmarkOptions): Promise<Report> => {
  const { records } = options;
  const runs = roundsOf(options, 3);
  const input = createBenchmarkData(records);
  const ask = askOf(input);
  globalThis.gc?.();
  const cold = await timed(() => ask());
  const duckdb = await openDuckdb(input);
  const clickhouse = await openClickhouse(input);
  const first = compared(
    'first: joins everything',
    cold,
    await repeated(runs, () => duckdb.aggregate()),
    clickhouse && (await repeated(runs, () => clickhouse.aggregate())),
  );
  const spans = await compareSpans(ask, { duckdb, clickhouse }, input.facts.atUs, options);
  duckdb.close();
  clickhouse?.close();
  // Of the smaller facts later, when the program is compiled: the growth is rather too great.
  const smaller = createBenchmarkData(Math.ceil(records / growth));
  const smallerSeconds = await spanSeconds(askOf(smaller), smaller.facts.atUs, options);
  const title = `FIRST ANSWER: ${records} transactions by status and city, ${cold.result.length} groups; CPU of all threads`;
  return {
    name: 'first-answer',
    races: racesOf(title, [first, spans], runs),
    tables: [],
    targets: [
      {
        what: `first answer, ${first.name}`,
        expected: 'at least 3 times less CPU than DuckDB',
        found: times(first.theirs.cpuSeconds, first.ours.cpuSeconds),
        reached: 3 * first.ours.cpuSeconds <= first.theirs.cpuSeconds,
      },
      {
        what: `first answer, ${spans.name}`,
        expected: 'at least 25 times faster than DuckDB',
        found: times(spans.theirs.seconds, spans.ours.seconds),
        reached: 25 * spans.ours.seconds <= spans.theirs.seconds,
      },
      {
        what: `first answer, ${spans.name}, beside ${smaller.facts.user.length} transactions`,
        expected: 'at most 1.3 times as long',
        found: times(spans.ours.seconds, smallerSeconds),
        reached: spans.ours.seconds <= 1.3 * smallerSeconds,
      },
    ],
    notes: [
      await idleNote(options),
      `Tables checked equal first. DuckDB in memory on ${duckdb.threads} threads, with numbers for texts and the ranges flattened beforehand.`,
      'All sides read the texts, count and exact sum of every group.',
      clickhouse ? 'ClickHouse in this process (chdb), in tables of MergeTree.' : 'ClickHouse (chdb) is not installed.',
    ],
  };
};
