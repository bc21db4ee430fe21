/** Where the entries of the keys lie in a timeline index. */
export interface TimelineArrays {
  readonly times: Float64Array;
  /** Three cells a key: offset, length, capacity. */
  readonly blocks: Uint32Array;
  /** Keys are below this number. */
  readonly keysEnd: number;
}

/** Marks a question without an entry. */
const none = -1;

/**
 * Finds the last entries at or before some times, of one key each. All blocks are looked up first, and the searches take the
 * same steps whatever they find, so that the processor waits for the memory of several questions at once.
 */
export class TimelineBatch {
  #lengths = new Uint32Array(0);
  #positions = new Int32Array(0);

  /** The positions of these entries, -1 for none; valid until the next call. */
  find({ times, blocks, keysEnd }: TimelineArrays, keys: Uint32Array, atUs: Float64Array): Int32Array {
    const { length } = keys;
    if (this.#positions.length < length) {
      this.#positions = new Int32Array(length);
      this.#lengths = new Uint32Array(length);
    }
    const [positions, lengths] = [this.#positions, this.#lengths];
    let longest = 0;
    for (let index = 0; index < length; index++) {
      const key = keys[index] as number;
      const isKnown = key < keysEnd;
      positions[index] = isKnown ? (blocks[key * 3] as number) : 0;
      lengths[index] = isKnown ? (blocks[key * 3 + 1] as number) : 0;
      longest = Math.max(longest, lengths[index] as number);
    }
    // As many for all, because the end of a loop is mispredicted, too: a search that is over stays where it is.
    const steps = longest < 2 ? 0 : 32 - Math.clz32(longest - 1);
    for (let index = 0; index < length; index++) {
      const offset = positions[index] as number;
      let rest = lengths[index] as number;
      if (rest === 0) {
        positions[index] = none;
        continue;
      }
      const at = atUs[index] as number;
      let low = offset;
      for (let step = 0; step < steps; step++) {
        const half = rest >>> 1;
        // Without a branch, which would be mispredicted half of the time.
        low += half & -Number((times[low + half] as number) <= at);
        rest -= half;
      }
      if ((times[low] as number) <= at) positions[index] = low;
      else positions[index] = none;
    }
    return positions;
  }
}
