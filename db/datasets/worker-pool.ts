import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DomainError, errorCodes } from '../../src/errors.ts';
import type { DebugLog } from '../../src/lib/debug-log.ts';
import type { DatasetLimits } from './engine.ts';
import type { WorkerEvent, WorkerMessage, WorkerRequest, WorkerTasks } from './worker-messages.ts';

const isSource = import.meta.url.endsWith('.ts');

/** Workers in TypeScript need a loader. Flags of this process are not inherited: they may belong to a debugger. */
const workerFlags = ['--max-semi-space-size=32', ...(isSource ? ['--import', import.meta.resolve('tsx')] : [])];

export interface TaskOptions {
  /** The process is killed, and the task fails with LIMIT_EXCEEDED, after this time. */
  readonly timeoutMs?: number;
  /** The process is killed, and the task fails, when it is aborted. */
  readonly signal?: AbortSignal;
  /** Called for every message that precedes the result. */
  readonly onEvent?: (event: WorkerEvent) => void;
}

interface PoolOptions<K extends keyof WorkerTasks> {
  readonly kind: K;
  readonly limits: DatasetLimits;
  readonly log: DebugLog;
  readonly size: number;
  /** Tasks that may wait for a process; the pool refuses further ones with OVERLOADED. */
  readonly waitingMax?: number;
  /** A process that is idle for this time exits. */
  readonly idleMs?: number;
}

/** Worker processes of one kind, started on demand. A failed or cancelled task costs one process, never the pool. */
export class WorkerPool<K extends keyof WorkerTasks> {
  readonly #options: PoolOptions<K>;
  readonly #workers = new Set<WorkerProcess>();
  readonly #idle = new Set<WorkerProcess>();
  /** The process that ran the last task of a key: it may have cached data of it. */
  readonly #lastWorkerOf = new Map<string, WorkerProcess>();
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(options: PoolOptions<K>) {
    this.#options = options;
  }

  /** Runs a task, preferably in the process that ran the last task of the same key. */
  async run(
    key: string,
    task: WorkerTasks[K],
    createOptions: (worker: WorkerProcess) => TaskOptions,
  ): Promise<unknown> {
    const worker = await this.#acquire(key);
    try {
      return await worker.run(task, createOptions(worker));
    } finally {
      this.#release(worker);
    }
  }

  releaseKey(key: string): void {
    this.#lastWorkerOf.delete(key);
  }

