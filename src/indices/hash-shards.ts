import type { StateColumns } from './state-columns.ts';

/** Shards grow one at a time: to rehash ten million keys at once would block the event loop for a second. */
const shardBits = 8;
const shards = 2 ** shardBits;

/**
 * A group of slots: a word with a tag for each, then the slots. A tag is eight bits of a key's hash, because the key lies
 * elsewhere in memory and reading it costs a cache miss; beside the slots the tags cost none.
 */
const groupSlots = 4;
const groupWords = 1 + groupSlots;
const groupsMin = 4;
/** Words of a file that are looked at in one step: a fifth of a millisecond. */
const wordsPerStep = 2 ** 16;

/** A hash table with open addressing. The slots of a group are filled one after the other. */
interface Shard {
  /** Groups, a power of two of them. A slot has its reference plus one, 0 for an empty slot. */
  groups: Int32Array;
  /** The number of groups less one. */
  mask: number;
  size: number;
}

const createShard = (count: number): Shard => ({
  groups: new Int32Array(count * groupWords),
  mask: count - 1,
  size: 0,
});
const shardOf = (hash: number): number => hash & (shards - 1);
/** Not 0, which is that of an empty slot. */
const tagOf = (hash: number): number => (hash >>> 25) | 0x80;

/** A bit in each byte of the tags that equals a tag. The lowest one is right; others may be of tags that follow it. */
const matchesOf = (tags: number, tag: number): number => {
  const differences = tags ^ Math.imul(tag, 0x01010101);
  return (differences - 0x01010101) & ~differences & 0x80808080;
};
/** The slot in its group to which the lowest bit belongs. */
const slotOf = (matches: number): number => (31 - Math.clz32(matches & -matches)) >>> 3;
const isFull = (tags: number): boolean => tags >>> 24 !== 0;

/**
 * Finds keys, which lie elsewhere, by hashes of 32 bits: what leads to each is a reference, below 2^31 - 1. 7 to 13 bytes a key.
 * All numbers are signed: V8 makes an object of a greater one wherever it calls a function with it.
 */
export abstract class HashShards {
  /** In place of each shard that has no key yet: most tables of a small store have few keys, and an array a shard is many. */
  readonly #empty = createShard(groupsMin);
  #shards = Array.from({ length: shards }, () => this.#empty);
  /** Clients choose the keys: with a fixed seed they could choose ones whose hashes collide. */
  protected seed = Math.trunc(Math.random() * 2 ** 32) | 0;

  /** Whether a reference leads to the key that is looked for. */
  protected abstract isKeyOf(reference: number): boolean;
  protected abstract hashOfKey(reference: number): number;

  protected get slotBytes(): number {
    return this.#shards.reduce((sum, shard) => sum + (shard === this.#empty ? 0 : shard.groups.byteLength), 0);
  }

  /** The reference to the key that is looked for and has the hash; -1 when there is none. */
  protected find(hash: number): number {
    const { groups, mask } = this.#shards[shardOf(hash)] as Shard;
    const tag = tagOf(hash);
    for (let group = firstGroup(hash, mask); ; group = nextGroup(group, groups)) {
      const tags = groups[group] as number;
      for (let matches = matchesOf(tags, tag); matches !== 0; matches &= matches - 1) {
        const reference = (groups[group + 1 + slotOf(matches)] as number) - 1;
        if (this.isKeyOf(reference)) return reference;
      }
      if (!isFull(tags)) return -1;
    }
  }

  /**
   * Writes, for each of some hashes, a reference that may lead to its key: when it does not, or is -1, `find` has to look for
   * it. No key is read, and no branch depends on what is read, so that the processor waits for the memory of many groups at once.
   */
  protected readCandidates(hashes: Int32Array, keys: number, candidates: Int32Array): void {
    const all = this.#shards;
    for (let index = 0; index < keys; index++) {
      const hash = hashes[index] as number;
      const { groups, mask } = all[shardOf(hash)] as Shard;
      const group = firstGroup(hash, mask);
      const matches = matchesOf(groups[group] as number, tagOf(hash));
      // Without a match the slot is that of nothing, and all bits are set to make it -1.
      const reference = (groups[group + 1 + (slotOf(matches) & (groupSlots - 1))] as number) - 1;
      candidates[index] = reference | ~((matches | -matches) >> 31);
    }
  }

