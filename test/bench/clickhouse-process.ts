// A server with facts in ClickHouse, in a process of its own: prints what its start, its memory and its answers cost as JSON.
// Arguments: the folder, the URL of ClickHouse, the id of its process, the database, and the number of
// transactions where it answers questions.

import { pino } from 'pino';
import { type App, createApp } from '../../src/app.ts';
import { eventsPerTransaction } from './clickhouse-data.ts';
import { type Comparison, compareWithSql } from './clickhouse-questions.ts';
import { configOf } from './load-data.ts';
import { timed } from './measure.ts';

export interface ServerRun {
  readonly startSeconds: number;
  readonly startCpuSeconds: number;
  /** 0 when every record was read. */
  readonly fromFile: number;
  /** From the start until everything is copied and stored as joined. */
  readonly levelSeconds: number;
  readonly levelCpuSeconds: number;
  /** Resident after a collection, without and with what the monitor counts. */
  readonly bytes: number;
  readonly monitorBytes: number;
  readonly comparisons: readonly Comparison[];
}

const [folder = '', clickhouse = '', clickhousePid = '', clickhouseDatabase = '', records = ''] = process.argv.slice(2);
const hourMs = 3_600_000;

const app = createApp(
  {
    ...configOf(folder),
    ...{ clickhouse, clickhouseDatabase, clickhouseMsMax: hourMs, clickhouseWaitMs: hourMs, queryMsMax: hourMs },
    ...{ indexFileRecords: 0, indexFileStopRecords: 1, indexFileStopMs: hourMs },
  },
  { log: pino({ level: 'warn' }, pino.destination(2)) },
);

const residentBytes = (): number => {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

/** Until everything is copied and stored as joined. */
const untilLevel = async ({ ledger, fetch }: App): Promise<void> => {
  const level = `asof_projection_sequence{projection="clickhouse-enriched"} ${ledger.snapshot().sequence}\n`;
  while (!(await (await fetch(new Request('http://localhost/metrics'))).text()).includes(level))
    await new Promise((resolve) => setTimeout(resolve, 200));
};

const started = await timed(() => app.start());
const level = await timed(() => untilLevel(app));
const bytes = residentBytes();
await app.domains.monitor.warm();
const monitorBytes = residentBytes();
const { sequence } = app.ledger.snapshot();
const beforeEvents = sequence - Number(records) * eventsPerTransaction;
const comparisons =
  records === '' ? [] : await compareWithSql({ app, clickhouse, clickhousePid, clickhouseDatabase, beforeEvents });
const run: ServerRun = {
  startSeconds: started.seconds,
  startCpuSeconds: started.cpuSeconds,
  fromFile: app.ledger.rebuild?.fromFile ?? 0,
  levelSeconds: level.seconds,
  levelCpuSeconds: level.cpuSeconds,
  ...{ bytes, monitorBytes, comparisons },
};
await app.close();
process.stdout.write(JSON.stringify(run));
