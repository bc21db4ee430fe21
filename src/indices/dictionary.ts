import { absentUint32, copyInto, growableUint32, grownCapacity } from './growable.ts';
import { finishHash, HashShards, mixIn } from './hash-shards.ts';
import { type HasState, type StateColumns, withSpare } from './state-columns.ts';

/** Texts and their codes, which are dense from 0, so that columns and indices hold small integers. */
export interface ReadonlyDictionary {
  readonly size: number;
  /** Code of a text, undefined when it was never interned. */
  codeOf(text: string): number | undefined;
  /** Writes the codes of many texts, `absentUint32` for one that was never interned. */
  readCodes(texts: readonly string[], codes: Uint32Array): void;
  /** Text of a code; throws RangeError for a code that no text has. */
  textOf(code: number): string;
}

/** A dictionary that assigns codes in the order in which texts are first interned. */
export interface Dictionary extends ReadonlyDictionary, HasState {
  /** Code of a text; a new text gets the next code. */
  intern(text: string): number;
  /** Bytes allocated, with those of the texts that are kept as strings besides. */
  readonly byteLength: number;
}

/** The texts take up to 4 GB; beyond it `intern` throws RangeError. */
export const createDictionary = (): Dictionary => {
  const texts = new TextTable();
  return {
    get size() {
      return texts.size;
    },
    codeOf: (text) => texts.codeOf(text),
    readCodes: (keys, codes) => texts.readCodes(keys, codes),
    intern: (text) => texts.intern(text),
    textOf: (code) => texts.textOf(code),
    exchange: (columns) => texts.exchange(columns),
    get byteLength() {
      return texts.byteLength;
    },
  };
};

/** Texts that are looked up together: what is known of them between the steps stays in the nearest cache. */
const textsAtOnce = 1024;

const arenaBytesMax = 2 ** 32 - 1;
/** How the text behind this byte is stored: a byte for each code unit, or two. */
const [oneByte, twoBytes] = [0, 1];

/**
 * Texts behind each other in one array of bytes, so that a file can hold them as they are: a million are then there at once,
 * where to intern each one takes half a second.
 */
class TextTable extends HashShards {
  #arena = new Uint8Array(64);
  #used = 0;
  /** By code: where its text ends in the arena. */
  readonly #ends = growableUint32();
  /** By code, as far as texts were interned or read. */
  #texts: (string | undefined)[] = [];
  #stringBytes = 0;
  /** The text that is looked for. */
  #key = '';
  readonly #hashes = new Int32Array(textsAtOnce);
  readonly #candidates = new Uint32Array(textsAtOnce);

  get size(): number {
    return this.#ends.length;
  }

  get byteLength(): number {
    const { byteLength } = this.#arena;
    return (
      byteLength + this.#ends.byteLength + this.slotBytes + referenceBytes * this.#texts.length + this.#stringBytes
    );
  }

  codeOf(text: string): number | undefined {
    this.#key = text;
    const code = this.find(hashOf(this.seed, text));
    return code < 0 ? undefined : code;
  }

