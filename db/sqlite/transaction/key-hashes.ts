const slotsMin = 1024;
const [oddA, oddB] = [0x85ebca6b, 0xc2b2ae35];

/** Hashes keys of texts, numbers and nulls, without making a text of them, which costs several times as much. */
export class KeyHasher {
  /** Whoever writes the texts must not choose where they lie. */
  readonly #seed = Math.trunc(Math.random() * 2 ** 32) | 0;
  /** A number, and its bits. */
  readonly #number = new Float64Array(1);
  readonly #bits = new Int32Array(this.#number.buffer);

  /** An integer from 1 up, of 32 bits. */
  hashOf(key: readonly unknown[]): number {
    let hash = this.#seed;
    for (let index = 0; index < key.length; index++) hash = this.#hashOfValue(hash, key[index]);
    return hash >>> 0 || 1;
  }

  #hashOfValue(before: number, value: unknown): number {
    let hash = before;
    let length = -1;
    if (typeof value === 'string') {
      length = value.length;
      for (let index = 0; index < length; index++) {
        hash = Math.imul(hash ^ value.charCodeAt(index), oddA);
        hash ^= hash >>> 15;
      }
    } else if (typeof value === 'number') {
      // Without the sign of zero: both zeros are one key.
      this.#number[0] = value + 0;
      hash = Math.imul(hash ^ (this.#bits[0] as number), oddA);
      hash = Math.imul(hash ^ (hash >>> 15) ^ (this.#bits[1] as number), oddA);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ length, oddB);
    return hash ^ (hash >>> 13);
  }
}

/**
 * A set of keys that only keeps the hash of each: it has every key that was added, and of others about one in four thousand
 * when it has a million.
 */
export class KeyHashes {
  /** Hashes, 0 for an empty slot. */
  #slots = new Uint32Array(slotsMin);
  #size = 0;

  has(hash: number): boolean {
    return this.#slots[slotOf(this.#slots, hash)] === hash;
  }

  add(hash: number): void {
    const slot = slotOf(this.#slots, hash);
    if (this.#slots[slot] === hash) return;
    this.#slots[slot] = hash;
    this.#size++;
    if (3 * this.#size > 2 * this.#slots.length) this.#grow();
  }

  #grow(): void {
    const grown = new Uint32Array(2 * this.#slots.length);
    for (const hash of this.#slots) if (hash !== 0) grown[slotOf(grown, hash)] = hash;
    this.#slots = grown;
  }
}

/** The slot of a hash, or the empty one in which it belongs. */
const slotOf = (slots: Uint32Array, hash: number): number => {
  let slot = hash & (slots.length - 1);
  while (slots[slot] !== 0 && slots[slot] !== hash) slot = (slot + 1) & (slots.length - 1);
  return slot;
};
