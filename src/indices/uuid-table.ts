import type { TextColumn } from '../lib/text-column.ts';
import { finishHash, HashShards, mixIn } from './hash-shards.ts';
import type { HasState, StateColumns } from './state-columns.ts';

/** Assigns each distinct UUID a dense code, in the order of first use: 16 bytes of key and 7 to 13 of slots each. */
export interface UuidTable extends HasState {
  readonly size: number;
  /** Bytes allocated, spare capacity included. */
  readonly byteLength: number;
  /** The code of a UUID; a new one gets the next code. The text is 36 characters in lower case, as `parseUuid` returns it. */
  intern(uuid: string): number;
  /** The same for each text of a column. */
  internAll(uuids: TextColumn): Uint32Array;
  /** The code of a UUID, -1 when it has none. */
  codeOf(uuid: string): number;
}

/** Keys lie in chunks, four words each, so that growing copies none of them. */
const chunkBits = 14;
const chunkMask = 2 ** chunkBits - 1;
const chunkWords = 4 * (chunkMask + 1);

export const createUuidTable = (): UuidTable => new ShardedUuidTable();

class ShardedUuidTable extends HashShards implements UuidTable {
  #chunks: Int32Array[] = [];
  #size = 0;
  /** The four words of the UUID that was parsed last. */
  readonly #key = new Int32Array(4);

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.slotBytes + this.#chunks.length * 4 * chunkWords;
  }

  intern(uuid: string): number {
    return this.#internAt(uuid, 0);
  }

  internAll({ text, starts }: TextColumn): Uint32Array {
    return Uint32Array.from(starts, (start) => this.#internAt(text, start));
  }

  #internAt(text: string, start: number): number {
    const hash = this.#parse(text, start);
    const known = this.find(hash);
    if (known >= 0) return known;
    const code = this.#append();
    this.add(hash, code);
    return code;
  }

  codeOf(uuid: string): number {
    return this.find(this.#parse(uuid, 0));
  }

  exchange(columns: StateColumns): void {
    const size = columns.value('size', this.#size) ?? this.#size;
    // Keys never change, and those of later codes are ignored: whole chunks can be written.
    const keys = columns.changing('keys', this.#usedChunks());
    if (keys) {
      this.#size = size;
      this.#chunks = [];
      for (let start = 0; start < keys.length; start += chunkWords) this.#chunks.push(chunkFrom(keys, start));
    }
    this.exchangeShards(columns, size);
  }

  protected isKeyOf(code: number): boolean {
    const key = this.#key;
    const chunk = this.#chunks[code >>> chunkBits] as Int32Array;
    const cell = (code & chunkMask) * 4;
    return (
      chunk[cell] === key[0] && chunk[cell + 1] === key[1] && chunk[cell + 2] === key[2] && chunk[cell + 3] === key[3]
    );
  }

  protected hashOfKey(code: number): number {
    return hashOf(this.seed, this.#chunks[code >>> chunkBits] as Int32Array, (code & chunkMask) * 4);
  }

  /** The chunks up to the last key. */
  #usedChunks(): Int32Array[] {
    return this.#chunks.map((chunk, index) =>
      chunk.subarray(0, 4 * Math.min(this.#size - index * (chunkMask + 1), chunkMask + 1)),
    );
  }

  /** Parses the UUID that starts at a position into `#key` and returns its hash. */
  #parse(text: string, start: number): number {
    const key = this.#key;
    key[0] = hexWord(text, start, 4);
    key[1] = (hexWord(text, start + 9, 2) << 16) | hexWord(text, start + 14, 2);
    key[2] = (hexWord(text, start + 19, 2) << 16) | hexWord(text, start + 24, 2);
    key[3] = hexWord(text, start + 28, 4);
    return hashOf(this.seed, key, 0);
  }

  /** Stores the parsed UUID and returns its code. */
  #append(): number {
    if ((this.#size & chunkMask) === 0) this.#chunks.push(new Int32Array(chunkWords));
    const chunk = this.#chunks[this.#size >>> chunkBits] as Int32Array;
    const cell = (this.#size & chunkMask) * 4;
    const key = this.#key;
    for (let word = 0; word < 4; word += 1) chunk[cell + word] = key[word] as number;
    return this.#size++;
  }
}

/** A chunk of its own when it is the last one, which has room for more keys. */
const chunkFrom = (keys: Int32Array, start: number): Int32Array => {
  const chunk = keys.subarray(start, start + chunkWords);
  if (chunk.length === chunkWords) return chunk;
  const last = new Int32Array(chunkWords);
  last.set(chunk);
  return last;
};

/** The word that pairs of lower-case hexadecimal digits encode. */
const hexWord = (text: string, start: number, bytes: number): number => {
  let word = 0;
  for (let index = start; index < start + 2 * bytes; index += 1) {
    const code = text.charCodeAt(index);
    word = (word << 4) | (code < 58 ? code - 48 : code - 87);
  }
  return word;
};

/** The hash of the four words that begin at `cell`. */
const hashOf = (seed: number, words: Int32Array, cell: number): number => {
  let hash = seed;
  for (let word = cell; word < cell + 4; word += 1) hash = mixIn(hash, words[word] as number);
  return finishHash(hash, 16);
};
