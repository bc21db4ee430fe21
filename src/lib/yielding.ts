import type { Work } from './work.ts';

/** How long one slice of a computation may block the thread, milliseconds. */
const sliceMs = 8;

/**
 * Computations that wait for their next slice. It belongs to the process, like the event loop: Node runs all pending
 * `setImmediate` callbacks in one iteration, and twenty slices in one iteration would be one long one.
 */
const waiting: (() => void)[] = [];

const resumeNext = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(resumeNext);
};

/** Resolves in an iteration of the event loop that no other computation uses. */
export const yieldToEventLoop = (): Promise<void> =>
  new Promise((resolve) => {
    if (waiting.length === 0) setImmediate(resumeNext);
    waiting.push(resolve);
  });

/** Awaited between slices of a long computation; resolves at once while the current stretch may go on. */
export type Yielder = () => Promise<void> | undefined;

/**
 * Lets other requests run: call the result between the steps of a long computation. It returns undefined until the
 * slice has lasted long enough. Throws or rejects with the reason when `work` has ended; undefined is for what belongs to no
 * request, or is finished in any case.
 */
export const createYielder = (work: Work | undefined): Yielder => {
  // The first call always yields: computations that start together would otherwise run their first slices in a row.
  let until = 0;
  return () => {
    if (performance.now() < until) return undefined;
    work?.check();
    return yieldToEventLoop().then(() => {
      work?.check();
      until = performance.now() + sliceMs;
    });
  };
};

/** The result of a computation that yields after each short step; requests run in between. */
export const inSlices = async <R>(steps: Generator<void, R>, maybeYield: Yielder): Promise<R> => {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await maybeYield();
  }
};

/** The same without a pause. */
export const atOnce = <R>(steps: Generator<void, R>): R => {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

/**
 * Awaited between the stages of a request, of which most are short: resolves at once unless the stages since the last yield
 * have lasted long enough for a slice.
 */
export class Stages {
  #until = performance.now() + sliceMs;

  next(): Promise<void> | undefined {
    if (performance.now() < this.#until) return undefined;
    return yieldToEventLoop().then(() => {
      this.#until = performance.now() + sliceMs;
    });
  }
}

/** Items between two looks at the clock. */
const itemsPerLook = 16;

/** Maps items that are many, in slices. */
export const mapInSlices = async <T, R>(items: readonly T[], map: (item: T) => R): Promise<R[]> => {
  const mapped: R[] = [];
  const stages = new Stages();
  for (const [index, item] of items.entries()) {
    if (index % itemsPerLook === 0) await stages.next();
    mapped.push(map(item));
  }
  return mapped;
};

/** Steps between two looks at the clock. */
const stepsPerLook = 64;

/** Values between two looks at the clock: a step of a wide row makes many. */
const valuesPerLook = 512;

/** Steps after which promises that they have resolved may go on. */
const stepsPerPause = 16;

/**
 * Divides a computation that consists of many callbacks, none of which can await another one, into slices: what comes after
 * the end of a slice is left for later ones. A computation without `work` is one slice.
 */
export class Slices {
  readonly #work: Work | undefined;
  #steps = 0;
  /** When the current slice ends; 0 before the first look at the clock, which short computations never take. */
  #until = 0;
  #waiting: (() => void)[] = [];
  #isResuming = false;
  /** Values since the last look at the clock. */
  #values = 0;

  constructor(work: Work | undefined) {
    this.#work = work;
  }

  /** Counts values that the computation made. */
  count(values: number): void {
    this.#values += values;
  }

  /** Whether the next step should come later. */
  isOver(): boolean {
    const work = this.#work;
    if (!work) return false;
    this.#steps++;
    if (this.#steps % stepsPerLook !== 0 && this.#values < valuesPerLook)
      return this.#until === Number.NEGATIVE_INFINITY;
    work.spend(this.#values);
    this.#values = 0;
    const now = performance.now();
    if (this.#until === 0) this.#until = now + sliceMs;
    if (now < this.#until) return false;
    // Also for the steps before the next look.
    this.#until = Number.NEGATIVE_INFINITY;
    return true;
  }

  /** The same with a look at the clock, between steps that may be long. */
  isOverNow(): boolean {
    if (!this.#work) return false;
    const now = performance.now();
    if (this.#until === 0) this.#until = now + sliceMs;
    if (now < this.#until) return false;
    this.#until = Number.NEGATIVE_INFINITY;
    return true;
  }

  /** Takes a step in a later slice, in the order of the calls; never, when the work ends before. */
  later<T>(step: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(step());
        } catch (error) {
          reject(error);
        }
      });
      if (!this.#isResuming) void this.#resume();
    });
  }

  async #resume(): Promise<void> {
    this.#isResuming = true;
    this.#work?.beginSlices();
    while (this.#waiting.length > 0) {
      await yieldToEventLoop();
      if (this.#work?.hasEnded) return;
      const waiting = this.#waiting;
      this.#waiting = [];
      this.#until = performance.now() + sliceMs;
      let done = 0;
      while (done < waiting.length && performance.now() < this.#until) {
        waiting[done++]?.();
        // What the steps have resolved goes on now, and counts for this slice.
        if (done % stepsPerPause === 0) await Promise.resolve();
      }
      if (this.#work?.hasEnded) return;
      // Before those that the steps have added.
      if (done < waiting.length) this.#waiting = waiting.slice(done).concat(this.#waiting);
    }
    this.#isResuming = false;
    this.#work?.endSlices();
  }
}

/** Runs so many tasks at once, and others in the order of the calls after them. */
export class Turnstile {
  readonly #atOnce: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  async run<R>(task: () => Promise<R>): Promise<R> {
    if (this.#running >= this.#atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
