import { type MessagePort, Worker, type WorkerOptions } from 'node:worker_threads';
import { moduleBeside } from './program-module.ts';

/**
 * Starts the module `name`, without its suffix, beside the one at `from` in a thread. A thread of TypeScript must first
 * register a loader, because it does not inherit that of this thread. Flags of this process are not inherited: they may
 * belong to a debugger.
 */
export const startThread = (from: string, name: string, options: WorkerOptions = {}): Worker => {
  const { url, isSource } = moduleBeside(from, name);
  const common = { ...options, execArgv: [] };
  if (!isSource) return new Worker(url, common);
  const source = `
    import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
      register();
      return import(${JSON.stringify(url.href)});
    });
  `;
  return new Worker(source, { ...common, eval: true });
};

/** Between two looks whether the thread that is waited for still lives. */
const lookMs = 1000;

/** What a thread receives while another one waits for it, and passes over. */
export const lookMessage = 'LOOK';

/** What a thread counts, in memory that it shares with the one that waits. */
interface ThreadCount {
  readonly counters: Int32Array;
  /** The position of the count. */
  readonly counter: number;
  /** To the thread. */
  readonly port: MessagePort;
}

/**
 * Blocks until a thread has counted so far; false when the thread has ended before, or after `msMax`. Events of its end do
 * not arrive while this thread blocks, and a thread whose heap is full runs no code at its end. But Node closes its port then,
 * and `postMessage` returns false once the port at the other side is closed. No document says so: with a version of Node that
 * does not tell, a thread counts as alive.
 */
export const waitForThread = (
  { counters, counter, port }: ThreadCount,
  count: number,
  msMax = Number.POSITIVE_INFINITY,
): boolean => {
  const deadline = performance.now() + msMax;
  for (let isAlive = true; ; ) {
    const found = Atomics.load(counters, counter);
    if (found >= count) return true;
    if (!isAlive || performance.now() > deadline) return false;
    if (Atomics.wait(counters, counter, found, lookMs) !== 'timed-out') continue;
    const isReceived: unknown = port.postMessage(lookMessage);
    isAlive = isReceived !== false;
  }
};
