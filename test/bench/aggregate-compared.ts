import { deepEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { AggregateRequest, Aggregation } from '../../src/domains/facts/enriched-aggregate.ts';
import type { GroupRow, openDuckdb } from './duckdb.ts';
import { repeated, type Spread, spreadOf, type Timed } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import type { Race, Raced } from './race.ts';

/** Revenue by status and city. */
export const request: AggregateRequest = {
  source: 'TRANSACTIONS',
  groupBy: ['USER_STATUS', 'CITY'],
  timeZone: 'UTC',
  orderBy: [],
};
/** As many as a server has answered after a while, on both sides: the program is compiled then. */
const spanCount = 200;
/** Questions before the ones that are measured, and the time for what they make in the background; less for few records. */
const [summingTurns, summingTurnMs, smokeTurnMs] = [4, 3000, 200];

/** Millionths in a cent. */
const microsPerCent = 10_000n;

/** Every group with its texts, count and exact sum, as DuckDB's side reads them, too. */
export const rowsOf = ({ groups }: Aggregation): GroupRow[] =>
  groups().map(({ key, measures: { count, sum } }) => [key.USER_STATUS as string, key.CITY as string, count, sum]);

/** Rows that are equal for equal groups. */
const comparable = (rows: readonly GroupRow[], perCent: bigint): [string, number, bigint][] =>
  rows
    .map(([status, city, count, sum]): [string, number, bigint] => [
      `${status}/${city}`,
      Number(count),
      BigInt(sum) / perCent,
    ])
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

export interface Compared {
  readonly name: string;
  readonly ours: Timed<GroupRow[]>;
  readonly theirs: Timed<GroupRow[]>;
}

/** Throws before it reports a time when the tables differ. */
export const compared = (name: string, ours: Timed<GroupRow[]>, theirs: Timed<GroupRow[]>): Compared => {
  const [found, expected] = [comparable(ours.result, microsPerCent), comparable(theirs.result, 1n)];
  deepEqual(found, expected, `${name}: the tables differ`);
  return { name, ours, theirs };
};

export type Ask = (request?: AggregateRequest) => Promise<GroupRow[]>;
type Duckdb = Awaited<ReturnType<typeof openDuckdb>>;
type Effort = Pick<BenchmarkOptions, 'smoke'>;
type Span = readonly [fromUs: number, toUs: number];

/** Questions about spans of any length, each another one, once what they are answered from is made. */
const spansOf = async (ask: Ask, atUs: Float64Array, { smoke }: Effort) => {
  const spans = Array.from({ length: spanCount }, (_span, index) =>
    [atUs[2 * index] as number, atUs[2 * index + 1] as number].sort((a, b) => a - b),
  ) as unknown as Span[];
  const askSpan = ([from, to]: Span): Promise<GroupRow[]> =>
    ask({ ...request, where: { range: { between: { from, to } } } });
  const turnMs = smoke ? smokeTurnMs : summingTurnMs;
  await untilSummed(turnMs, (turn) => askSpan([0, atUs[turn] as number]));
  const [ours, theirs] = [spans.values(), spans.values()];
  const next = (rest: Iterator<Span>): Span => rest.next().value as Span;
  return {
    ours: () => repeated(spanCount, () => askSpan(next(ours))),
    theirs: (duckdb: Duckdb) => repeated(spanCount, () => duckdb.aggregateOf(...next(theirs))),
  };
};

/** The default aggregate of spans of time beside facts that DuckDB has stored as joined. */
export const compareSpans = async (ask: Ask, duckdb: Duckdb, atUs: Float64Array, effort: Effort): Promise<Compared> => {
  await duckdb.store();
  const { ours, theirs } = await spansOf(ask, atUs, effort);
  return compared('of a span of time, each another one', await ours(), await theirs(duckdb));
};

/** Seconds of the same of other facts. */
export const spanSeconds = async (ask: Ask, atUs: Float64Array, effort: Effort): Promise<number> => {
  const { ours } = await spansOf(ask, atUs, effort);
  return (await ours()).seconds;
};

/** The first questions are answered by scans, and make what later ones are answered from. */
const untilSummed = async (turnMs: number, askAnother: (turn: number) => Promise<unknown>): Promise<void> => {
  for (let turn = 0; turn < summingTurns; turn++) {
    await askAnother(turn);
    await delay(turnMs);
  }
};

const millisecondsOf = ({ median, least, greatest }: Spread): Spread => ({
  ...{ median: median * 1000, least: least * 1000, greatest: greatest * 1000 },
});

const racedOf = (name: string, { seconds, cpuSeconds, spreads }: Timed<GroupRow[]>): Raced => ({
  name,
  wall: millisecondsOf(spreads?.wall ?? spreadOf([seconds])),
  cpu: millisecondsOf(spreads?.cpu ?? spreadOf([cpuSeconds])),
});

/** Each comparison with the spreads of both, a question that can be asked only once with none. */
export const racesOf = (title: string, rows: readonly Compared[], rounds: number): Race[] =>
  rows.map(({ name, ours, theirs }) => ({
    ...{ question: `${title}, ${name}`, unit: 'ms', rounds },
    entries: [{ ...racedOf('asof', ours), stallMs: ours.stallMs, busyMs: ours.busyMs }, racedOf('DuckDB', theirs)],
  }));
