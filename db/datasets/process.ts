import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DomainError, errorCodes } from '../../src/errors.ts';
import type { DatasetLimits } from './engine.ts';
import type { WorkerMessage, WorkerRequest } from './worker.ts';

/** Tests run the sources; a process of its own runs what was built of them. */
const program = fileURLToPath(
  import.meta.url.endsWith('.ts')
    ? new URL('../../dist/db/datasets/worker.js', import.meta.url)
    : new URL('./worker.js', import.meta.url),
);

/** A process of dataset tables that does one thing at a time. */
export interface WorkerProcess {
  readonly isBusy: boolean;
  /**
   * The answer to one question. Rejects with the fault it met; with LIMIT_EXCEEDED when it took longer than `ms`, and
   * then, or when it is aborted, the process is ended: nothing else stops a computation.
   */
  ask(told: Work, ending: { readonly ms?: number; readonly signal?: AbortSignal }, hear: Hear): Promise<unknown>;
  /** Tells the process something while it works. */
  tell(told: WorkerRequest): void;
  kill(): void;
}

type Work =
  Extract<WorkerRequest, { id: number }> extends infer Each ? (Each extends Each ? Omit<Each, 'id'> : never) : never;
type Hear = (told: Exclude<WorkerMessage, { id: number }>) => void;

export const startProcess = (limits: DatasetLimits, onEnd: () => void): WorkerProcess => {
  // Without the flags of this process: they may be those of a test runner.
  const child: ChildProcess = fork(program, [], {
    execArgv: ['--max-semi-space-size=32'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let lastId = 0;
  let current:
    | { readonly id: number; readonly hear: Hear; resolve(answer: unknown): void; reject(error: unknown): void }
    | undefined;
  let endedBecause: DomainError | undefined;

  const setWaited = (isWaited: boolean): void => {
    // A process that only waits for questions keeps no command from ending.
    for (const each of [child, child.channel]) isWaited ? each?.ref() : each?.unref();
  };
  const tell = (told: WorkerRequest): void => void child.send(told, () => undefined);
  const end = (why: DomainError): void => {
    endedBecause = why;
    child.kill('SIGKILL');
  };

  child.on('message', (told: WorkerMessage) => {
    if (!current) return;
    if (!('id' in told)) return current.hear(told);
    if (told.id !== current.id) return;
    if ('answer' in told) return current.resolve(told.answer);
    const { code, message, problems } = told.fault;
    const isKnown = !told.isBug && errorCodes.some((each) => each.code === code);
    current.reject(isKnown ? new DomainError(code, message, { problems }) : new Error(message));
  });
  child.on('error', (error) => current?.reject(error));
  child.on('exit', (code, signal) => {
    onEnd();
    // Node aborts when its heap is full.
    const isFull = signal === 'SIGABRT' || code === 134;
    const ended = isFull
      ? new DomainError('LIMIT_EXCEEDED', 'the question needs more memory than there is')
      : new Error(`a dataset process ended: ${signal ?? code}`);
    current?.reject(endedBecause ?? ended);
  });
  setWaited(false);
  tell({ limits });

  return {
    get isBusy() {
      return current !== undefined;
    },
    tell,
    kill: () => end(new DomainError('NOT_READY', 'the server is stopping')),
    async ask(told, { ms, signal }, hear) {
      lastId += 1;
      const id = lastId;
      const timer =
        ms === undefined
          ? undefined
          : setTimeout(
              () =>
                end(
                  new DomainError(
                    'LIMIT_EXCEEDED',
                    `the question took longer than ${ms} ms (setting datasetQueryMsMax)`,
                  ),
                ),
              ms,
            );
      const onAbort = (): void => end(new DomainError('CONFLICT', 'it was cancelled'));
      signal?.addEventListener('abort', onAbort);
      setWaited(true);
      try {
        return await new Promise((resolve, reject) => {
          current = { id, hear, resolve, reject };
          if (signal?.aborted) onAbort();
          tell({ ...told, id } as WorkerRequest);
        });
      } finally {
        current = undefined;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        setWaited(false);
      }
    },
  };
};
