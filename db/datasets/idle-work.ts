import { DomainError } from '../../src/errors.ts';

/** A part of some work. Resolves to true when the work is done, else the step runs again. */
export type IdleStep<S> = (session: S) => Promise<boolean>;

interface Work<S> {
  readonly step: IdleStep<S>;
  interruptions: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Work that is interrupted so often in a row ends: there is no time for it. */
const interruptionsMax = 8;

/**
 * Work that runs, one step at a time, while nothing else does. What comes in between aborts the signal of the step, which is
 * repeated later, so a step must do nothing when it is interrupted.
 */
export class IdleWork<S> {
  readonly #run: (step: IdleStep<S>, signal: AbortSignal) => Promise<boolean>;
  readonly #waiting: Work<S>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: AbortController | undefined;
  readonly #idleMs: number;
  #isPaused = false;

  /** A step begins after `idleMs` without anything else, after an interruption twice as long, and so on. */
  constructor(run: (step: IdleStep<S>, signal: AbortSignal) => Promise<boolean>, idleMs = 200) {
    this.#run = run;
    this.#idleMs = idleMs;
  }

  /** Resolves when the work is done. Rejects with what a step throws, with OVERLOADED when nothing is ever idle. */
  add(step: IdleStep<S>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, interruptions: 0, resolve, reject });
      this.#schedule();
    });
  }

  /** Something else begins. */
  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  /** Nothing else runs any more. */
  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  #schedule(): void {
    const [next] = this.#waiting;
    if (this.#isPaused || this.#running || next === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#work(), this.#idleMs * 2 ** next.interruptions).unref();
  }

  async #work(): Promise<void> {
    this.#running = new AbortController();
    const { signal } = this.#running;
    for (let work = this.#waiting[0]; work && !signal.aborted; work = this.#waiting[0]) {
      const isOver = await this.#runStep(work, signal);
      if (isOver) this.#waiting.shift();
    }
    this.#running = undefined;
    this.#schedule();
  }

  async #runStep(work: Work<S>, signal: AbortSignal): Promise<boolean> {
    try {
      const isDone = await this.#run(work.step, signal);
      work.interruptions = 0;
      if (isDone) work.resolve();
      return isDone;
    } catch (error) {
      if (signal.aborted) work.interruptions += 1;
      if (signal.aborted && work.interruptions < interruptionsMax) return false;
      work.reject(signal.aborted ? new DomainError('OVERLOADED', 'too many queries run for work between them') : error);
      return true;
    }
  }
}
