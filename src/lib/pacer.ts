import type { Work } from './work.ts';
import { Stages, yieldToEventLoop } from './yielding.ts';

/** Rows whose callers go on in one turn of the event loop: what they do with them cannot be divided afterwards. */
const rowsPerTurn = 1000;

/** Callers after which those that went on do so, before the clock is looked at. */
const callersPerLook = 32;

interface Step {
  readonly rows: number;
  readonly goOn: () => void;
}

/**
 * Lets callers go on with what they waited for, the first at once and the others turn by turn: forty thousand fields that wait
 * for one value would otherwise all go on in one stretch. They never go on when the work ends before.
 */
export class Pacer {
  readonly #work: Work;
  /** Since the last turn began. */
  #rows = 0;
  #waiting: Step[] = [];
  #isRunning = false;

  constructor(work: Work) {
    this.#work = work;
  }

  /** The same value, for a caller who then goes on with so many rows. */
  pace<V>(value: Promise<V>, rows: number): Promise<V> {
    if (!this.#isRunning && this.#rows < rowsPerTurn) {
      this.#rows += rows;
      return value;
    }
    return new Promise((resolve, reject) => {
      value.then(
        (result) => this.#take(rows, () => resolve(result)),
        (error) => this.#take(1, () => reject(error)),
      );
    });
  }

  /** To be awaited by a caller who goes on with so many rows; undefined when it may go on at once. */
  yieldAfter(rows: number): Promise<void> | undefined {
    if (this.#isRunning || this.#rows >= rowsPerTurn) return new Promise((resolve) => this.#take(rows, resolve));
    this.#rows += rows;
    return undefined;
  }

  #take(rows: number, goOn: () => void): void {
    this.#waiting.push({ rows, goOn });
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // What they load next is loaded together.
    this.#work.beginSlices();
    const stages = new Stages();
    while (this.#waiting.length > 0) {
      const steps = this.#waiting;
      this.#waiting = [];
      for (const [index, { rows, goOn }] of steps.entries()) {
        if (this.#rows >= rowsPerTurn) {
          await yieldToEventLoop();
          this.#rows = 0;
        } else if (index % callersPerLook === 0) await stages.next();
        if (this.#work.hasEnded) return;
        this.#rows += rows;
        goOn();
      }
    }
    this.#isRunning = false;
    this.#work.endSlices();
  }
}
