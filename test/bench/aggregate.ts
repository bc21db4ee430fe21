import { deepEqual } from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../../src/app.ts';
import type { AggregateRequest } from '../../src/domains/facts/enriched-aggregate.ts';
import { type Status, statusCodes } from '../../src/domains/user-status/status.ts';
import { type Ask, compared, compareSpans, racesOf, request, rowsOf } from './aggregate-compared.ts';
import { openDuckdb } from './duckdb.ts';
import { createBenchmarkData, createQuestions, type Questions, userId } from './fixtures.ts';
import { configOf, load, openApp } from './load-data.ts';
import { idleNote, repeated, timed, worst } from './measure.ts';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { type Report, stallTarget, times } from './report.ts';

const concurrent = 20;

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
export const benchmarkAggregate = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder } = options;
  const runs = roundsOf(options, 7);
  const input = createBenchmarkData(records);
  await load(input, folder);
  const duckdb = await openDuckdb(input);
  // A copy, for a status change is recorded.
  const own = join(folder, 'aggregate');
  cpSync(configOf(folder).data, configOf(own).data, { recursive: true });
  const app = openApp(own);
  await app.start();
  const { domains, ledger } = app;
  const ask: Ask = async (aggregate = request) => rowsOf(await domains.enrichedAggregate.aggregate(aggregate));

  const before = ledger.snapshot();
  const cold = await timed(() => ask());
  const joined = await repeated(runs, () => duckdb.aggregate());
  const rows = [compared('first: joins everything', cold, joined)];
  rows.push(compared('again', await repeated(runs, () => ask()), joined));
  rows.push(await compareSpans(ask, { duckdb }, input.facts.atUs, options));

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
  deepEqual(knownThen.result, cold.result, 'a state of the past differs from what it was');

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
    races: racesOf(`AGGREGATE: ${records} transactions by status and city, ${cold.result.length} groups`, rows, runs),
    // The state of the past beside what it was.
    comparisons: 1,
    tables: [
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
      await idleNote(options),
      `Tables checked equal first. DuckDB in memory on ${duckdb.threads} threads, with numbers for texts and the ranges flattened beforehand; its median of ${runs}.`,
      'Ours answers again from joined columns; DuckDB joins each time.',
    ],
  };
};
