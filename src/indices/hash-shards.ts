import type { StateColumns } from './state-columns.ts';

/** Shards grow one at a time: to rehash ten million keys at once would block the event loop for a second. */
const shardBits = 8;
const shards = 2 ** shardBits;
const slotsMin = 16;

/** A hash table with open addressing. */
interface Shard {
  /** Codes plus one, 0 for an empty slot. */
  slots: Uint32Array;
  /** Eight bits of each key's hash: the key itself lies elsewhere in memory, and reading it costs a cache miss. */
  tags: Uint8Array;
  size: number;
}

const createShard = (slots: number): Shard => ({ slots: new Uint32Array(slots), tags: new Uint8Array(slots), size: 0 });
const shardOf = (hash: number): number => hash & (shards - 1);
const firstSlot = (hash: number, slots: number): number => (hash >>> shardBits) & (slots - 1);
const tagOf = (hash: number): number => hash >>> 24;

/** The codes of keys, which lie elsewhere, by hashes of 32 bits: 7 to 13 bytes a key. */
export abstract class HashShards {
  /** In place of each shard that has no key yet: most tables of a small store have few keys, and two arrays a shard are many. */
  readonly #empty = createShard(slotsMin);
  #shards = Array.from({ length: shards }, () => this.#empty);
  /** Clients choose the keys: with a fixed seed they could choose ones whose hashes collide. */
  protected seed = Math.trunc(Math.random() * 2 ** 32);

  /** Whether the key of a code is the one that is looked for. */
  protected abstract isKeyOf(code: number): boolean;
  protected abstract hashOfCode(code: number): number;

  protected get slotBytes(): number {
    return 5 * this.#shards.reduce((sum, shard) => sum + (shard === this.#empty ? 0 : shard.slots.length), 0);
  }

  /** The code of the key that is looked for and has the hash; -1 when it has none. */
  protected find(hash: number): number {
    const shard = this.#shards[shardOf(hash)] as Shard;
    return (shard.slots[this.#slotIn(shard, hash)] as number) - 1;
  }

  /**
   * Writes, for each of some hashes, the first code that may be that of its key, `absentUint32` when it has none: whether it
   * is, the caller finds out. No key is read, so that the processor waits for the memory of several slots at once.
   */
  protected readCandidates(hashes: Int32Array, keys: number, candidates: Uint32Array): void {
    const all = this.#shards;
    for (let index = 0; index < keys; index++) {
      const hash = hashes[index] as number;
      const { slots, tags } = all[shardOf(hash)] as Shard;
      const tag = tagOf(hash);
      const last = slots.length - 1;
      let slot = (hash >>> shardBits) & last;
      let stored = slots[slot] as number;
      while (stored !== 0 && tags[slot] !== tag) {
        slot = (slot + 1) & last;
        stored = slots[slot] as number;
      }
      // An empty slot has 0, and becomes `absentUint32`.
      candidates[index] = stored - 1;
    }
  }

  /** Adds the code of a key that has none yet. */
  protected add(hash: number, code: number): void {
    let shard = this.#shards[shardOf(hash)] as Shard;
    if (shard === this.#empty) {
      shard = createShard(slotsMin);
      this.#shards[shardOf(hash)] = shard;
    }
    // Three quarters: linear probing then reads 8.5 slots for an absent key (Knuth, TAOCP 6.4).
    if (++shard.size * 4 > shard.slots.length * 3) this.#grow(shard);
    putCode(shard, hash, code);
  }

  /** Writes or loads the table. `codes` is how many codes have a key in the file: later ones may be in its slots. */
  protected exchangeShards(columns: StateColumns, codes: number): void {
    const seed = columns.value('seed', this.seed);
    const sizes = columns.fixed(
      'sizes',
      Uint32Array.from(this.#shards, ({ slots }) => slots.length),
    );
    const slots = columns.changing(
      'slots',
      this.#shards.map((shard) => shard.slots),
    );
    const tags = columns.changing(
      'tags',
      this.#shards.map((shard) => shard.tags),
    );
    if (seed === undefined || !sizes || !slots || !tags) return;
    this.seed = seed;
    let offset = 0;
    this.#shards = Array.from(sizes, (length) => {
      const end = offset + length;
      const shard = { slots: slots.subarray(offset, end), tags: tags.subarray(offset, end), size: 0 };
      offset = end;
      removeFrom(shard, codes);
      return shard;
    });
  }

  /** The slot of the key that is looked for, or the empty slot in which it belongs. */
  #slotIn({ slots, tags }: Shard, hash: number): number {
    const tag = tagOf(hash);
    let slot = firstSlot(hash, slots.length);
    for (;;) {
      const stored = slots[slot] as number;
      if (stored === 0 || (tags[slot] === tag && this.isKeyOf(stored - 1))) return slot;
      slot = (slot + 1) & (slots.length - 1);
    }
  }

  #grow(shard: Shard): void {
    const grown = createShard(shard.slots.length * 2);
    for (const stored of shard.slots) if (stored !== 0) putCode(grown, this.hashOfCode(stored - 1), stored - 1);
    shard.slots = grown.slots;
    shard.tags = grown.tags;
  }
}

/** Puts a code into the first empty slot for its hash. */
const putCode = ({ slots, tags }: Shard, hash: number, code: number): void => {
  let slot = firstSlot(hash, slots.length);
  while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
  slots[slot] = code + 1;
  tags[slot] = tagOf(hash);
};

/**
 * Removes the codes from one on and counts the others. The removed ones were the last to come into these slots, so none of
 * the others is looked for behind them.
 */
const removeFrom = (shard: Shard, codes: number): void => {
  const { slots } = shard;
  for (let slot = 0; slot < slots.length; slot++) {
    const stored = slots[slot] as number;
    if (stored > codes) slots[slot] = 0;
    else if (stored !== 0) shard.size++;
  }
};

/** One word into a hash: MurmurHash3 by Austin Appleby, for 32 bits. */
export const mixIn = (hash: number, word: number): number => {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
};

/** The end of MurmurHash3 for a key of so many bytes. */
export const finishHash = (mixed: number, bytes: number): number => {
  let hash = mixed ^ bytes;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
};
