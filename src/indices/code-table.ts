import { growableUint32 } from './growable.ts';
import { finishHash, HashShards, mixIn } from './hash-shards.ts';

/**
 * Assigns each distinct number below 2^32 a dense index, in the order of first use: 4 bytes of the number and 7 to 13 of slots
 * each. Smaller than a table of numbers, for codes of which there are millions.
 */
export class CodeTable extends HashShards {
  readonly #codes = growableUint32();
  /** The code that is looked for. */
  #code = 0;

  get size(): number {
    return this.#codes.length;
  }

  /** Bytes allocated, spare capacity included. */
  get byteLength(): number {
    return this.slotBytes + this.#codes.byteLength;
  }

  /** The index of a code; a new one gets the next index. */
  intern(code: number): number {
    const hash = this.#hashOf(code);
    this.#code = code;
    const known = this.find(hash);
    if (known >= 0) return known;
    const index = this.#codes.push(code);
    this.add(hash, index);
    return index;
  }

  /** The index of a code, undefined when it has none. */
  indexOf(code: number): number | undefined {
    this.#code = code;
    const found = this.find(this.#hashOf(code));
    return found < 0 ? undefined : found;
  }

  codeAt(index: number): number {
    return this.#codes.values[index] as number;
  }

  protected isKeyOf(index: number): boolean {
    return this.#codes.values[index] === this.#code;
  }

  protected hashOfKey(index: number): number {
    return this.#hashOf(this.codeAt(index));
  }

  #hashOf(code: number): number {
    return finishHash(mixIn(this.seed, code), 4);
  }
}
