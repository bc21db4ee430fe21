import type { Config } from './config.ts';
import type { ImportThread, ThreadWork } from './domains/imports/thread.ts';
import { DomainError, type ErrorCode, type FieldProblem } from './errors.ts';
import { startThread } from './lib/thread.ts';

/** What the thread needs to know when it starts. */
export interface ImportWorkerData {
  readonly config: ImportWorkerConfig;
  readonly waiting: Int32Array;
  readonly work: ThreadWork;
  readonly sendsRejects: boolean;
}

export type ImportWorkerConfig = Pick<
  Config,
  | ('data' | 'now' | 'firstSequence' | 'recordBytesMax' | 'fileBytesMax' | 'batchRecords' | 'ipTableRejectedMax')
  | ('writeQueueMax' | 'writeWaitMs' | 'writeProbeMs' | 'startCheckRecordsMax')
>;

/** What the thread reports. */
export type ImportMessage =
  | { readonly kind: 'COMMIT' }
  | { readonly kind: 'PROGRESS'; readonly current: ThreadWork['imports'][number] }
  | {
      readonly kind: 'REJECT';
      readonly importId: number;
      readonly record: { readonly line: number; readonly raw: string };
      readonly problems: readonly FieldProblem[];
    }
  | { readonly kind: 'END'; readonly failure: ThreadFailure | null };

/** An error without what threads cannot exchange; no code for one that is no DomainError. */
export interface ThreadFailure {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly problems: readonly FieldProblem[];
}

/** Starts a thread for each import. `waiting` says whether the store of this thread has writes to do, which go first. */
export const createImportThread = (config: Config, waiting: Int32Array): ImportThread => ({
  run: (work, { signal, onCommit, onProgress, onReject }) =>
    new Promise((resolve, reject) => {
      const workerData: ImportWorkerData = {
        config: workerConfigOf(config),
        ...{ waiting, work, sendsRejects: onReject !== undefined },
      };
      const worker = startThread(import.meta.url, 'import-worker', {
        workerData,
        // Records live as long as their batch: in a larger young generation most have died when it is collected.
        resourceLimits: { maxYoungGenerationSizeMb: 64 },
      });
      const interrupt = (): void => worker.postMessage('interrupt');
      signal.addEventListener('abort', interrupt);
      if (signal.aborted) interrupt();
      let failure: ThreadFailure | null = { code: null, message: 'its thread has ended', problems: [] };
      worker.on('message', (message: ImportMessage) => {
        if (message.kind === 'COMMIT') onCommit();
        else if (message.kind === 'PROGRESS') onProgress?.(message.current);
        else if (message.kind === 'REJECT') onReject?.(message.importId, message.record, message.problems);
        else failure = message.failure;
      });
      worker.once('error', reject);
      // Not before the thread has closed its connection.
      worker.once('exit', () => {
        signal.removeEventListener('abort', interrupt);
        if (failure === null) resolve();
        else reject(errorOf(failure));
      });
    }),
});

const workerConfigOf = (config: Config): ImportWorkerConfig => {
  const { data, now, firstSequence, recordBytesMax, fileBytesMax, batchRecords, ipTableRejectedMax } = config;
  const { writeQueueMax, writeWaitMs, writeProbeMs, startCheckRecordsMax } = config;
  return {
    ...{ data, now, firstSequence, recordBytesMax, fileBytesMax, batchRecords, ipTableRejectedMax },
    ...{ writeQueueMax, writeWaitMs, writeProbeMs, startCheckRecordsMax },
  };
};

const errorOf = ({ code, message, problems }: ThreadFailure): Error =>
  code === null ? new Error(message) : new DomainError(code, message, { problems });
