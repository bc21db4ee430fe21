/** How many values and errors an answer may have, and the reason to end the work for one with more. */
export interface Budget {
  readonly valuesMax: number;
  readonly errorsMax: number;
  exceeded(what: 'values' | 'errors'): Error;
}

/** Called once with the reason. */
type OnEnd = (reason: unknown) => void;

/**
 * The work of one request. It ends early when nobody waits for its answer any more: the long computations that have it stop at
 * their next yield.
 */
export class Work {
  /** Groups that the aggregates of the request hold together. */
  groups = 0;
  #reason: unknown;
  #hasEnded = false;
  #listeners: Set<OnEnd> | undefined;
  #values = 0;
  #errors = 0;
  #sliced = 0;
  #betweenSlices: (() => void)[] = [];
  readonly #budget: Budget | undefined;

  /** Without a budget, values and errors are not counted. */
  constructor(budget?: Budget) {
    this.#budget = budget;
  }

  /** Counts values of the answer, and ends when there are too many. */
  spend(values: number): void {
    this.#values += values;
    const budget = this.#budget;
    if (budget && this.#values > budget.valuesMax) this.end(budget.exceeded('values'));
  }

  /** Counts an error of the answer, and ends when there are too many. */
  addError(): void {
    this.#errors++;
    const budget = this.#budget;
    if (budget && this.#errors > budget.errorsMax) this.end(budget.exceeded('errors'));
  }

  /** Between slices of a computation, others may add to what is loaded together. */
  beginSlices(): void {
    this.#sliced++;
  }

  endSlices(): void {
    this.#sliced--;
    if (this.#sliced > 0) return;
    const waiting = this.#betweenSlices;
    this.#betweenSlices = [];
    for (const callback of waiting) callback();
  }

  /** Calls it at once, or when no computation is between slices any more; never, when the work ends before. */
  afterSlices(callback: () => void): void {
    if (this.#sliced === 0) callback();
    else this.#betweenSlices.push(callback);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Throws the reason when it has ended. */
  check(): void {
    if (this.#hasEnded) throw this.#reason;
  }

  /** Ends it for a reason, an error; a repeat changes nothing. */
  end(reason: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener(reason);
  }

  /** Calls `listener` when it ends, at once if it has; the result removes the listener. */
  onEnd(listener: OnEnd): () => void {
    if (this.#hasEnded) listener(this.#reason);
    else {
      this.#listeners ??= new Set();
      this.#listeners.add(listener);
    }
    return () => void this.#listeners?.delete(listener);
  }
}

/** Work for several requests at once: it ends when those of all of them have ended. */
export class SharedWork extends Work {
  #waiting = 0;

  /** Adds a request that waits for it; without one it never ends. */
  add(work: Work | undefined): void {
    this.#waiting++;
    work?.onEnd((reason) => {
      this.#waiting--;
      if (this.#waiting === 0) this.end(reason);
    });
  }
}
