import type { Worker } from 'node:worker_threads';
import { startThread } from '../../../src/lib/thread.ts';
import type { PartAhead, PartProgress, PartTask } from './read-part.ts';
import { errorOf, resourceLimits, threadError } from './thread-errors.ts';
import type { WorkerMessage, WorkerRequest } from './worker-messages.ts';

/** Further threads of the thread that reads a file, which read parts of it. They end with it. */
export class PartThreads {
  /** How many threads there may be. */
  readonly size: number;
  readonly #idle: Worker[] = [];
  readonly #busy = new Set<Worker>();

  constructor(size: number) {
    this.size = size;
  }

  /** Starts threads that will be needed, because a start lasts a while. */
  prepare(count: number): void {
    while (this.#idle.length < Math.min(count, this.size)) this.#idle.push(this.#start());
  }

  /** What `readPartAhead` returns, in a thread. */
  async read(task: PartTask, onProgress: (progress: PartProgress) => void): Promise<PartAhead | null> {
    const worker = this.#idle.pop() ?? this.#start();
    this.#busy.add(worker);
    try {
      return await readIn(worker, task, onProgress);
    } finally {
      // After an error that is no fault of the file the thread may have ended.
      if (this.#busy.delete(worker)) this.#idle.push(worker);
    }
  }

  /** Ends the threads that still read; resolves once they have ended. */
  async endReading(): Promise<void> {
    const busy = [...this.#busy];
    this.#busy.clear();
    await Promise.all(busy.map((worker) => worker.terminate()));
  }

  #start(): Worker {
    const worker = startThread(import.meta.url, 'worker', { resourceLimits });
    const forget = (): void => {
      this.#busy.delete(worker);
      const index = this.#idle.indexOf(worker);
      if (index >= 0) this.#idle.splice(index, 1);
    };
    worker.on('exit', forget);
    worker.on('error', forget);
    return worker;
  }
}

const readIn = (
  worker: Worker,
  task: PartTask,
  onProgress: (progress: PartProgress) => void,
): Promise<PartAhead | null> => {
  const listeners = new AbortController();
  const ended = new Promise<PartAhead | null>((resolve, reject) => {
    const listen = <A>(name: 'message' | 'error' | 'exit', listener: (argument: A) => void): void => {
      worker.on(name, listener);
      listeners.signal.addEventListener('abort', () => worker.off(name, listener));
    };
    listen('message', (message: WorkerMessage) => {
      if ('partProgress' in message) onProgress(message.partProgress);
      else if ('part' in message) resolve(message.part);
      else if ('error' in message) reject(errorOf(message));
    });
    listen('error', (error: Error) => reject(threadError(error)));
    listen('exit', () => reject(new Error('a thread that reads a part of a file ended')));
    worker.postMessage({ part: task } satisfies WorkerRequest);
  });
  return ended.finally(() => listeners.abort());
};
