/** Assigns each distinct number a dense code, in the order of first use. Open addressing in flat arrays: no boxing. */
export interface NumberTable {
  readonly size: number;
  /** The code of a number; a new one gets the next code. Numbers are safe integers. */
  intern(number: number): number;
  /** The code of a number, undefined when it has none. */
  codeOf(number: number): number | undefined;
}

/** Two codes as one number for a table; the second is below 2^26, the first below 2^27. */
export const pairKey = (first: number, second: number): number => first * 2 ** 26 + second;

const slotsAtFirst = 1024;

/** Arrays of zeros cost nothing until they are written to, so 0 marks an empty slot, and 0 itself is stored as no integer. */
const empty = 0;
const zeroKey = 0.5;

/**
 * Slots of the smaller table that each new number moves to the larger one: to move a million numbers at once would block the
 * event loop for a quarter of a second. The smaller table is empty long before the larger one is half full.
 */
const slotsPerStep = 16;

/** Fibonacci hashing (Knuth, TAOCP 6.4) of both 32-bit halves. */
const hashOf = (number: number): number => {
  const mixed = Math.imul((number % 4294967296) ^ Math.imul(number / 4294967296, 0x85ebca6b), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};

/** The slot of a number, or the empty one in which it belongs. */
const slotIn = (numbers: Float64Array, key: number, hash: number): number => {
  const mask = numbers.length - 1;
  let slot = hash & mask;
  while (numbers[slot] !== key && numbers[slot] !== empty) slot = (slot + 1) & mask;
  return slot;
};

export const createNumberTable = (): NumberTable => {
  let numbers = new Float64Array(slotsAtFirst);
  let codes = new Uint32Array(slotsAtFirst);
  let size = 0;
  /** The smaller table while its numbers move; they stay in it, so that those behind them are still found. */
  let oldNumbers: Float64Array | undefined;
  let oldCodes = codes;
  let moved = 0;

  const slotOf = (key: number, hash: number): number => slotIn(numbers, key, hash);

  /** The code of a number in the smaller table; -1 when it is not there. */
  const oldCodeOf = (stored: Float64Array, key: number, hash: number): number => {
    const slot = slotIn(stored, key, hash);
    return stored[slot] === key ? (oldCodes[slot] as number) : -1;
  };

  const grow = (): void => {
    oldNumbers = numbers;
    oldCodes = codes;
    moved = 0;
    numbers = new Float64Array(2 * oldNumbers.length);
    codes = new Uint32Array(2 * oldNumbers.length);
  };

  const moveSome = (from: Float64Array): void => {
    for (const end = moved + slotsPerStep; moved < end; moved++) {
      const key = from[moved] as number;
      if (key === empty) continue;
      const slot = slotOf(key, hashOf(key === zeroKey ? 0 : key));
      numbers[slot] = key;
      codes[slot] = oldCodes[moved] as number;
    }
    if (moved === from.length) oldNumbers = undefined;
  };

  return {
    get size() {
      return size;
    },
    codeOf(number) {
      const key = number === 0 ? zeroKey : number;
      const hash = hashOf(number);
      const slot = slotOf(key, hash);
      if (numbers[slot] === key) return codes[slot];
      const code = oldNumbers ? oldCodeOf(oldNumbers, key, hash) : -1;
      return code < 0 ? undefined : code;
    },
    intern(number) {
      const key = number === 0 ? zeroKey : number;
      const hash = hashOf(number);
      let slot = slotOf(key, hash);
      if (numbers[slot] === key) return codes[slot] as number;
      const isFull = size * 2 >= numbers.length;
      if (oldNumbers || isFull) {
        const known = oldNumbers ? oldCodeOf(oldNumbers, key, hash) : -1;
        if (known >= 0) return known;
        if (isFull) grow();
        moveSome(oldNumbers as Float64Array);
        slot = slotOf(key, hash);
      }
      numbers[slot] = key;
      codes[slot] = size;
      return size++;
    },
  };
};