  /** A step for all texts before the next step, so that the processor waits for the memory of several texts at once. */
  readCodes(texts: readonly string[], codes: Uint32Array): void {
    const [hashes, candidates] = [this.#hashes, this.#candidates];
    for (let from = 0; from < texts.length; from += textsAtOnce) {
      const count = Math.min(textsAtOnce, texts.length - from);
      for (let index = 0; index < count; index++) hashes[index] = hashOf(this.seed, texts[from + index] as string);
      this.readCandidates(hashes, count, candidates);
      this.#verify(texts, from, count, codes);
    }
  }

  intern(text: string): number {
    this.#key = text;
    const hash = hashOf(this.seed, text);
    const known = this.find(hash);
    if (known >= 0) return known;
    this.#append(text);
    const code = this.#ends.push(this.#used);
    this.#texts.push(text);
    this.#stringBytes += this.#stringBytesOf(code);
    this.add(hash, code);
    return code;
  }

  textOf(code: number): string {
    const text = this.#texts[code];
    if (text !== undefined) return text;
    if (!(code >= 0 && code < this.size)) throw new RangeError(`no text has code ${code}`);
    const read = this.#read(code);
    this.#texts[code] = read;
    this.#stringBytes += this.#stringBytesOf(code);
    return read;
  }

  exchange(columns: StateColumns): void {
    const arena = columns.fixed('texts', this.#arena.subarray(0, this.#used));
    this.#ends.exchange(columns, 'ends');
    if (arena) {
      this.#arena = withSpare(arena);
      this.#used = arena.length;
      this.#texts = new Array(this.size);
      this.#stringBytes = 0;
    }
    this.exchangeShards(columns, this.size);
  }

  protected isKeyOf(code: number): boolean {
    return isTextAt(this.#arena, this.#startOf(code), this.#ends.values[code] as number, this.#key);
  }

  /** Turns candidates into codes. Of two texts with the same tag in one shard, one has the other as its candidate. */
  #verify(texts: readonly string[], from: number, count: number, codes: Uint32Array): void {
    const [arena, ends, candidates] = [this.#arena, this.#ends.values, this.#candidates];
    for (let index = 0; index < count; index++) {
      const code = candidates[index] as number;
      let found = code;
      if (code !== absentUint32) {
        const text = texts[from + index] as string;
        const start = code === 0 ? 0 : (ends[code - 1] as number);
        if (!isTextAt(arena, start, ends[code] as number, text)) found = this.codeOf(text) ?? absentUint32;
      }
      codes[from + index] = found;
    }
  }

  protected hashOfCode(code: number): number {
    return hashOf(this.seed, this.#texts[code] ?? this.#read(code));
  }

  /** Of a text as a string: V8 makes them in steps of 8 bytes. */
  #stringBytesOf(code: number): number {
    const bytes = (this.#ends.values[code] as number) - this.#startOf(code) - 1;
    return stringHeadBytes + 8 * Math.ceil(bytes / 8);
  }

  #startOf(code: number): number {
    return code === 0 ? 0 : (this.#ends.values[code - 1] as number);
  }

  #read(code: number): string {
    const start = this.#startOf(code);
    const { buffer, byteOffset } = this.#arena;
    const bytes = Buffer.from(buffer, byteOffset + start + 1, (this.#ends.values[code] as number) - start - 1);
    return this.#arena[start] === oneByte ? bytes.toString('latin1') : bytes.toString('utf16le');
  }

  #append(text: string): void {
    const isNarrow = isOneByteText(text);
    const bytes = isNarrow ? text.length : 2 * text.length;
    const start = this.#used + 1;
    if (start + bytes > arenaBytesMax) throw new RangeError('the texts of a dictionary take more than 4 GB');
    if (start + bytes > this.#arena.length)
      this.#arena = copyInto(new Uint8Array(grownCapacity(this.#arena.length, start + bytes)), this.#arena);
    const arena = this.#arena;
    arena[this.#used] = isNarrow ? oneByte : twoBytes;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (isNarrow) arena[start + index] = unit;
      else {
        arena[start + 2 * index] = unit & 0xff;
        arena[start + 2 * index + 1] = unit >>> 8;
      }
    }
    this.#used = start + bytes;
  }
}

/** What V8 takes for a string beside its code units, and for a reference to it. */
const [stringHeadBytes, referenceBytes] = [16, 8];

const isOneByteText = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
};

/** Whether the bytes from `start` up to `end` hold a text, the first one of them says how. */
const isTextAt = (arena: Uint8Array, start: number, end: number, text: string): boolean => {
  const { length } = text;
  const bytes = end - start - 1;
  if (arena[start] === twoBytes) {
    if (bytes !== 2 * length) return false;
    for (let index = 0; index < length; index++) {
      const byte = start + 1 + 2 * index;
      if (((arena[byte] as number) | ((arena[byte + 1] as number) << 8)) !== text.charCodeAt(index)) return false;
    }
    return true;
  }
  if (bytes !== length) return false;
  for (let index = 0; index < length; index++) if (arena[start + 1 + index] !== text.charCodeAt(index)) return false;
  return true;
};

/** The hash of a text, two code units at a time. */
const hashOf = (seed: number, text: string): number => {
  const { length } = text;
  let hash = seed;
  let index = 1;
  for (; index < length; index += 2) hash = mixIn(hash, text.charCodeAt(index - 1) | (text.charCodeAt(index) << 16));
  if (index === length) hash = mixIn(hash, text.charCodeAt(index - 1));
  return finishHash(hash, length);
};