  /** Adds the reference to a key that has none yet. */
  protected add(hash: number, reference: number): void {
    let shard = this.#shards[shardOf(hash)] as Shard;
    if (shard === this.#empty) {
      shard = createShard(groupsMin);
      this.#shards[shardOf(hash)] = shard;
    }
    // Three quarters of the slots: one key of nine is then not in its first group.
    if (++shard.size * 4 > (shard.mask + 1) * groupSlots * 3) this.#grow(shard);
    putReference(shard, hash, reference);
  }

  /** Writes or loads the table. References from `end` on have no key in the file, but may be in its slots. */
  protected exchangeShards(columns: StateColumns, end: number): void {
    const seed = columns.value('seed', this.seed);
    const sizes = columns.fixed(
      'sizes',
      Int32Array.from(this.#shards, ({ groups }) => groups.length),
    );
    const all = columns.changing(
      'groups',
      this.#shards.map(({ groups }) => groups),
    );
    if (seed === undefined || !sizes || !all) return;
    this.seed = seed;
    let offset = 0;
    const loaded = Array.from(sizes, (length) => {
      const shard = { groups: all.subarray(offset, offset + length), mask: length / groupWords - 1, size: 0 };
      offset += length;
      return shard;
    });
    this.#shards = loaded;
    columns.afterwards(function* () {
      let seen = 0;
      for (const shard of loaded) {
        removeFrom(shard, end);
        seen += shard.groups.length;
        if (seen < wordsPerStep) continue;
        seen = 0;
        yield;
      }
    });
  }

  #grow(shard: Shard): void {
    const { groups, mask } = shard;
    const grown = createShard((mask + 1) * 2);
    for (let group = 0; group < groups.length; group += groupWords)
      for (let slot = group + 1; slot < group + groupWords && groups[slot] !== 0; slot++) {
        const reference = (groups[slot] as number) - 1;
        putReference(grown, this.hashOfKey(reference), reference);
      }
    shard.groups = grown.groups;
    shard.mask = grown.mask;
  }
}

/** Where the group of a hash starts. */
const firstGroup = (hash: number, mask: number): number => ((hash >>> shardBits) & mask) * groupWords;

const nextGroup = (group: number, groups: Int32Array): number =>
  group + groupWords === groups.length ? 0 : group + groupWords;

/** Puts a reference into the first empty slot for its hash. */
const putReference = ({ groups, mask }: Shard, hash: number, reference: number): void => {
  let group = firstGroup(hash, mask);
  while (isFull(groups[group] as number)) group = nextGroup(group, groups);
  let slot = 0;
  while (groups[group + 1 + slot] !== 0) slot++;
  groups[group + 1 + slot] = reference + 1;
  groups[group] = (groups[group] as number) | (tagOf(hash) << (8 * slot));
};

/**
 * Removes the references from one on and counts the others. The removed ones were the last to come into these slots, so none
 * of the others is looked for behind them. A tag may have been written without its slot, or a slot without its tag.
 */
const removeFrom = (shard: Shard, end: number): void => {
  const { groups } = shard;
  for (let group = 0; group < groups.length; group += groupWords) {
    let count = 0;
    for (let slot = group + 1; slot < group + groupWords; slot++) {
      const stored = groups[slot] as number;
      if (stored > end) groups[slot] = 0;
      else if (stored !== 0) count++;
    }
    const used = groups[group] as number;
    groups[group] = count === groupSlots ? used : used & (2 ** (8 * count) - 1);
    shard.size += count;
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
