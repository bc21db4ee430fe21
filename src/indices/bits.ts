/** Numbers of 1 to 32 bits one after the other in words, from the word `start` on. */
export interface BitRun {
  readonly start: number;
  readonly width: number;
}

export const readBits = (words: Uint32Array, start: number, width: number, index: number): number => {
  const bit = index * width;
  const word = start + (bit >>> 5);
  const shift = bit & 31;
  const mask = 0xffffffff >>> (32 - width);
  const low = (words[word] as number) >>> shift;
  if (shift + width <= 32) return (low & mask) >>> 0;
  return ((low | ((words[word + 1] as number) << (32 - shift))) & mask) >>> 0;
};

/** Writes a number into words that are zero there. */
export const writeBits = (words: Uint32Array, { start, width }: BitRun, index: number, value: number): void => {
  const bit = index * width;
  const word = start + (bit >>> 5);
  const shift = bit & 31;
  words[word] = (words[word] as number) | (value << shift);
  if (shift + width > 32) words[word + 1] = (words[word + 1] as number) | (value >>> (32 - shift));
};
