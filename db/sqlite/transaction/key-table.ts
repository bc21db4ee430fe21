import type { KeyHasher } from './key-hashes.ts';

const slotsMin = 2048;

/** Keys of so many values each, numbered from 0 on in the order in which they were added. */
export class KeyTable {
  readonly #hasher: KeyHasher;
  readonly #width: number;
  /** One more than the number of a key, 0 for an empty slot. */
  #slots = new Int32Array(slotsMin);
  /** By number. */
  #hashes = new Uint32Array(slotsMin >> 1);
  /** Key after key. */
  readonly #values: unknown[] = [];
  #size = 0;

  constructor(hasher: KeyHasher, width: number) {
    this.#hasher = hasher;
    this.#width = width;
  }

  get size(): number {
    return this.#size;
  }

  /** The number of a key, -1 for one that was not added. */
  find(key: readonly unknown[]): number {
    return (this.#slots[this.#slotOf(key, this.#hasher.hashOf(key))] as number) - 1;
  }

  /** The number of a key, which a new one gets. */
  add(key: readonly unknown[]): number {
    const hash = this.#hasher.hashOf(key);
    const slot = this.#slotOf(key, hash);
    const known = this.#slots[slot] as number;
    if (known > 0) return known - 1;
    const number = this.#size++;
    this.#slots[slot] = number + 1;
    this.#hashes[number] = hash;
    for (let index = 0; index < this.#width; index++) this.#values.push(key[index]);
    if (2 * this.#size >= this.#slots.length) this.#grow();
    return number;
  }

  /** Whether a number is that of a key. */
  isOf(number: number, key: readonly unknown[]): boolean {
    const first = number * this.#width;
    for (let index = 0; index < this.#width; index++) if (this.#values[first + index] !== key[index]) return false;
    return true;
  }

  hashOf(number: number): number {
    return this.#hashes[number] as number;
  }

  /** The values of the key with a number. */
  keyOf(number: number): unknown[] {
    return this.#values.slice(number * this.#width, (number + 1) * this.#width);
  }

  /** The values of these keys, one after the other. */
  valuesOf(numbers: readonly number[]): unknown[] {
    const values: unknown[] = [];
    for (let index = 0; index < numbers.length; index++) {
      const first = (numbers[index] as number) * this.#width;
      for (let at = first; at < first + this.#width; at++) values.push(this.#values[at]);
    }
    return values;
  }

  clear(): void {
    if (this.#slots.length > slotsMin) {
      this.#slots = new Int32Array(slotsMin);
      this.#hashes = new Uint32Array(slotsMin >> 1);
    } else if (this.#size > 0) this.#slots.fill(0);
    this.#values.length = 0;
    this.#size = 0;
  }

  /** The slot of a key, or the empty one in which it belongs. */
  #slotOf(key: readonly unknown[], hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let known = this.#slots[slot] as number; known > 0; known = this.#slots[slot] as number) {
      if (this.#hashes[known - 1] === hash && this.isOf(known - 1, key)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const hashes = new Uint32Array(slots.length >> 1);
    hashes.set(this.#hashes);
    for (let number = 0; number < this.#size; number++) {
      let slot = (hashes[number] as number) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number + 1;
    }
    this.#slots = slots;
    this.#hashes = hashes;
  }
}
