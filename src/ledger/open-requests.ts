import { randomInt } from 'node:crypto';

/** The requests that are still sending records, each in several transactions. */
export class OpenRequests {
  readonly #open = new Set<number>();

  /** The number of a new request: random, because it is stored with its records and must differ after a restart. */
  begin(): number {
    const id = randomInt(1, 2 ** 47);
    this.#open.add(id);
    return id;
  }

  end(id: number): void {
    this.#open.delete(id);
  }

  isOpen(id: number): boolean {
    return this.#open.has(id);
  }
}
