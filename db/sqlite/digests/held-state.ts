/**
 * A state that each work needs which changes it. While nobody else can write, it is read once for many works; otherwise it is
 * read each time.
 */
export class HeldState<T> {
  readonly #read: () => T;
  #held: { readonly state: T } | undefined;
  #isAlone = false;

  constructor(read: () => T) {
    this.#read = read;
  }

  /** Call it with true when a transaction of many works begins, in which nobody else writes, and with false at its end. */
  setAlone(isAlone: boolean): void {
    this.#isAlone = isAlone;
    this.#held = undefined;
  }

  get(): T {
    if (this.#held) return this.#held.state;
    const state = this.#read();
    this.set(state);
    return state;
  }

  /** Call it with the state that a work has stored. */
  set(state: T): void {
    if (this.#isAlone) this.#held = { state };
  }
}
