import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { DomainError, errorCodes } from '../../../src/errors.ts';
import { moduleBeside } from '../../../src/lib/program-module.ts';
import type { Work } from '../../../src/lib/work.ts';
import type { SqlTaskName, SqlTasks, WorkerReply, WorkerRequest, WorkerSettings } from './messages.ts';
import { tooMuchMemory } from './sql-errors.ts';

interface PendingTask {
  /** The error of this task when the process ends. */
  endReason: Error | undefined;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** When a task ends early. */
export interface TaskEnd {
  readonly timeout: { readonly ms: number; readonly reason: () => DomainError };
  readonly work: Work;
}

/** The process was ended on account of another task: the task may be tried again. */
export class ProcessEnded extends Error {}

/** How a process ends that needs more memory than the system or V8 allows. */
const memorySignals: readonly unknown[] = ['SIGKILL', 'SIGABRT'];

/** The heap of JavaScript, in MB; rows of results are the only values that need it. */
const heapMbMax = 256;

/** The process that runs queries of users: it may be killed at any time, whatever a query does. */
export class SqlProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PendingTask>();
  #lastId = 0;
  readonly #ready: Promise<void>;
  #onReady: () => void = () => undefined;
  #hasEnded = false;
  #needsTooMuchMemory = false;
  #isKilled = false;

  constructor(settings: WorkerSettings, onEnd: (ended: SqlProcess) => void) {
    this.#ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    const { url, isSource } = moduleBeside(import.meta.url, 'worker');
    // Flags of this process are not inherited: they may belong to a debugger.
    const loader = isSource ? ['--import', import.meta.resolve('tsx')] : [];
    this.#child = fork(fileURLToPath(url), [], {
      execArgv: [...loader, `--max-old-space-size=${heapMbMax}`],
      serialization: 'advanced',
      // What V8 prints when its heap is exhausted is of no use to anybody.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const end = (how: string, signal?: unknown): void => {
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      onEnd(this);
      const tasks = [...this.#pending.values()];
      this.#pending.clear();
      for (const { endReason, reject } of tasks) reject(endReason ?? this.#endError(how, signal));
    };
    this.#child.on('message', (reply: WorkerReply) => this.#receive(reply));
    this.#child.on('error', (error) => end(error.message));
    this.#child.on('exit', (code, signal) => end(String(signal ?? code), signal));
    lowerPriority(this.#child.pid, settings.sqlNiceness);
    this.#keepAlive();
    this.#send({ settings });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The result of a task. After `timeout.ms`, counted from when the process is ready, the process is killed, which ends its other tasks with ProcessEnded. When the work ends, it is cancelled. */
  async run<N extends SqlTaskName>(
    name: N,
    input: SqlTasks[N]['input'],
    { timeout, work }: Partial<TaskEnd> = {},
  ): Promise<SqlTasks[N]['result']> {
    if (this.#hasEnded) throw new ProcessEnded('the process for SQL has ended');
    this.#lastId += 1;
    const id = this.#lastId;
    let timer: NodeJS.Timeout | undefined;
    const startTimer = ({ ms, reason }: TaskEnd['timeout']): void => {
      timer = setTimeout(() => {
        const pending = this.#pending.get(id);
        if (pending) pending.endReason = reason();
        this.kill();
      }, ms);
    };
    const forget = work?.onEnd(() => this.#send({ cancel: id }));
    try {
      return (await new Promise((resolve, reject) => {
        this.#pending.set(id, { endReason: undefined, resolve, reject });
        this.#keepAlive();
        this.#send({ id, name, input });
        void this.#ready.then(() => {
          if (timeout && this.#pending.has(id)) startTimer(timeout);
        });
      })) as SqlTasks[N]['result'];
    } finally {
      forget?.();
      clearTimeout(timer);
      this.#pending.delete(id);
      this.#keepAlive();
    }
  }

  kill(): void {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
  }

  #endError(how: string, signal: unknown): Error {
    if (this.#needsTooMuchMemory) return tooMuchMemory();
    if (this.#isKilled) return new ProcessEnded('the process for SQL was ended');
    return memorySignals.includes(signal)
      ? tooMuchMemory()
      : new Error(`the process for SQL exited unexpectedly: ${how}`);
  }

  #send(request: WorkerRequest): void {
    if (this.#child.connected) this.#child.send(request, () => undefined);
  }

  #receive(reply: WorkerReply): void {
    if ('ready' in reply) {
      this.#onReady();
      return;
    }
    if ('ending' in reply) {
      this.#needsTooMuchMemory = true;
      return;
    }
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if ('result' in reply) pending.resolve(reply.result);
    else pending.reject(errorOf(reply));
  }

  /** An idle process must not keep a command from exiting. */
  #keepAlive(): void {
    const isBusy = this.#pending.size > 0;
    for (const handle of [this.#child, this.#child.channel]) isBusy ? handle?.ref() : handle?.unref();
  }
}

const lowerPriority = (pid: number | undefined, niceness: number): void => {
  try {
    if (pid !== undefined && niceness > 0) setPriority(pid, niceness);
  } catch {
    // Some systems do not allow it; queries are then as important as requests.
  }
};

const errorOf = ({ error, isBug }: Extract<WorkerReply, { error: unknown }>): Error => {
  const { code, message } = error;
  const isKnown = !isBug && errorCodes.some((each) => each.code === code);
  return isKnown ? new DomainError(code, message) : new Error(`a query failed in the SQL engine: ${message}`);
};
