import { existsSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >>> 1] as number;

/** What rounds had in common: the middle one, and the two that differ most from it. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  least: Math.min(...values),
  greatest: Math.max(...values),
});

/** What `make` makes and how much the process holds more afterwards: heap, bytes. */
export const weighed = <T>(make: () => T): { made: T; bytes: number } => {
  const held = (): number => {
    globalThis.gc?.();
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  const made = make();
  return { made, bytes: held() - before };
};

export interface Timed<T> {
  readonly result: T;
  readonly seconds: number;
  /** Processor time of all threads. */
  readonly cpuSeconds: number;
  /** The longest time the event loop was blocked, milliseconds, to within one. */
  readonly stallMs: number;
  /** The most processor time spent between two turns of the loop, milliseconds: a stall without what others cost. */
  readonly busyMs: number;
  /** Of the seconds of several runs, whose medians the others are. */
  readonly spreads?: { readonly wall: Spread; readonly cpu: Spread };
}

const threadTimes = `/proc/self/task/${process.pid}/schedstat`;
const hasThreadTimes = existsSync(threadTimes);

/** Of the main thread, where the system counts it apart: work of other threads holds up nobody. */
const processorMs = (): number => {
  if (hasThreadTimes) return Number.parseInt(readFileSync(threadTimes, 'utf8'), 10) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Reads the processor clock in every iteration of the loop and returns the longest interval. */
const watchBusy = (): (() => number) => {
  let last = processorMs();
  let longest = 0;
  const timer = setInterval(() => {
    const now = processorMs();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
};

export const timed = async <T>(work: () => Promise<T>): Promise<Timed<T>> => {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  await delay(5);
  loop.enable();
  await delay(5);
  const busy = watchBusy();
  const startMs = performance.now();
  const before = process.cpuUsage();
  const result = await work();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  // A stall is measured in the next iteration of the loop.
  await delay(5);
  loop.disable();
  return { result, seconds, cpuSeconds: (user + system) / 1e6, stallMs: loop.max / 1e6, busyMs: busy() };
};

/** The longest stall and the longest stretch of work of several runs. */
export const worst = (runs: readonly Pick<Timed<unknown>, 'stallMs' | 'busyMs'>[]) => ({
  stallMs: Math.max(...runs.map(({ stallMs }) => stallMs)),
  busyMs: Math.max(...runs.map(({ busyMs }) => busyMs)),
});

/** What the machine itself adds to a stall: an event loop with nothing to do; the report adds it as a note. */
export const idleNote = async ({ smoke }: { readonly smoke: boolean }): Promise<string> => {
  const { stallMs } = await timed(() => delay(smoke ? 0 : 2000));
  return `An idle event loop stalled for ${stallMs.toFixed(1)} ms in 2 s of this run.`;
};

/** The same piece of work again and again: median seconds and their spread, longest stall, last result. */
export const repeated = async <T>(runs: number, work: () => Promise<T>): Promise<Timed<T>> => {
  const done: Timed<T>[] = [];
  for (let run = 0; run < runs; run++) done.push(await timed(work));
  const [wall, cpu] = [
    spreadOf(done.map(({ seconds }) => seconds)),
    spreadOf(done.map(({ cpuSeconds }) => cpuSeconds)),
  ];
  return {
    result: (done.at(-1) as Timed<T>).result,
    ...{ seconds: wall.median, cpuSeconds: cpu.median, spreads: { wall, cpu } },
    ...worst(done),
  };
};
