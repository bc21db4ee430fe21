/** Gives each distinct UUID a dense place, in the order of first sight: 16 bytes of key and 7 to 13 of slots each. */
export interface UuidTable {
  readonly size: number;
  /** Bytes held, spare capacity included. */
  readonly byteLength: number;
  /** The place of a UUID, made when it is new. Text is 36 characters in lower case, as `parseUuid` gives it. */
  intern(uuid: string): number;
  /** The place of a UUID, -1 when it has none. */
  codeOf(uuid: string): number;
}

/** Keys lie in chunks, four words each, so that growing copies none of them. */
const chunkBits = 14;
const chunkMask = 2 ** chunkBits - 1;

/** Shards grow one at a time: to rehash ten million keys in one go would hold the thread for a second. */
const shardBits = 8;
const slotsMin = 16;

/** A hash table with open addressing. */
interface Shard {
  /** Places plus one, 0 for an empty slot. */
  slots: Uint32Array;
  /** Eight bits of each key's hash: a key is somewhere else in memory, and to look at it costs a cache miss. */
  tags: Uint8Array;
  size: number;
}

const createShard = (slots: number): Shard => ({ slots: new Uint32Array(slots), tags: new Uint8Array(slots), size: 0 });
const shardOf = (hash: number): number => hash & (2 ** shardBits - 1);
const firstSlot = (hash: number, slots: number): number => (hash >>> shardBits) & (slots - 1);
const tagOf = (hash: number): number => hash >>> 24;

export const createUuidTable = (): UuidTable => {
  const chunks: Int32Array[] = [];
  const shards = Array.from({ length: 2 ** shardBits }, () => createShard(slotsMin));
  // Clients choose the UUIDs: with a hash that is the same everywhere they could choose ones that collide.
  const seed = Math.trunc(Math.random() * 2 ** 32);
  let size = 0;
  let [a, b, c, d] = [0, 0, 0, 0];

  const read = (uuid: string): void => {
    a = hexWord(uuid, 0, 4);
    b = (hexWord(uuid, 9, 2) << 16) | hexWord(uuid, 14, 2);
    c = (hexWord(uuid, 19, 2) << 16) | hexWord(uuid, 24, 2);
    d = hexWord(uuid, 28, 4);
  };

  const isAt = (place: number): boolean => {
    const chunk = chunks[place >>> chunkBits] as Int32Array;
    const cell = (place & chunkMask) * 4;
    return chunk[cell] === a && chunk[cell + 1] === b && chunk[cell + 2] === c && chunk[cell + 3] === d;
  };

  /** The slot of the UUID that was read, or the empty one in which it belongs. */
  const slotIn = ({ slots, tags }: Shard, hash: number): number => {
    const tag = tagOf(hash);
    let slot = firstSlot(hash, slots.length);
    for (;;) {
      const stored = slots[slot] as number;
      if (stored === 0 || (tags[slot] === tag && isAt(stored - 1))) return slot;
      slot = (slot + 1) & (slots.length - 1);
    }
  };

  const hashAt = (place: number): number => {
    const chunk = chunks[place >>> chunkBits] as Int32Array;
    const cell = (place & chunkMask) * 4;
    return hashOf(seed, chunk[cell], chunk[cell + 1], chunk[cell + 2], chunk[cell + 3]);
  };

  const grow = (shard: Shard): void => {
    const { slots, tags } = createShard(shard.slots.length * 2);
    for (const stored of shard.slots) {
      if (stored === 0) continue;
      const hash = hashAt(stored - 1);
      let slot = firstSlot(hash, slots.length);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = stored;
      tags[slot] = tagOf(hash);
    }
    shard.slots = slots;
    shard.tags = tags;
  };

  const append = (): number => {
    if ((size & chunkMask) === 0) chunks.push(new Int32Array(4 * (chunkMask + 1)));
    const chunk = chunks[size >>> chunkBits] as Int32Array;
    const cell = (size & chunkMask) * 4;
    chunk[cell] = a;
    chunk[cell + 1] = b;
    chunk[cell + 2] = c;
    chunk[cell + 3] = d;
    return size++;
  };

  return {
    get size() {
      return size;
    },
    get byteLength() {
      const slots = shards.reduce((sum, shard) => sum + shard.slots.length, 0);
      return 5 * slots + chunks.length * 16 * (chunkMask + 1);
    },
    intern(uuid) {
      read(uuid);
      const hash = hashOf(seed, a, b, c, d);
      const shard = shards[shardOf(hash)] as Shard;
      let slot = slotIn(shard, hash);
      if (shard.slots[slot] !== 0) return (shard.slots[slot] as number) - 1;
      // Three quarters: linear probing looks at 8.5 slots for what is not there then (Knuth, TAOCP 6.4).
      if (++shard.size * 4 > shard.slots.length * 3) {
        grow(shard);
        slot = slotIn(shard, hash);
      }
      const place = append();
      shard.slots[slot] = place + 1;
      shard.tags[slot] = tagOf(hash);
      return place;
    },
    codeOf(uuid) {
      read(uuid);
      const hash = hashOf(seed, a, b, c, d);
      const shard = shards[shardOf(hash)] as Shard;
      return (shard.slots[slotIn(shard, hash)] as number) - 1;
    },
  };
};

/** The word that pairs of hexadecimal digits in lower case spell. */
const hexWord = (text: string, at: number, bytes: number): number => {
  let word = 0;
  for (let index = at; index < at + 2 * bytes; index += 1) {
    const code = text.charCodeAt(index);
    word = (word << 4) | (code < 58 ? code - 48 : code - 87);
  }
  return word;
};

/** MurmurHash3 by Austin Appleby, for 32 bits, of four words. */
const hashOf = (seed: number, a = 0, b = 0, c = 0, d = 0): number => {
  let hash = mixed(mixed(mixed(mixed(seed, a), b), c), d) ^ 16;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
};

const mixed = (hash: number, word: number): number => {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const turned = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
};
