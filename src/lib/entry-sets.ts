/** Entries of one set. */
const setSize = 4;

/**
 * Remembers a bounded number of entries by whole numbers: each number belongs to a set, which has the entries that were
 * added to it last. Were there one entry a set, then two of the thousand records of a page would often share one, and
 * displace each other whenever the page is read.
 */
export class EntrySets<E> {
  readonly #entries: (E | undefined)[];
  readonly #setMask: number;

  /** Has `count` entries in all, a power of 2. */
  constructor(count: number) {
    this.#entries = new Array<E | undefined>(count).fill(undefined);
    this.#setMask = count / setSize - 1;
  }

  /** Where the set of a number begins; it is searched by `at`, from here to `endOf`. */
  startOf(key: number): number {
    return (key & this.#setMask) * setSize;
  }

  endOf(start: number): number {
    return start + setSize;
  }

  at(index: number): E | undefined {
    return this.#entries[index];
  }

  /** Adds an entry to the set of a number, and drops the set's oldest one. */
  add(key: number, entry: E): void {
    const start = this.startOf(key);
    this.#entries.copyWithin(start + 1, start, start + setSize - 1);
    this.#entries[start] = entry;
  }
}
