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

const empty = Number.NEGATIVE_INFINITY;

export const createNumberTable = (): NumberTable => {
  let slots = 1024;
  let numbers = new Float64Array(slots).fill(empty);
  let codes = new Uint32Array(slots);
  let size = 0;

  const slotOf = (number: number): number => {
    // Fibonacci hashing (Knuth, TAOCP 6.4) of both 32-bit halves.
    const mixed = Math.imul((number % 4294967296) ^ Math.imul(number / 4294967296, 0x85ebca6b), 0x9e3779b1);
    let slot = (mixed ^ (mixed >>> 15)) & (slots - 1);
    while (numbers[slot] !== empty && numbers[slot] !== number) slot = (slot + 1) & (slots - 1);
    return slot;
  };

  const grow = (): void => {
    const [oldNumbers, oldCodes] = [numbers, codes];
    slots *= 2;
    numbers = new Float64Array(slots).fill(empty);
    codes = new Uint32Array(slots);
    for (let old = 0; old < oldNumbers.length; old++) {
      if (oldNumbers[old] === empty) continue;
      const slot = slotOf(oldNumbers[old] as number);
      numbers[slot] = oldNumbers[old] as number;
      codes[slot] = oldCodes[old] as number;
    }
  };

  return {
    get size() {
      return size;
    },
    codeOf(number) {
      const slot = slotOf(number);
      return numbers[slot] === number ? codes[slot] : undefined;
    },
    intern(number) {
      let slot = slotOf(number);
      if (numbers[slot] === number) return codes[slot] as number;
      if (size * 2 >= slots) {
        grow();
        slot = slotOf(number);
      }
      numbers[slot] = number;
      codes[slot] = size;
      return size++;
    },
  };
};
