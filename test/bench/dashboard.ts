import { deepEqual } from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { App } from '../../src/app.ts';
import { letters } from '../../src/lib/letter.ts';
import { formatInstant } from '../../src/lib/time.ts';
import { Work } from '../../src/lib/work.ts';
import {
  type ConversationData,
  createConversationData,
  createRanges,
  openConversationsInDuckdb,
  perCommit,
  type Range,
  type TalkRow,
} from './conversation-data.ts';
import { configOf, openApp } from './load-data.ts';
import { idleNote, median, timed } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { figure, type Report, type Target, times } from './report.ts';

const rangeCount = 100;
const rounds = 7;
const msMax = 1;
const ratioMax = 1.3;

/** In the order they are stored: a time-ordered UUID (version 7), for SQLite's index of a random one would take an hour. */
const uuidOf = (position: number): string => {
  const digits = position.toString(16).padStart(12, '0');
  const random = (Math.imul(position, 0x9e3779b1) >>> 0).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-${random}`;
};

/** Writes the records past the store, without waiting for the disk. */
const fill = ({ atUs, symbol, followups }: ConversationData, folder: string): void => {
  const client = new Database(join(configOf(folder).data, 'asof.sqlite'));
  client.pragma('synchronous = off');
  const start = client.prepare(
    'insert into conversations (seq, recorded_at_us, uuid, symbol, is_vowel_guess) values (?, ?, ?, ?, ?)',
  );
  const followup = client.prepare('insert into followups (seq, recorded_at_us, uuid) values (?, ?, ?)');
  const commit = client.prepare('insert into commits (last_seq, recorded_at_us) values (?, ?)');
  client.transaction(() => {
    let seq = 0;
    for (let position = 0; position < atUs.length; position++) {
      const [at, uuid, letter] = [atUs[position], uuidOf(position), letters[symbol[position] as number] as string];
      start.run(++seq, at, uuid, letter, 'aeiou'.includes(letter) ? 1 : 0);
      for (let count = 0; count < (followups[position] as number); count++) followup.run(++seq, at, uuid);
      if ((position + 1) % perCommit === 0 || position + 1 === atUs.length) commit.run(seq, at);
    }
  })();
  client.close();
};

const ownRows = async (app: App, { fromUs, toUs }: Range): Promise<TalkRow[]> => {
  const range = { between: { from: fromUs, to: toUs } };
  const { symbols } = await app.domains.dashboard.figures({ range, timeZone: 'UTC' }, new Work());
  return symbols
    .filter(({ count }) => count > 0)
    .map(({ symbol, count, earliestUs, latestUs, followups }) => ({
      symbol,
      count,
      earliestUs: earliestUs as number,
      latestUs: latestUs as number,
      followups,
    }));
};

/** The whole answer, as a client gets it, but for the socket. */
const answerOf = async (app: App, { fromUs, toUs }: Range): Promise<string> => {
  const path = `/dashboard/range/${formatInstant(fromUs)}/${formatInstant(toUs)}`;
  return (await app.fetch(new Request(`http://127.0.0.1${path}`))).text();
};

/** An index with a number of conversations, ready for queries. */
interface Stage {
  readonly count: number;
  readonly app: App;
  readonly ranges: readonly Range[];
  readonly startSeconds: number;
  readonly duckdb: Awaited<ReturnType<typeof openConversationsInDuckdb>>;
}

/** Throws before it reports a time when the rows differ. */
const prepare = async (count: number, parent: string): Promise<Stage> => {
  const folder = join(parent, `conversations-${count}`);
  mkdirSync(folder, { recursive: true });
  const conversations = createConversationData(count);
  const ranges = createRanges(conversations, rangeCount);
  const empty = openApp(folder);
  await empty.start();
  await empty.close();
  fill(conversations, folder);
  const app = openApp(folder);
  const { seconds: startSeconds } = await timed(() => app.start());
  const duckdb = await openConversationsInDuckdb(conversations);
  for (const range of ranges) deepEqual(await ownRows(app, range), await duckdb.rows(range), 'the rows differ');
  return { count, app, ranges, startSeconds, duckdb };
};

