import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from '../db/open.ts';
import { ImportJob } from './domains/imports/job.ts';
import { importRecordFiles } from './domains/imports/record-files.ts';
import { DomainError, type FieldProblem, storageFaultOf } from './errors.ts';
import type { ImportMessage, ImportWorkerData, ThreadFailure } from './import-thread.ts';
import type { Importer } from './ledger/record.ts';
import { createClock } from './lib/clock.ts';
import { silentLog } from './lib/debug-log.ts';
import { isServedByOthers } from './lib/running-servers.ts';
import { createRecordImporters } from './record-importers.ts';

/** Works in a transaction, each of `batchRecords` records: enough that pages which many records change are written once. */
const worksMax = 400;

/** How long a transaction may take while a server of another process may wait to write. */
const sharedMs = 150;

/** Between two reports of the counts. */
const progressMs = 100;

/** On a single core two threads would only take turns. */
const hasThread = availableParallelism() > 1;

const { config, waiting, work, sendsRejects } = workerData as ImportWorkerData;
const send = (message: ImportMessage): void => parentPort?.postMessage(message);

/** Ends the imports as well, unless it rejects. */
const importAll = async (signal: AbortSignal): Promise<void> => {
  const { target, files, options, imports } = work;
  const store = openStore({ ...config, nowUs: createClock(config.now), isInThread: true });
  try {
    const importer = Object.values<Importer>(createRecordImporters(store, config)).find(
      (each) => each.target.name === target,
    );
    if (!importer) throw new Error(`there is no importer of ${target}`);
    const isAlone = () => !isServedByOthers(config.data);
    /** Rejects of the open transaction, which may yet be undone. */
    let rejects: ImportMessage[] = [];
    const onCommit = (): void => {
      for (const reject of rejects) send(reject);
      rejects = [];
      send({ kind: 'COMMIT' });
    };
    const bulk = store.bulk({ waiting, worksMax, sharedMs, isAlone, onCommit, hasThread });
    const services = { write: bulk.write.bind(bulk), log: silentLog, shared: bulk };
    const jobs = imports.map((row) => new ImportJob(row, services));
    let reportedMs = 0;
    const onProgress = (current: ImportJob['current']): void => {
      if (performance.now() - reportedMs < progressMs) return;
      reportedMs = performance.now();
      send({ kind: 'PROGRESS', current });
    };
    const onReject = sendsRejects
      ? (importId: number, { line, raw }: { line: number; raw: string }, problems: readonly FieldProblem[]) =>
          void rejects.push({ kind: 'REJECT', importId, record: { line, raw }, problems })
      : undefined;
    const watched = { ...options, onProgress, onReject };
    const common = { store, importer, limits: config, signal, files, options: watched, previews: [] };
    try {
      await importRecordFiles({ ...common, jobs, write: services.write, flush: () => bulk.flush() });
    } finally {
      // What was stored before a fault stays.
      await bulk.flush();
    }
  } finally {
    store.close();
  }
};

const failureOf = (error: unknown): ThreadFailure => {
  // What tells a full disk from other faults does not survive the way to another thread.
  const known = error instanceof DomainError ? error : storageFaultOf(error);
  if (known) return { code: known.code, message: known.message, problems: known.problems };
  return { code: null, message: error instanceof Error ? error.message : String(error), problems: [] };
};

const interruption = new AbortController();
parentPort?.on('message', () => interruption.abort());
const failure = await importAll(interruption.signal).then(() => null, failureOf);
send({ kind: 'END', failure });
parentPort?.close();