  close(): void {
    this.#isClosed = true;
    for (const worker of this.#workers) worker.kill();
    for (const wake of this.#waiting) wake();
  }

  async #acquire(key: string): Promise<WorkerProcess> {
    const { waitingMax = Number.POSITIVE_INFINITY } = this.#options;
    for (;;) {
      if (this.#isClosed) throw new DomainError('NOT_READY', 'the server is stopping');
      const worker = this.#chooseWorker(key);
      if (worker) {
        // In the same step as the choice, so that no other task can choose it.
        this.#idle.delete(worker);
        this.#lastWorkerOf.set(key, worker);
        return worker;
      }
      if (this.#waiting.length >= waitingMax)
        throw new DomainError('OVERLOADED', `${waitingMax} dataset queries are waiting already; try again later`, {
          details: { retryAfterMs: 1000 },
        });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #chooseWorker(key: string): WorkerProcess | undefined {
    const last = this.#lastWorkerOf.get(key);
    if (last && this.#idle.has(last)) return last;
    const [idle] = this.#idle;
    const isFull = this.#workers.size >= this.#options.size;
    return isFull || (idle && last === undefined) ? idle : this.#start();
  }

  #start(): WorkerProcess {
    const { kind, limits, log } = this.#options;
    const worker = new WorkerProcess(kind, limits, (exited, how) => {
      log.debug({ kind, pid: exited.pid, ...how }, 'dataset worker exited');
      this.#remove(exited);
      this.#waiting.shift()?.();
    });
    log.debug({ kind, pid: worker.pid }, 'dataset worker started');
    this.#workers.add(worker);
    return worker;
  }

  #release(worker: WorkerProcess): void {
    if (this.#workers.has(worker)) this.#idle.add(worker);
    this.#waiting.shift()?.();
    const { idleMs } = this.#options;
    if (idleMs !== undefined) setTimeout(() => this.#idle.has(worker) && this.#retire(worker), idleMs).unref();
  }

  #retire(worker: WorkerProcess): void {
    this.#remove(worker);
    worker.kill();
  }

  #remove(worker: WorkerProcess): void {
    this.#workers.delete(worker);
    this.#idle.delete(worker);
  }
}

/** How a process ended, for the log. */
type WorkerExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null } | { readonly error: string };

interface PendingTask {
  readonly id: number;
  readonly onEvent: TaskOptions['onEvent'];
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** A child process that runs one task at a time. Killing it is the only way to stop a computation. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  #lastId = 0;
  #pending: PendingTask | undefined;
  #killReason: DomainError | undefined;

  constructor(
    kind: keyof WorkerTasks,
    limits: DatasetLimits,
    onExit: (worker: WorkerProcess, how: WorkerExit) => void,
  ) {
    const path = fileURLToPath(new URL(`./${kind}-worker.${isSource ? 'ts' : 'js'}`, import.meta.url));
    this.#child = fork(path, [], {
      execArgv: workerFlags,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const onEnd = (error: Error, how: WorkerExit): void => {
      onExit(this, how);
      this.#pending?.reject(this.#killReason ?? error);
    };
    this.#child.on('message', (message: WorkerMessage) => this.#receive(message));
    this.#child.on('error', (error) => onEnd(error, { error: error.message }));
    this.#child.on('exit', (code, signal) => onEnd(exitError(code, signal), { code, signal }));
    this.#keepAlive(false);
    this.#send({ limits });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The result of a task; rejects with the error that the process reports. */
  async run(task: WorkerTasks[keyof WorkerTasks], { timeoutMs, signal, onEvent }: TaskOptions): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.kill(timeoutError(timeoutMs)), timeoutMs);
    const onAbort = (): void => this.kill(new DomainError('CONFLICT', 'the import was cancelled'));
    signal?.addEventListener('abort', onAbort);
    this.#keepAlive(true);
    try {
      return await new Promise((resolve, reject) => {
        this.#pending = { id, onEvent, resolve, reject };
        if (signal?.aborted) onAbort();
        this.#send({ id, task });
      });
    } finally {
      this.#pending = undefined;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#keepAlive(false);
    }
  }

  /** Confirms that the rejected rows of the last event are stored. */
  acknowledgeRejects(): void {
    this.#send({ ack: 'rejects' });
  }

  kill(reason = new DomainError('NOT_READY', 'the server is stopping')): void {
    this.#killReason = reason;
    this.#child.kill('SIGKILL');
  }

  #send(request: WorkerRequest): void {
    this.#child.send(request, () => undefined);
  }

  #receive(message: WorkerMessage): void {
    const pending = this.#pending;
    if (!pending) return;
    if (!('id' in message)) pending.onEvent?.(message);
    else if (message.id !== pending.id) return;
    else if ('result' in message) pending.resolve(message.result);
    else pending.reject(errorOf(message));
  }

  /** An idle process must not keep a command from exiting. */
  #keepAlive(isAlive: boolean): void {
    for (const handle of [this.#child, this.#child.channel]) isAlive ? handle?.ref() : handle?.unref();
  }
}

const errorOf = ({ error, isBug }: Extract<WorkerMessage, { error: unknown }>): Error => {
  const { code, message, problems } = error;
  const isKnown = !isBug && errorCodes.some((each) => each.code === code);
  return isKnown ? new DomainError(code, message, { problems }) : new Error(message);
};

const timeoutError = (timeoutMs: number): DomainError =>
  new DomainError('LIMIT_EXCEEDED', `the query took longer than ${timeoutMs} ms (setting datasetQueryMsMax)`);

const exitError = (code: number | null, signal: NodeJS.Signals | null): Error => {
  // Node aborts when its heap is full.
  if (signal === 'SIGABRT' || code === 134)
    return new DomainError('LIMIT_EXCEEDED', 'the query needs more memory than the worker process has');
  return new Error(`a dataset worker process exited unexpectedly: ${signal ?? code}`);
};
