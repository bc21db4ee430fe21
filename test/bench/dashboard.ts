import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openClient } from '../../db/sqlite/file/client.ts';
import { SqliteTransaction } from '../../db/sqlite/transaction/transaction.ts';
import { conversations, followups } from '../../db/tables/conversations.ts';
import type { App } from '../../src/app.ts';
import { letters } from '../../src/lib/letter.ts';
import { formatInstant, parseInstant } from '../../src/lib/time.ts';
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
import { idleNote, timed } from './measure.ts';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { type Race, raceTogether, timesOurs } from './race.ts';
import { figure, type Report, type Target, times } from './report.ts';

const rangeCount = 100;
const msMax = 1;
const ratioMax = 1.3;

/** In the order they are stored: a time-ordered UUID (version 7), for SQLite's index of a random one would take an hour. */
const uuidOf = (position: number): string => {
  const digits = position.toString(16).padStart(12, '0');
  const random = (Math.imul(position, 0x9e3779b1) >>> 0).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-${random}`;
};

/** Writes the records past the store's queue, without waiting for the disk; the commits continue the chain as its own do. */
const fill = ({ atUs, symbol, followups: counts }: ConversationData, folder: string): void => {
  const client = openClient(join(configOf(folder).data, 'asof.sqlite'));
  client.pragma('synchronous = off');
  let nowUs = 0;
  const tx = new SqliteTransaction(client, { nowUs: () => nowUs, firstSequence: 1 }, null);
  const sent = { importId: null, line: null, sentBy: null } as const;
  const add = (position: number): void => {
    const [uuid, letter] = [uuidOf(position), letters[symbol[position] as number] as string];
    tx.append(conversations, { ...sent, uuid, symbol: letter, isVowelGuess: 'aeiou'.includes(letter) });
    for (let count = 0; count < (counts[position] as number); count++) tx.append(followups, { ...sent, uuid });
  };
  client.transaction(() => {
    for (let from = 0; from < atUs.length; from += perCommit) {
      nowUs = atUs[from] as number;
      tx.begin();
      for (let position = from; position < Math.min(from + perCommit, atUs.length); position++) add(position);
      tx.end();
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
  const answer = await app.fetch(new Request(`http://127.0.0.1${path}`));
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${text}`);
  return text;
};

/** An index with a number of conversations, ready for queries. */
interface Stage {
  readonly count: number;
  readonly app: App;
  readonly ranges: readonly Range[];
  readonly startSeconds: number;
  readonly duckdb: Awaited<ReturnType<typeof openConversationsInDuckdb>>;
}

const prepare = async (count: number, parent: string): Promise<Stage> => {
  const folder = join(parent, `conversations-${count}`);
  mkdirSync(folder, { recursive: true });
  const input = createConversationData(count);
  const ranges = createRanges(input, rangeCount);
  const empty = openApp(folder);
  await empty.start();
  await empty.close();
  fill(input, folder);
  const app = openApp(folder);
  const { seconds: startSeconds } = await timed(() => app.start());
  const duckdb = await openConversationsInDuckdb(input);
  return { count, app, ranges, startSeconds, duckdb };
};

/** Asks for all ranges, and keeps the best time of each: what else runs on the machine only ever adds. */
const rangeByRange = (stage: Stage, ask: (stage: Stage, range: Range) => unknown) => {
  const bestMs = stage.ranges.map(() => Number.POSITIVE_INFINITY);
  return {
    slowestMs: () => Math.max(...bestMs),
    async ask(): Promise<void> {
      for (const [position, range] of stage.ranges.entries()) {
        const startMs = performance.now();
        await ask(stage, range);
        bestMs[position] = Math.min(bestMs[position] as number, performance.now() - startMs);
      }
    },
  };
};

const rowsOfAll = async (
  { ranges }: Stage,
  rowsOf: (range: Range) => Promise<readonly TalkRow[]>,
): Promise<unknown> => {
  const rows = [];
  for (const range of ranges) rows.push(await rowsOf(range));
  return rows;
};

interface Line extends Pick<TalkRow, 'symbol' | 'count' | 'followups'> {
  readonly earliest: string;
  readonly latest: string;
}

const usOf = (time: string): number => parseInstant(time.replace(' ', 'T')) as number;

const rowsOfAnswer = (text: string): TalkRow[] =>
  (JSON.parse(text) as Line[]).map(({ symbol, count, earliest, latest, followups }) => ({
    ...{ symbol, count, earliestUs: usOf(earliest), latestUs: usOf(latest), followups },
  }));

/** Stages take turns, so that a moment in which the machine is busy with something else is no one's alone. */
const raceStages = async (stages: readonly Stage[], rounds: number) => {
  const watched = stages.map((stage) => ({
    stage,
    server: rangeByRange(stage, ({ app }, range) => answerOf(app, range)),
    domain: rangeByRange(stage, ({ app }, range) => ownRows(app, range)),
    duckdb: rangeByRange(stage, ({ duckdb }, range) => duckdb.rows(range)),
  }));
  const races = await raceTogether(
    { unit: 'ms', questions: rangeCount, rounds },
    watched.map(({ stage, server, domain, duckdb }) => ({
      question: `DASHBOARD: any range, all 26 letters, ${stage.count} conversations`,
      contenders: [
        {
          name: 'asof, the whole answer',
          answers: () => rowsOfAll(stage, async (range) => rowsOfAnswer(await answerOf(stage.app, range))),
          ask: server.ask,
        },
        {
          name: 'asof, the domain',
          answers: () => rowsOfAll(stage, (range) => ownRows(stage.app, range)),
          ask: domain.ask,
        },
        { name: 'DuckDB', answers: () => rowsOfAll(stage, (range) => stage.duckdb.rows(range)), ask: duckdb.ask },
      ],
    })),
  );
  return { races, slowestMs: watched.map(({ server }) => server.slowestMs()) };
};

const measure = async (counts: readonly number[], parent: string, rounds: number) => {
  const stages: Stage[] = [];
  for (const count of counts) stages.push(await prepare(count, parent));
  const { races, slowestMs } = await raceStages(stages, rounds);
  const measured = stages.map(({ count, app, startSeconds }, index) => {
    const state = app.ledger.indexStates().find(({ name }) => name === 'conversations');
    const raced = races[index] as Race;
    return { count, raced, slowestMs: slowestMs[index] as number, startSeconds, bytes: (state?.bytes ?? 0) / count };
  });
  for (const { count, app, duckdb } of stages) {
    duckdb.close();
    await app.close();
    rmSync(join(parent, `conversations-${count}`), { recursive: true });
  }
  return measured;
};

type MeasuredStage = Awaited<ReturnType<typeof measure>>[number];

const targetsOf = (both: readonly MeasuredStage[]): Target[] => {
  const [few = Number.NaN, many = Number.NaN] = both.map(({ raced }) => raced.entries[0]?.wall.median);
  return [
    ...both.map(({ count, slowestMs }) => ({
      what: `dashboard of any range, ${count} conversations`,
      expected: `at most ${msMax} ms`,
      found: `${figure(slowestMs)} ms`,
      reached: slowestMs <= msMax,
    })),
    {
      what: 'dashboard, ten times as many conversations',
      expected: `at most ${ratioMax} x the time`,
      found: times(many, few),
      reached: many / few <= ratioMax,
    },
    ...both.map(({ count, raced }) => ({
      what: `dashboard, ${count} conversations`,
      expected: 'no slower than DuckDB',
      found: `${figure(timesOurs(raced, 'DuckDB', 'wall'))} x`,
      reached: timesOurs(raced, 'DuckDB', 'wall') >= 1,
    })),
  ];
};

/** The dashboard of a range of time over all letters, at two numbers of conversations, beside DuckDB's group-by. */
export const benchmarkDashboard = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder } = options;
  const rounds = roundsOf(options, 7);
  const both = await measure([records, records * 10], folder, rounds);
  return {
    name: 'dashboard',
    races: both.map(({ raced }) => raced),
    tables: [
      {
        title: 'DASHBOARD: the index',
        columns: ['conversations', 'slowest range at its best, ms', 'start, s', 'bytes each'],
        rows: both.map(({ count, slowestMs, startSeconds, bytes }) => [String(count), slowestMs, startSeconds, bytes]),
      },
    ],
    targets: targetsOf(both),
    notes: [
      await idleNote(options),
      `Rows of ${rangeCount} ranges compared first; medians of ${rounds} rounds over all of them, in which both numbers of conversations take turns. The whole answer is the address, the route and the JSON, without a socket.`,
      'DuckDB in memory, with the number of follow-ups as a column, so that it joins nothing. Bytes are those of the index alone.',
      `${perCommit} conversations a commit, one of five followed up.`,
    ],
  };
};
