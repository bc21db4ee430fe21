const slotsMin = 1024;
const [oddA, oddB] = [0x85ebca6b, 0xc2b2ae35];

/**
 * A set of texts that only keeps 32 bits of the hash of each: it has every text that was added, and of others about one in
 * four thousand when it has a million.
 */
export class KeyHashes {
  /** Whoever writes the texts must not choose where they lie. */
  readonly #seed = Math.trunc(Math.random() * 2 ** 32) | 0;
  /** Hashes, 0 for an empty slot. */
  #slots = new Uint32Array(slotsMin);
  #size = 0;

  has(text: string): boolean {
    const hash = this.#hashOf(text);
    return this.#slots[slotOf(this.#slots, hash)] === hash;
  }

  add(text: string): void {
    const hash = this.#hashOf(text);
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

  #hashOf(text: string): number {
    let hash = this.#seed;
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), oddA);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ text.length, oddB);
    hash ^= hash >>> 13;
    return hash >>> 0 || 1;
  }
}

/** The slot of a hash, or the empty one in which it belongs. */
const slotOf = (slots: Uint32Array, hash: number): number => {
  let slot = hash & (slots.length - 1);
  while (slots[slot] !== 0 && slots[slot] !== hash) slot = (slot + 1) & (slots.length - 1);
  return slot;
};
