/** Assigns each distinct UUID a dense code, in the order of first use: 16 bytes of key and 7 to 13 of slots each. */
export interface UuidTable {
  readonly size: number;
  /** Bytes allocated, spare capacity included. */
  readonly byteLength: number;
  /** The code of a UUID; a new one gets the next code. The text is 36 characters in lower case, as `parseUuid` returns it. */
  intern(uuid: string): number;
  /** The code of a UUID, -1 when it has none. */
  codeOf(uuid: string): number;
}

/** Keys lie in chunks, four words each, so that growing copies none of them. */
const chunkBits = 14;
const chunkMask = 2 ** chunkBits - 1;

/** Shards grow one at a time: to rehash ten million keys at once would block the event loop for a second. */
const shardBits = 8;
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
const shardOf = (hash: number): number => hash & (2 ** shardBits - 1);
const firstSlot = (hash: number, slots: number): number => (hash >>> shardBits) & (slots - 1);
const tagOf = (hash: number): number => hash >>> 24;

export const createUuidTable = (): UuidTable => new ShardedUuidTable();

class ShardedUuidTable implements UuidTable {
  readonly #chunks: Int32Array[] = [];
  readonly #shards = Array.from({ length: 2 ** shardBits }, () => createShard(slotsMin));
  /** Clients choose the UUIDs: with a fixed seed they could choose ones whose hashes collide. */
  readonly #seed = Math.trunc(Math.random() * 2 ** 32);
  #size = 0;
  /** The four words of the UUID that was parsed last. */
  readonly #key = new Int32Array(4);

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    const slots = this.#shards.reduce((sum, shard) => sum + shard.slots.length, 0);
    return 5 * slots + this.#chunks.length * 16 * (chunkMask + 1);
  }

  intern(uuid: string): number {
    const hash = this.#parse(uuid);
    const shard = this.#shards[shardOf(hash)] as Shard;
    let slot = this.#slotIn(shard, hash);
    if (shard.slots[slot] !== 0) return (shard.slots[slot] as number) - 1;
    // Three quarters: linear probing then reads 8.5 slots for an absent key (Knuth, TAOCP 6.4).
    if (++shard.size * 4 > shard.slots.length * 3) {
      this.#grow(shard);
      slot = this.#slotIn(shard, hash);
    }
    const code = this.#append();
    shard.slots[slot] = code + 1;
    shard.tags[slot] = tagOf(hash);
    return code;
  }

  codeOf(uuid: string): number {
    const hash = this.#parse(uuid);
    const shard = this.#shards[shardOf(hash)] as Shard;
    return (shard.slots[this.#slotIn(shard, hash)] as number) - 1;
  }

  /** Parses a UUID into `#key` and returns its hash. */
  #parse(uuid: string): number {
    const key = this.#key;
    key[0] = hexWord(uuid, 0, 4);
    key[1] = (hexWord(uuid, 9, 2) << 16) | hexWord(uuid, 14, 2);
    key[2] = (hexWord(uuid, 19, 2) << 16) | hexWord(uuid, 24, 2);
    key[3] = hexWord(uuid, 28, 4);
    return hashOf(this.#seed, key, 0);
  }

  /** The slot of the parsed UUID, or the empty slot in which it belongs. */
  #slotIn({ slots, tags }: Shard, hash: number): number {
    const tag = tagOf(hash);
    let slot = firstSlot(hash, slots.length);
    for (;;) {
      const stored = slots[slot] as number;
      if (stored === 0 || (tags[slot] === tag && this.#isKeyOf(stored - 1))) return slot;
      slot = (slot + 1) & (slots.length - 1);
    }
  }

  #isKeyOf(code: number): boolean {
    const key = this.#key;
    const chunk = this.#chunks[code >>> chunkBits] as Int32Array;
    const cell = (code & chunkMask) * 4;
    return (
      chunk[cell] === key[0] && chunk[cell + 1] === key[1] && chunk[cell + 2] === key[2] && chunk[cell + 3] === key[3]
    );
  }

  #grow(shard: Shard): void {
    const { slots, tags } = createShard(shard.slots.length * 2);
    for (const stored of shard.slots) {
      if (stored === 0) continue;
      const code = stored - 1;
      const hash = hashOf(this.#seed, this.#chunks[code >>> chunkBits] as Int32Array, (code & chunkMask) * 4);
      let slot = firstSlot(hash, slots.length);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = stored;
      tags[slot] = tagOf(hash);
    }
    shard.slots = slots;
    shard.tags = tags;
  }

  /** Stores the parsed UUID and returns its code. */
  #append(): number {
    if ((this.#size & chunkMask) === 0) this.#chunks.push(new Int32Array(4 * (chunkMask + 1)));
    const chunk = this.#chunks[this.#size >>> chunkBits] as Int32Array;
    const cell = (this.#size & chunkMask) * 4;
    const key = this.#key;
    for (let word = 0; word < 4; word += 1) chunk[cell + word] = key[word] as number;
    return this.#size++;
  }
}

/** The word that pairs of lower-case hexadecimal digits encode. */
const hexWord = (text: string, start: number, bytes: number): number => {
  let word = 0;
  for (let index = start; index < start + 2 * bytes; index += 1) {
    const code = text.charCodeAt(index);
    word = (word << 4) | (code < 58 ? code - 48 : code - 87);
  }
  return word;
};

/** MurmurHash3 by Austin Appleby, for 32 bits, of the four words that begin at `cell`. */
const hashOf = (seed: number, words: Int32Array, cell: number): number => {
  let hash = seed;
  for (let word = cell; word < cell + 4; word += 1) hash = mixIn(hash, words[word] as number);
  hash ^= 16;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
};

const mixIn = (hash: number, word: number): number => {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
};
