import { readConfig } from '../../src/config.ts';
import type { AggregateRequest, Aggregation } from '../../src/domains/facts/enriched-aggregate.ts';
import { compared, comparedTable, compareSpans, request } from './aggregate-compared.ts';
import { openDuckdb } from './duckdb.ts';
import { factsInMemory } from './facts-in-memory.ts';
import { createBenchmarkData } from './fixtures.ts';
import { idleNote, repeated, timed } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { type Report, times } from './report.ts';

const runs = 3;

/** The first enrichment and spans of time as the domain answers them, without a store: also of more records than imports allow. */
export const benchmarkFirstAnswer = async ({ records }: BenchmarkOptions): Promise<Report> => {
  const input = createBenchmarkData(records);
  const enrichedAggregate = factsInMemory(input, readConfig({ data: ':memory:' }));
  const ask = (aggregate: AggregateRequest = request): Promise<Aggregation> => enrichedAggregate.aggregate(aggregate);
  globalThis.gc?.();
  const cold = await timed(() => ask());
  const duckdb = await openDuckdb(input);
  const rows = [compared('first: joins everything', cold, await repeated(runs, () => duckdb.aggregate()))];
  rows.push(await compareSpans(ask, duckdb, input.facts.atUs));
  duckdb.close();
  const title = `FIRST ANSWER: ${records} transactions by status and city, ${cold.result.count} groups; CPU of all threads`;
  return {
    name: 'first-answer',
    tables: [comparedTable(title, rows)],
    targets: rows.map(({ name, ours, theirs }) => ({
      what: `first answer, ${name}`,
      expected: 'at least 3 times less CPU than DuckDB',
      found: times(theirs.cpuSeconds, ours.cpuSeconds),
      reached: 3 * ours.cpuSeconds <= theirs.cpuSeconds,
    })),
    notes: [
      await idleNote(),
      `Tables checked equal first. DuckDB in memory on ${duckdb.threads} threads, with numbers for texts and the ranges flattened beforehand.`,
    ],
  };
};
