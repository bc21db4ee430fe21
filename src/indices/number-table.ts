/** Gives each distinct number a dense place, in the order of first sight. Open addressing in flat arrays: no boxing. */
export interface NumberTable {
  readonly size: number;
  /** The place of a number, made when it is new. Numbers are safe integers. */
  intern(number: number): number;
  /** The place of a number, undefined when it has none. */
  codeOf(number: number): number | undefined;
}

const empty = Number.NEGATIVE_INFINITY;

export const createNumberTable = (): NumberTable => {
  let slots = 1024;
  let numbers = new Float64Array(slots).fill(empty);
  let places = new Uint32Array(slots);
  let size = 0;

  const slotOf = (number: number): number => {
    // Fibonacci hashing (Knuth, TAOCP 6.4) of both 32-bit halves.
    const mixed = Math.imul((number % 4294967296) ^ Math.imul(number / 4294967296, 0x85ebca6b), 0x9e3779b1);
    let slot = (mixed ^ (mixed >>> 15)) & (slots - 1);
    while (numbers[slot] !== empty && numbers[slot] !== number) slot = (slot + 1) & (slots - 1);
    return slot;
  };

  const grow = (): void => {
    const [oldNumbers, oldPlaces] = [numbers, places];
    slots *= 2;
    numbers = new Float64Array(slots).fill(empty);
    places = new Uint32Array(slots);
    for (let old = 0; old < oldNumbers.length; old++) {
      if (oldNumbers[old] === empty) continue;
      const slot = slotOf(oldNumbers[old] as number);
      numbers[slot] = oldNumbers[old] as number;
      places[slot] = oldPlaces[old] as number;
    }
  };

  return {
    get size() {
      return size;
    },
    codeOf(number) {
      const slot = slotOf(number);
      return numbers[slot] === number ? places[slot] : undefined;
    },
    intern(number) {
      let slot = slotOf(number);
      if (numbers[slot] === number) return places[slot] as number;
      if (size * 2 >= slots) {
        grow();
        slot = slotOf(number);
      }
      numbers[slot] = number;
      places[slot] = size;
      return size++;
    },
  };
};
