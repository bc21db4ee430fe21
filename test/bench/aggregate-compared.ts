import { deepEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { AggregateRequest, Aggregation } from '../../src/domains/facts/enriched-aggregate.ts';
import type { openClickhouse } from './clickhouse-peer.ts';
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
export const rowsOf = async ({ groups }: Aggregation): Promise<GroupRow[]> => {
  const found = await groups();
  return found.map(({ key, measures: { count, sum } }) => [key.USER_STATUS as string, key.CITY as string, count, sum]);
};

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
  /** DuckDB's. */
  readonly theirs: Timed<GroupRow[]>;
  /** Null where ClickHouse is not installed, or does not take part. */
  readonly clickhouse: Timed<GroupRow[]> | null;
}

/** Throws before it reports a time when the tables differ. */
export const compared = (
  name: string,
  ours: Timed<GroupRow[]>,
  theirs: Timed<GroupRow[]>,
  clickhouse: Timed<GroupRow[]> | null = null,
): Compared => {
  const found = comparable(ours.result, microsPerCent);
  for (const [peer, timed] of [
    ['DuckDB', theirs],
    ['ClickHouse', clickhouse],
  ] as const)
    if (timed) deepEqual(found, comparable(timed.result, 1n), `${name}: the table of ${peer} differs`);
  return { name, ours, theirs, clickhouse };
};

export type Ask = (request?: AggregateRequest) => Promise<GroupRow[]>;
type Duckdb = Awaited<ReturnType<typeof openDuckdb>>;
type ClickHouse = Awaited<ReturnType<typeof openClickhouse>>;
type SpanPeer = Pick<Duckdb, 'store' | 'aggregateOf'>;
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
  const next = (rest: Iterator<Span>): Span => rest.next().value as Span;
  const all = (askOne: (span: Span) => Promise<GroupRow[]>): Promise<Timed<GroupRow[]>> => {
    const rest = spans.values();
    return repeated(spanCount, () => askOne(next(rest)));
  };
  return { ours: () => all(askSpan), theirs: (peer: SpanPeer) => all((span) => peer.aggregateOf(...span)) };
};

interface Peers {
  readonly duckdb: Duckdb;
  readonly clickhouse?: ClickHouse;
}

/** The default aggregate of spans of time beside facts that the peers have stored as joined. */
export const compareSpans = async (
  ask: Ask,
  { duckdb, clickhouse = null }: Peers,
  atUs: Float64Array,
  effort: Effort,
): Promise<Compared> => {
  await duckdb.store();
  await clickhouse?.store();
  const { ours, theirs } = await spansOf(ask, atUs, effort);
  const [found, ofDuckdb] = [await ours(), await theirs(duckdb)];
  return compared('of a span of time, each another one', found, ofDuckdb, clickhouse && (await theirs(clickhouse)));
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
  rows.map(({ name, ours, theirs, clickhouse }) => ({
    ...{ question: `${title}, ${name}`, unit: 'ms', rounds },
    entries: [
      { ...racedOf('asof', ours), stallMs: ours.stallMs, busyMs: ours.busyMs },
      racedOf('DuckDB', theirs),
      ...(clickhouse ? [racedOf('ClickHouse (chdb)', clickhouse)] : []),
    ],
  }));
