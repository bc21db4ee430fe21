import { deepEqual } from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../../src/app.ts';
import type { AggregateRequest, Aggregation } from '../../src/domains/facts/enriched-aggregate.ts';
import { type Status, statusCodes } from '../../src/domains/user-status/status.ts';
import { byKey, type GroupRow, openDuckdb } from './duckdb.ts';
import { createBenchmarkData, createQuestions, type Questions, userId } from './fixtures.ts';
import { configOf, load, openApp } from './load-data.ts';
import { idleNote, repeated, type Timed, timed, worst } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { type Report, stallTarget, times } from './report.ts';

const request: AggregateRequest = {
  source: 'TRANSACTIONS',
  groupBy: ['USER_STATUS', 'CITY'],
  timeZone: 'UTC',
  orderBy: [],
};
const runs = 7;
const concurrent = 20;
const spanCount = 25;
/** Questions before the ones that are measured, and the time for what they make in the background. */
const [summingTurns, summingTurnMs] = [4, 3000];

const rowsOf = ({ groups }: Aggregation): GroupRow[] =>
  groups().map(({ key, measures: { count, sum } }) => [`${key.USER_STATUS}/${key.CITY}`, count, Number(sum / 10_000n)]);

interface Compared {
  readonly name: string;
  readonly ours: Timed<Aggregation>;
  readonly theirs: Timed<GroupRow[]>;
}

/** Throws before it reports a time when the tables differ. */
const compared = (name: string, ours: Timed<Aggregation>, theirs: Timed<GroupRow[]>): Compared => {
  deepEqual(byKey(rowsOf(ours.result)), byKey(theirs.result), `${name}: the tables differ`);
  return { name, ours, theirs };
};

type Ask = (request?: AggregateRequest) => Promise<Aggregation>;
type Duckdb = Awaited<ReturnType<typeof openDuckdb>>;

/** The default aggregate of spans of any length, each another one, beside facts that DuckDB has stored as joined. */
const compareSpans = async (ask: Ask, duckdb: Duckdb, atUs: Float64Array): Promise<Compared> => {
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

/** Runs many aggregates at once beside lookups; measures the longest stall and the lookups completed meanwhile. */
const crowd = async (app: App, { user, atUs, ip }: Questions, request: AggregateRequest) => {
  const { userStatus, ipCity, enrichedAggregate } = app.domains;
  let lookups = 0;
  const lookUp = (): void => {
    const n = lookups++ % user.length;
    userStatus.statusAt(userId(user[n] as number), atUs[n] as number);
    ipCity.cityOf({ family: 4, value: ip[n] as number });
  };
  const timer = setInterval(lookUp, 1);
  const { seconds, stallMs, busyMs } = await timed(() =>
    Promise.all(Array.from({ length: concurrent }, () => enrichedAggregate.aggregate(request))),
  );
  clearInterval(timer);
  return { seconds, stallMs, busyMs, lookups };
};

/** Revenue by status and city, each transaction joined to the facts of its time, beside DuckDB's ASOF joins. */
export const benchmarkAggregate = async ({ records, folder }: BenchmarkOptions): Promise<Report> => {
  const input = createBenchmarkData(records);
  await load(input, folder);
  const duckdb = await openDuckdb(input);
  // A copy, for a status change is recorded.
  const own = join(folder, 'aggregate');
  cpSync(configOf(folder).data, configOf(own).data, { recursive: true });
  const app = openApp(own);
  await app.start();
  const { domains, ledger } = app;
  const ask = (aggregate = request): Promise<Aggregation> => domains.enrichedAggregate.aggregate(aggregate);

  const before = ledger.snapshot();
  const cold = await timed(() => ask());
  const joined = await repeated(runs, () => duckdb.aggregate());
  const rows = [compared('first: joins everything', cold, joined)];
  rows.push(compared('again', await repeated(runs, () => ask()), joined));
  rows.push(await compareSpans(ask, duckdb, input.facts.atUs));

  const [user, atUs, status] = [
    input.facts.user[0] as number,
    (input.facts.atUs[0] as number) - 1,
    'cancelled' as Status,
  ];
  const change = { userId: userId(user), effectiveAtUs: atUs, status };
  const { imports, importers } = domains;
  const value = importers.statusChanges.wire(change);
  const { outcomes } = await imports.ingest(importers.statusChanges, 'bench', [{ value, raw: JSON.stringify(value) }]);
  if (outcomes[0]?.kind !== 'CREATED') throw new Error(`the status change was not recorded: ${outcomes[0]?.kind}`);
  const changed = await timed(() => ask());
  await duckdb.addChange(records + 1, user, atUs, statusCodes.indexOf(status));
  rows.push(compared('after a late status change', changed, await timed(() => duckdb.aggregate())));

  const then: AggregateRequest = { ...request, asOf: { knownAtUs: before.atUs ?? 0 } };
  const knownThen = await repeated(runs, () => ask(then));
  rows.push(compared('as known before that change', knownThen, await repeated(runs, () => duckdb.aggregate(records))));
  deepEqual(rowsOf(knownThen.result), rowsOf(cold.result), 'a state of the past differs from what it was');

  const questions = createQuestions(input, 10_000);
  const crowds = [
    { name: `${concurrent} default aggregates at once`, ...(await crowd(app, questions, request)) },
    { name: `${concurrent} as known before, at once`, ...(await crowd(app, questions, then)) },
  ];
  duckdb.close();
  await app.close();
  rmSync(own, { recursive: true });

  return {
    name: 'aggregate',
    tables: [
      {
        title: `AGGREGATE: ${records} transactions by status and city, ${cold.result.count} groups`,
        columns: ['', 'ms', 'DuckDB, ms', 'DuckDB, times ours', 'longest stall, ms', 'of work'],
        rows: rows.map(({ name, ours, theirs }) => [
          name,
          ours.seconds * 1000,
          theirs.seconds * 1000,
          theirs.seconds / ours.seconds,
          ours.stallMs,
          ours.busyMs,
        ]),
      },
      {
        title: 'AGGREGATE: many at once, with lookups in between',
        columns: ['', 'ms in all', 'lookups meanwhile', 'longest stall, ms', 'of work'],
        rows: crowds.map(({ name, seconds: took, lookups, stallMs, busyMs }) => [
          name,
          took * 1000,
          lookups,
          stallMs,
          busyMs,
        ]),
      },
    ],
    targets: [
      ...rows.map(({ name, ours, theirs }) => ({
        what: `aggregate, ${name}`,
        expected: 'no slower than DuckDB',
        found: times(theirs.seconds, ours.seconds),
        reached: ours.seconds <= theirs.seconds,
      })),
      stallTarget('stall of one aggregate', worst(rows.map(({ ours }) => ours))),
      stallTarget(`stall of ${concurrent} aggregates`, worst(crowds)),
    ],
    notes: [
      await idleNote(),
      `Tables checked equal first. DuckDB in memory on ${duckdb.threads} threads, with numbers for texts and the ranges flattened beforehand; its median of ${runs}.`,
      'Ours answers again from joined columns; DuckDB joins each time.',
    ],
  };
};
