import { deepEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { AggregateRequest, Aggregation } from '../../src/domains/facts/enriched-aggregate.ts';
import { byKey, type GroupRow, type openDuckdb } from './duckdb.ts';
import { repeated, type Timed } from './measure.ts';
import type { Table } from './report.ts';

/** Revenue by status and city. */
export const request: AggregateRequest = {
  source: 'TRANSACTIONS',
  groupBy: ['USER_STATUS', 'CITY'],
  timeZone: 'UTC',
  orderBy: [],
};
const spanCount = 25;
/** Questions before the ones that are measured, and the time for what they make in the background. */
const [summingTurns, summingTurnMs] = [4, 3000];

export const rowsOf = ({ groups }: Aggregation): GroupRow[] =>
  groups().map(({ key, measures: { count, sum } }) => [`${key.USER_STATUS}/${key.CITY}`, count, Number(sum / 10_000n)]);

export interface Compared {
  readonly name: string;
  readonly ours: Timed<Aggregation>;
  readonly theirs: Timed<GroupRow[]>;
}

/** Throws before it reports a time when the tables differ. */
export const compared = (name: string, ours: Timed<Aggregation>, theirs: Timed<GroupRow[]>): Compared => {
  deepEqual(byKey(rowsOf(ours.result)), byKey(theirs.result), `${name}: the tables differ`);
  return { name, ours, theirs };
};

export type Ask = (request?: AggregateRequest) => Promise<Aggregation>;
type Duckdb = Awaited<ReturnType<typeof openDuckdb>>;

/** The default aggregate of spans of any length, each another one, beside facts that DuckDB has stored as joined. */
export const compareSpans = async (ask: Ask, duckdb: Duckdb, atUs: Float64Array): Promise<Compared> => {
  await duckdb.store();
  const spans = Array.from({ length: spanCount }, (_span, index) =>
    [atUs[2 * index] as number, atUs[2 * index + 1] as number].sort((a, b) => a - b),
  ) as [number, number][];
  const askSpan = ([from, to]: [number, number]): Promise<Aggregation> =>
    ask({ ...request, where: { range: { between: { from, to } } } });
  await untilSummed((turn) => askSpan([0, atUs[turn] as number]));
  const next =
    (times: number): (() => [number, number]) =>
    () =>
      spans[times++ % spanCount] as [number, number];
  const [ours, theirs] = [next(0), next(0)];
  return compared(
    'of a span of time, each another one',
    await repeated(spanCount, () => askSpan(ours())),
    await repeated(spanCount, () => duckdb.aggregateOf(...theirs())),
  );
};

/** The first questions are answered by scans, and make what later ones are answered from. */
const untilSummed = async (askAnother: (turn: number) => Promise<unknown>): Promise<void> => {
  for (let turn = 0; turn < summingTurns; turn++) {
    await askAnother(turn);
    await delay(summingTurnMs);
  }
};

const columns = ['', 'ms', 'CPU', 'DuckDB, ms', 'CPU', 'times our CPU', 'longest stall, ms', 'of work'];

export const comparedTable = (title: string, rows: readonly Compared[]): Table => ({
  title,
  columns,
  rows: rows.map(({ name, ours, theirs }) => [
    name,
    ours.seconds * 1000,
    ours.cpuSeconds * 1000,
    theirs.seconds * 1000,
    theirs.cpuSeconds * 1000,
    theirs.cpuSeconds / ours.cpuSeconds,
    ours.stallMs,
    ours.busyMs,
  ]),
});