/**
 * Milliseconds that each range takes in the best of the rounds, by stage. Stages take turns, so that a moment in which
 * the machine is busy with something else is no one's alone.
 */
const bestMs = async (
  stages: readonly Stage[],
  ask: (stage: Stage, range: Range) => unknown,
): Promise<readonly number[][]> => {
  const best = stages.map(({ ranges }) => ranges.map(() => Number.POSITIVE_INFINITY));
  for (let round = 0; round < rounds; round++)
    for (const [index, stage] of stages.entries()) {
      const times = best[index] as number[];
      for (const [position, range] of stage.ranges.entries()) {
        const startMs = performance.now();
        await ask(stage, range);
        times[position] = Math.min(times[position] as number, performance.now() - startMs);
      }
    }
  return best;
};

const measure = async (counts: readonly number[], parent: string) => {
  const stages: Stage[] = [];
  for (const count of counts) stages.push(await prepare(count, parent));
  const domain = await bestMs(stages, ({ app }, range) => ownRows(app, range));
  const server = await bestMs(stages, ({ app }, range) => answerOf(app, range));
  const theirs = await bestMs(stages, ({ duckdb }, range) => duckdb.rows(range));
  const measured = stages.map(({ count, app, startSeconds }, index) => {
    const state = app.ledger.indexStates().find(({ name }) => name === 'conversations');
    const times = { domain: domain[index], server: server[index], theirs: theirs[index] } as Record<
      'domain' | 'server' | 'theirs',
      number[]
    >;
    return { count, ...times, startSeconds, bytes: (state?.bytes ?? 0) / count };
  });
  for (const { count, app, duckdb } of stages) {
    duckdb.close();
    await app.close();
    rmSync(join(parent, `conversations-${count}`), { recursive: true });
  }
  return measured;
};

/** The dashboard of a range of time over all letters, at two numbers of conversations, beside DuckDB's group-by. */
export const benchmarkDashboard = async ({ records, folder }: BenchmarkOptions): Promise<Report> => {
  const both = await measure([records, records * 10], folder);
  const [few = 0, many = 0] = both.map(({ server }) => median(server));
  const ratio = many / few;
  return {
    name: 'dashboard',
    tables: [
      {
        title: `DASHBOARD: ${rangeCount} ranges, all 26 letters`,
        columns: [
          'conversations',
          'domain, ms',
          'slowest range',
          'whole answer, ms',
          'slowest range',
          'DuckDB, ms',
          'DuckDB, times ours',
          'start, s',
          'bytes each',
        ],
        rows: both.map(({ count, domain, server, theirs, startSeconds, bytes }) => [
          String(count),
          median(domain),
          Math.max(...domain),
          median(server),
          Math.max(...server),
          median(theirs),
          median(theirs) / median(server),
          startSeconds,
          bytes,
        ]),
      },
    ],
    targets: [
      ...both.map(
        ({ count, server }): Target => ({
          what: `dashboard of any range, ${count} conversations`,
          expected: `at most ${msMax} ms`,
          found: `${figure(Math.max(...server))} ms`,
          reached: Math.max(...server) <= msMax,
        }),
      ),
      {
        what: 'dashboard, ten times as many conversations',
        expected: `at most ${ratioMax} x the time`,
        found: `${figure(ratio)} x`,
        reached: ratio <= ratioMax,
      },
      ...both.map(
        ({ count, server, theirs }): Target => ({
          what: `dashboard, ${count} conversations`,
          expected: 'no slower than DuckDB',
          found: times(median(theirs), median(server)),
          reached: median(server) <= median(theirs),
        }),
      ),
    ],
    notes: [
      await idleNote(),
      `Rows checked equal first. Each range in the best of ${rounds} rounds, in which both numbers of conversations take turns; medians over ranges. The whole answer is the address, the route and the JSON, without a socket.`,
      'DuckDB in memory, with the number of follow-ups as a column, so that it joins nothing. Bytes are those of the index alone.',
      `${perCommit} conversations a commit, one of five followed up.`,
    ],
  };
};
