import { Work } from './work.ts';

/** A computation that several requests use: it ends early when all of them have. */
export class SharedWork {
  readonly work = new Work();
  #users = 0;

  /** Adds a request. One that has its answer is not waiting any more, but may use the computation again. */
  add(request: Work): void {
    this.#users++;
    request.onEnd((reason) => {
      this.#users--;
      if (this.#users === 0) this.work.end(reason);
    });
  }
}
