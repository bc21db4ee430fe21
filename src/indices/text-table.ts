import type { TextColumn } from '../lib/text-column.ts';
import { GradualGrowth, grownCapacity } from './gradual-growth.ts';
import { absentUint32, growableUint32 } from './growable.ts';
import { finishHash, HashShards, mixIn } from './hash-shards.ts';
import { KeptStrings } from './kept-strings.ts';
import { type StateColumns, withSpare } from './state-columns.ts';
import { countWords, readText, stringBytesOf, WordWriter, wordsMax } from './text-words.ts';

/** Texts that are looked up together: what is known of them between the steps stays in the nearest cache. */
const textsAtOnce = 256;
/** Room for the words of that many short ones; with longer ones, fewer are looked up together. */
const keyWordsMin = 8 * textsAtOnce;

const arenaWordsMax = 2 ** 30 - 1;

/**
 * Texts behind each other in one array of words, so that a file can hold them as they are: a million are then there at once,
 * where to intern each one takes half a second. The code of each is before its words: what leads to it from the hash leads to
 * its code, too.
 */
export class TextTable extends HashShards {
  #arena = new Int32Array(16);
  readonly #growth = new GradualGrowth((words) => new Int32Array(words), this.#arena);
  #used = 0;
  /** By code: where in the arena the code and the text are. */
  readonly #starts = growableUint32();
  readonly #strings = new KeptStrings();
  /** The words of the texts that are looked for, where those of each end, and their hashes. */
  readonly #keys = new WordWriter(keyWordsMin);
  readonly #keyEnds = new Uint32Array(textsAtOnce);
  readonly #hashes = new Int32Array(textsAtOnce);
  readonly #candidates = new Int32Array(textsAtOnce);
  /** Which of the words are those of the text that is looked for now. */
  #keyStart = 0;
  #keyEnd = 0;

  get size(): number {
    return this.#starts.length;
  }

  get byteLength(): number {
    const arenaBytes = this.#arena.byteLength + this.#growth.byteLength;
    return arenaBytes + this.#starts.byteLength + this.slotBytes + this.#strings.byteLength;
  }

