// A start in a process of its own: prints what it cost as JSON. Arguments: the folder, and whether an index file is written at
// its end.

import { pino } from 'pino';
import { createApp } from '../../src/app.ts';
import { configOf } from './load-data.ts';
import { timed } from './measure.ts';

export interface Start {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly stallMs: number;
  readonly busyMs: number;
  /** 0 when every record was read. */
  readonly fromFile: number;
  /** Bytes that the start and its peak added to a process without records. */
  readonly peakBytes: number;
  readonly steadyBytes: number;
  readonly entries: number;
  readonly indexBytes: number;
}

const [folder = '', writes] = process.argv.slice(2);
const config = {
  ...configOf(folder),
  indexFileRecords: 0,
  indexFileStopRecords: writes === 'write' ? 1 : 0,
  indexFileStopMs: 600_000,
};
const app = createApp(config, { log: pino({ level: 'silent' }) });
const { user, system } = process.cpuUsage();
const before = process.memoryUsage.rss();
const { seconds, stallMs, busyMs } = await timed(() => app.ledger.catchUp());
const spent = process.cpuUsage({ user, system });
const peakBytes = process.resourceUsage().maxRSS * 1024 - before;
globalThis.gc?.();
const steadyBytes = process.memoryUsage.rss() - before;
const states = app.ledger.indexStates();
const start: Start = {
  ...{ seconds, stallMs, busyMs, peakBytes, steadyBytes },
  cpuSeconds: (spent.user + spent.system) / 1e6,
  fromFile: app.ledger.rebuild?.fromFile ?? 0,
  entries: states.reduce((sum, { entries }) => sum + entries, 0),
  indexBytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
};
await app.close();
process.stdout.write(JSON.stringify(start));
