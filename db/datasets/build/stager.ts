import type { Worker } from 'node:worker_threads';
import { DomainError } from '../../../src/errors.ts';
import type { DebugLog } from '../../../src/lib/debug-log.ts';
import { startThread } from '../../../src/lib/thread.ts';
import type { BuildObserver } from '../build-observer.ts';
import type { DatasetLimits } from '../limits.ts';
import type { ConvertRequest } from './stage-column-file.ts';
import type { StagedRows, StageRequest, StageResult } from './staged-rows.ts';
import { errorOf, resourceLimits, threadError } from './thread-errors.ts';
import type { WorkerMessage, WorkerRequest, WorkerTask } from './worker-messages.ts';

/** A thread that has nothing to do for this time ends. */
const idleMs = 5000;

/** Reads CSV files in threads, at most `threadsMax` at once; further ones wait. */
export class Stager {
  readonly #limits: DatasetLimits;
  readonly #threadsMax: number;
  readonly #log: DebugLog;
  readonly #idle = new Map<Worker, NodeJS.Timeout>();
  readonly #busy = new Set<Worker>();
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(limits: DatasetLimits, threadsMax: number, log: DebugLog) {
    this.#limits = limits;
    this.#threadsMax = threadsMax;
    this.#log = log;
  }

  /** Throws what the thread throws, CONFLICT when the observer's signal is aborted, NOT_READY once it is closed. */
  async stage(request: StageRequest, observer: BuildObserver): Promise<StageResult> {
    return (await this.#runInThread({ stage: request, limits: this.#limits }, observer)) as StageResult;
  }

  convert(request: ConvertRequest): Promise<StagedRows> {
    return this.#runInThread({ convert: request }, silentObserver());
  }

  async #runInThread(task: WorkerTask, observer: BuildObserver): Promise<StagedRows> {
    const worker = await this.#acquire(observer.signal);
    let isReusable = false;
    try {
      const result = await this.#run(worker, task, observer);
      isReusable = true;
      return result;
    } catch (error) {
      isReusable = error instanceof DomainError && !observer.signal.aborted;
      throw error;
    } finally {
      this.#busy.delete(worker);
      if (isReusable && !this.#isClosed) this.#keep(worker);
      else await worker.terminate();
      this.#waiting.shift()?.();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const worker of [...this.#busy, ...this.#idle.keys()]) void worker.terminate();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #acquire(signal: AbortSignal): Promise<Worker> {
    while (!this.#isClosed && this.#busy.size >= this.#threadsMax) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      if (signal.aborted) throw cancelled();
    }
    if (this.#isClosed) throw stopping();
    const [idle] = this.#idle.keys();
    const worker = idle ?? this.#start();
    clearTimeout(this.#idle.get(worker));
    this.#idle.delete(worker);
    this.#busy.add(worker);
    return worker;
  }

  #start(): Worker {
    const worker = startThread(import.meta.url, 'worker', { resourceLimits });
    this.#log.debug({ thread: worker.threadId }, 'dataset thread started');
    worker.on('exit', () => this.#forget(worker));
    // A running task has a listener of its own; without any, an error would end the process.
    worker.on('error', () => this.#forget(worker));
    return worker;
  }

  #keep(worker: Worker): void {
    // An idle thread must not keep a command from exiting.
    worker.unref();
    this.#idle.set(worker, setTimeout(() => void worker.terminate(), idleMs).unref());
  }

  #forget(worker: Worker): void {
    clearTimeout(this.#idle.get(worker));
    this.#idle.delete(worker);
  }

  #run(worker: Worker, task: WorkerTask, { signal, onProgress, onRejects }: BuildObserver): Promise<StagedRows> {
    const send = (request: WorkerRequest): void => worker.postMessage(request);
    const listeners = new AbortController();
    const ended = new Promise<StagedRows>((resolve, reject) => {
      const listen = <A>(name: 'message' | 'error' | 'exit', listener: (argument: A) => void): void => {
        worker.on(name, listener);
        // Only these: a worker has listeners of its own, which `removeAllListeners` would remove.
        listeners.signal.addEventListener('abort', () => worker.off(name, listener));
      };
      listen('message', (message: WorkerMessage) => {
        if ('progress' in message) onProgress(message.progress);
        else if ('rejects' in message) onRejects(message.rejects).then(() => send({ ack: 'rejects' }), reject);
        else if ('error' in message) reject(errorOf(message));
        else if ('result' in message) resolve(message.result);
      });
      listen('error', (error: Error) => reject(threadError(error)));
      listen('exit', () => reject(this.#isClosed ? stopping() : new Error('the thread that reads a dataset ended')));
      const onAbort = (): void => reject(cancelled());
      signal.addEventListener('abort', onAbort, { signal: listeners.signal });
      worker.ref();
      if (signal.aborted) onAbort();
      else send(task);
    });
    return ended.finally(() => listeners.abort());
  }
}

const silentObserver = (): BuildObserver => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onRejects: () => Promise.resolve(),
});

const cancelled = (): DomainError => new DomainError('CONFLICT', 'the import was cancelled');
const stopping = (): DomainError => new DomainError('NOT_READY', 'the server is stopping');
