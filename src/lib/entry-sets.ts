/** Entries of one set. */
const setSize = 4;

/**
 * Remembers a bounded number of entries by whole numbers: each number belongs to a set, which has the entries that were
 * added to it last. Were there one entry a set, then two of the thousand records of a page would often share one, and
 * displace each other whenever the page is read.
 */
export class EntrySets<E> {
  readonly #count: number;
  /** Empty until something is added: a server has several of these, and may never use most of them. */
  #entries: (E | undefined)[] = [];

  /** Has `count` entries in all, a power of 2. */
  constructor(count: number) {
    this.#count = count;
  }

  /** Where the set of a number begins; it is searched by `at`, from here to `endOf`. */
  startOf(key: number): number {
    return (key & (this.#count / setSize - 1)) * setSize;
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
    if (this.#entries.length === 0) this.#entries = new Array<E | undefined>(this.#count).fill(undefined);
    this.#entries.copyWithin(start + 1, start, start + setSize - 1);
    this.#entries[start] = entry;
  }
}