  codeOf(text: string): number | undefined {
    const found = this.find(this.#lookFor(text, 0, text.length));
    return found < 0 ? undefined : (this.#arena[found] as number);
  }

  /** A step for all texts before the next step, so that the processor waits for the memory of several texts at once. */
  readCodes(texts: readonly string[], codes: Uint32Array): void {
    for (let from = 0; from < texts.length; ) {
      const count = this.#readKeys(texts, from);
      this.readCandidates(this.#hashes, count, this.#candidates);
      this.#readFound(count, codes.subarray(from, from + count));
      from += count;
    }
  }

  intern(text: string, start: number, end: number): number {
    return this.#internKey(this.#lookFor(text, start, end));
  }

  internAll(column: TextColumn): Int32Array {
    const codes = new Int32Array(column.length);
    const found = new Uint32Array(textsAtOnce);
    for (let from = 0; from < codes.length; ) {
      const count = this.#readKeysOf(column, from);
      this.readCandidates(this.#hashes, count, this.#candidates);
      this.#readFound(count, found);
      for (let index = 0; index < count; index++) {
        const code = found[index] as number;
        if (column.isNull(from + index)) codes[from + index] = -1;
        else codes[from + index] = code === absentUint32 ? this.#internKey(this.#lookForKey(index)) : code;
      }
      from += count;
    }
    return codes;
  }

  textOnceOf(code: number): string {
    const text = this.#strings.at(code);
    if (text !== undefined) return text;
    if (!(code >= 0 && code < this.size)) throw new RangeError(`no text has code ${code}`);
    return readText(this.#arena, this.#wordsStartOf(code));
  }

  textOf(code: number): string {
    const text = this.#strings.at(code);
    if (text !== undefined) return text;
    const read = this.textOnceOf(code);
    this.#strings.keep(code, read, stringBytesOf(this.#arena, this.#wordsStartOf(code)));
    return read;
  }

  exchange(columns: StateColumns): void {
    const arena = columns.fixed('texts', this.#arena.subarray(0, this.#used));
    this.#starts.exchange(columns, 'starts');
    if (arena) {
      this.#arena = withSpare(arena);
      this.#growth.reset(this.#arena);
      this.#used = arena.length;
    }
    this.exchangeShards(columns, this.#used);
  }

  protected isKeyOf(start: number): boolean {
    return this.#isAt(start, this.#keyStart, this.#keyEnd);
  }

  protected hashOfKey(start: number): number {
    return hashOf(this.seed, this.#arena, start + 1, start + 1 + countWords(this.#arena, start + 1));
  }

  #wordsStartOf(code: number): number {
    return (this.#starts.values[code] as number) + 1;
  }

  /** Takes a text as the one to look for, and returns its hash. */
  #lookFor(text: string, start: number, end: number): number {
    this.#keys.provideRoom(end - start);
    this.#keyStart = 0;
    this.#keyEnd = this.#keys.write(0, text, start, end);
    return hashOf(this.seed, this.#keys.words, 0, this.#keyEnd);
  }

  /** The same of one of the texts whose words were read. */
  #lookForKey(index: number): number {
    this.#keyStart = index === 0 ? 0 : (this.#keyEnds[index - 1] as number);
    this.#keyEnd = this.#keyEnds[index] as number;
    return this.#hashes[index] as number;
  }

  /** Reads the words and hashes of as many texts as there is room for, one at least; returns how many these are. */
  #readKeys(texts: readonly string[], from: number): number {
    this.#keys.provideRoom((texts[from] as string).length);
    const [keys, ends, hashes, seed] = [this.#keys, this.#keyEnds, this.#hashes, this.seed];
    const limit = Math.min(textsAtOnce, texts.length - from);
    let position = 0;
    for (let index = 0; index < limit; index++) {
      const text = texts[from + index] as string;
      if (position + wordsMax(text.length) > keys.words.length) return index;
      const end = keys.write(position, text, 0, text.length);
      hashes[index] = hashOf(seed, keys.words, position, end);
      ends[index] = end;
      position = end;
    }
    return limit;
  }

  /** The same of the texts of a column; null is read like an empty text. */
  #readKeysOf({ text, starts, ends: textEnds }: TextColumn, from: number): number {
    // Null ends before it starts.
    this.#keys.provideRoom(Math.max(0, (textEnds[from] as number) - (starts[from] as number)));
    const [keys, ends, hashes, seed] = [this.#keys, this.#keyEnds, this.#hashes, this.seed];
    const limit = Math.min(textsAtOnce, starts.length - from);
    let position = 0;
    for (let index = 0; index < limit; index++) {
      const start = starts[from + index] as number;
      const textEnd = Math.max(start, textEnds[from + index] as number);
      if (position + wordsMax(textEnd - start) > keys.words.length) return index;
      const end = keys.write(position, text, start, textEnd);
      hashes[index] = hashOf(seed, keys.words, position, end);
      ends[index] = end;
      position = end;
    }
    return limit;
  }

  /** Turns candidates into codes. */
  #readFound(count: number, codes: Uint32Array): void {
    const [arena, ends, candidates] = [this.#arena, this.#keyEnds, this.#candidates];
    // Brings what is compared next into the cache, too; again without branches.
    for (let index = 0; index < count; index++) {
      const start = candidates[index] as number;
      codes[index] = arena[start & ~(start >> 31)] as number;
    }
    let keyStart = 0;
    for (let index = 0; index < count; index++) {
      const [start, keyEnd] = [candidates[index] as number, ends[index] as number];
      if (start < 0 || !this.#isAt(start, keyStart, keyEnd)) {
        const found = this.find(this.#lookForKey(index));
        codes[index] = found < 0 ? absentUint32 : (arena[found] as number);
      }
      keyStart = keyEnd;
    }
  }

  /** Whether the text of an entry has some words. Where the words are those of another text, one differs before that one ends. */
  #isAt(start: number, keyStart: number, keyEnd: number): boolean {
    const [arena, { words }] = [this.#arena, this.#keys];
    for (let key = keyStart, word = start + 1; key < keyEnd; key++, word++)
      if (arena[word] !== words[key]) return false;
    return true;
  }

  /** The code of the text that is looked for; a new text gets the next code. */
  #internKey(hash: number): number {
    const known = this.find(hash);
    if (known >= 0) return this.#arena[known] as number;
    const start = this.#used;
    const code = this.#starts.push(start);
    const end = start + 1 + this.#keyEnd - this.#keyStart;
    if (end > arenaWordsMax) throw new RangeError('the texts of a dictionary take more than 4 GB');
    if (end > this.#growth.dueAt) this.#arena = this.#growth.advance(this.#arena, start, end, grownCapacity);
    this.#arena[start] = code;
    for (let from = this.#keyStart, to = start + 1; to < end; from++, to++)
      this.#arena[to] = this.#keys.words[from] as number;
    this.#used = end;
    this.add(hash, start);
    return code;
  }
}

const hashOf = (seed: number, words: Int32Array, start: number, end: number): number => {
  let hash = seed;
  for (let word = start; word < end; word++) hash = mixIn(hash, words[word] as number);
  return finishHash(hash, end - start);
};
