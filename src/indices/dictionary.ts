import type { TextColumn } from '../lib/text-column.ts';
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
  /** Text of a code, which is kept as a string; throws RangeError for a code that no text has. */
  textOf(code: number): string;
  /** The same for who needs it once, such as a copy of everything: it is not kept. */
  textOnceOf(code: number): string;
}

/** A dictionary that assigns codes in the order in which texts are first interned. */
export interface Dictionary extends ReadonlyDictionary, HasState {
  /** Code of a text; a new text gets the next code. */
  intern(text: string): number;
  /** The same for each text of a column; -1 for null. */
  internAll(texts: TextColumn): Int32Array;
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
    intern: (text) => texts.intern(text, 0, text.length),
    internAll: (column) => texts.internAll(column),
    textOf: (code) => texts.textOf(code),
    textOnceOf: (code) => texts.textOnceOf(code),
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
  /** Holds the text that is looked for, between these bounds. */
  #key = '';
  #keyStart = 0;
  #keyEnd = 0;
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
    const code = this.find(this.#lookFor(text, 0, text.length));
    return code < 0 ? undefined : code;
  }

  /** A step for all texts before the next step, so that the processor waits for the memory of several texts at once. */
  readCodes(texts: readonly string[], codes: Uint32Array): void {
    const [hashes, candidates] = [this.#hashes, this.#candidates];
    for (let from = 0; from < texts.length; from += textsAtOnce) {
      const count = Math.min(textsAtOnce, texts.length - from);
      for (let index = 0; index < count; index++) {
        const text = texts[from + index] as string;
        hashes[index] = hashOf(this.seed, text, 0, text.length);
      }
      this.readCandidates(hashes, count, candidates);
      this.#verify(texts, from, count, codes);
    }
  }

  intern(text: string, start: number, end: number): number {
    const hash = this.#lookFor(text, start, end);
    const known = this.find(hash);
    if (known >= 0) return known;
    this.#append(text, start, end);
    const code = this.#ends.push(this.#used);
    // Strings are made for who reads them: most of millions of texts are only looked for.
    this.#texts.push(undefined);
    this.add(hash, code);
    return code;
  }

  internAll({ text, starts, ends }: TextColumn): Int32Array {
    const [hashes, candidates] = [this.#hashes, this.#candidates];
    const codes = new Int32Array(starts.length);
    for (let from = 0; from < codes.length; from += textsAtOnce) {
      const count = Math.min(textsAtOnce, codes.length - from);
      for (let index = 0; index < count; index++)
        hashes[index] = hashOf(this.seed, text, starts[from + index] as number, ends[from + index] as number);
      this.readCandidates(hashes, count, candidates);
      for (let index = 0; index < count; index++) {
        const [start, end] = [starts[from + index] as number, ends[from + index] as number];
        const code = candidates[index] as number;
        const isKnown = code !== absentUint32 && this.#isTextOf(code, text, start, end);
        codes[from + index] = end < start ? -1 : isKnown ? code : this.intern(text, start, end);
      }
    }
    return codes;
  }

  textOnceOf(code: number): string {
    const text = this.#texts[code];
    if (text !== undefined) return text;
    if (!(code >= 0 && code < this.size)) throw new RangeError(`no text has code ${code}`);
    return this.#read(code);
  }

  textOf(code: number): string {
    const text = this.#texts[code];
    if (text !== undefined) return text;
    const read = this.textOnceOf(code);
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
    return this.#isTextOf(code, this.#key, this.#keyStart, this.#keyEnd);
  }

  /** Whether a part of a text is the text of a code. */
  #isTextOf(code: number, text: string, from: number, to: number): boolean {
    const arena = this.#arena;
    const first = this.#startOf(code) + 1;
    const length = to - from;
    const bytes = (this.#ends.values[code] as number) - first;
    if (arena[first - 1] === twoBytes) {
      if (bytes !== 2 * length) return false;
      for (let index = 0; index < length; index++) {
        const unit = (arena[first + 2 * index] as number) | ((arena[first + 2 * index + 1] as number) << 8);
        if (unit !== text.charCodeAt(from + index)) return false;
      }
      return true;
    }
    if (bytes !== length) return false;
    for (let index = 0; index < length; index++)
      if (arena[first + index] !== text.charCodeAt(from + index)) return false;
    return true;
  }

  /** Turns candidates into codes. Of two texts with the same tag in one shard, one has the other as its candidate. */
  #verify(texts: readonly string[], from: number, count: number, codes: Uint32Array): void {
    const candidates = this.#candidates;
    for (let index = 0; index < count; index++) {
      const code = candidates[index] as number;
      const text = texts[from + index] as string;
      const isFound = code === absentUint32 || this.#isTextOf(code, text, 0, text.length);
      codes[from + index] = isFound ? code : (this.codeOf(text) ?? absentUint32);
    }
  }

  protected hashOfCode(code: number): number {
    const start = this.#startOf(code);
    const end = this.#ends.values[code] as number;
    return this.#arena[start] === oneByte
      ? hashOfBytes(this.seed, this.#arena, start + 1, end)
      : hashOf(this.seed, this.#read(code), 0, (end - start - 1) / 2);
  }

  /** Notes a text to look for, and returns its hash. */
  #lookFor(text: string, start: number, end: number): number {
    this.#key = text;
    this.#keyStart = start;
    this.#keyEnd = end;
    return hashOf(this.seed, text, start, end);
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

  #append(text: string, from: number, to: number): void {
    const isNarrow = isOneByteText(text, from, to);
    const bytes = isNarrow ? to - from : 2 * (to - from);
    const start = this.#used + 1;
    if (start + bytes > arenaBytesMax) throw new RangeError('the texts of a dictionary take more than 4 GB');
    if (start + bytes > this.#arena.length)
      this.#arena = copyInto(new Uint8Array(grownCapacity(this.#arena.length, start + bytes)), this.#arena);
    const arena = this.#arena;
    arena[this.#used] = isNarrow ? oneByte : twoBytes;
    for (let index = 0; index < to - from; index++) {
      const unit = text.charCodeAt(from + index);
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

const isOneByteText = (text: string, start: number, end: number): boolean => {
  for (let index = start; index < end; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
};

/** The hash of a part of a text, two code units at a time. */
const hashOf = (seed: number, text: string, start: number, end: number): number => {
  let hash = seed;
  let index = start + 1;
  for (; index < end; index += 2) hash = mixIn(hash, text.charCodeAt(index - 1) | (text.charCodeAt(index) << 16));
  if (index === end) hash = mixIn(hash, text.charCodeAt(index - 1));
  return finishHash(hash, end - start);
};

/** The same of a text whose code units are bytes. */
const hashOfBytes = (seed: number, bytes: Uint8Array, start: number, end: number): number => {
  let hash = seed;
  let index = start + 1;
  for (; index < end; index += 2) hash = mixIn(hash, (bytes[index - 1] as number) | ((bytes[index] as number) << 16));
  if (index === end) hash = mixIn(hash, bytes[index - 1] as number);
  return finishHash(hash, end - start);
};
