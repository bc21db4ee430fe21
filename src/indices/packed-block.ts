import { readBits, writeBits } from './bits.ts';

/** Numbers in a block. */
export const blockSize = 1024;

/** Numbers as a straight line and their distances from it: number i is base + slope × i + unit × distance i. */
export interface PackedBlock {
  readonly base: number;
  readonly unit: number;
  readonly slope: number;
  /** Bits of each distance: 0 when all numbers are on the line, `unpackedBits` for numbers that are stored as they are. */
  readonly bits: number;
  /** The lowest 32 bits of all distances, then the others. */
  readonly words: Uint32Array;
}

export const unpackedBits = 64;

const wordBits = 32;
/** Not computed anew for each number: V8 calls a function for a power. */
const wordValues = 2 ** wordBits;
/** Differences of two such numbers are exact. In microseconds, the year 2112. */
const numberMax = 2 ** 52;
/** Sums with a slope are exact for numbers within such a range. */
const slopingRangeMax = 2 ** 50;

/** Finds the form of the numbers of a block that needs the fewest bits and gives each of them back exactly. */
export const packBlock = (values: Float64Array): PackedBlock => {
  const unit = unitOf(values);
  if (unit === null) {
    const words = new Uint32Array(values.slice().buffer);
    return { base: 0, unit: 1, slope: 0, bits: unpackedBits, words };
  }
  const first = values[0] as number;
  const steps = new Float64Array(blockSize);
  for (let index = 0; index < blockSize; index++) steps[index] = ((values[index] as number) - first) / unit;
  const { slope, least, range } = lineThrough(steps, unit);
  const distances = steps;
  for (let index = 0; index < blockSize; index++) distances[index] = (steps[index] as number) - slope * index - least;
  return { base: first + unit * least, unit, slope: unit * slope, ...packDistances(distances, range) };
};

/** The distance at an index of a block that is neither on the line nor unpacked, whose words begin at `start`. */
export const distanceAt = (words: Uint32Array, start: number, bits: number, index: number): number => {
  if (bits <= wordBits) return readBits(words, start, bits, index);
  const high = readBits(words, start + blockSize, bits - wordBits, index);
  return high * wordValues + (words[start + index] as number);
};

const packDistances = (distances: Float64Array, range: number): Pick<PackedBlock, 'bits' | 'words'> => {
  let bits = 0;
  while (2 ** bits <= range) bits++;
  const words = new Uint32Array((blockSize / wordBits) * bits);
  const low = { start: 0, width: Math.min(bits, wordBits) };
  const high = { start: blockSize, width: bits - wordBits };
  for (let index = 0; index < blockSize && bits > 0; index++) {
    const distance = distances[index] as number;
    writeBits(words, low, index, distance % wordValues);
    if (bits > wordBits) writeBits(words, high, index, Math.floor(distance / wordValues));
  }
  return { bits, words };
};

/** The greatest common divisor of the differences between the numbers; null when no form but their own is exact. */
const unitOf = (values: Float64Array): number | null => {
  const first = values[0] as number;
  let unit = 0;
  for (const value of values) {
    // A negative zero would come back as zero.
    if (!Number.isInteger(value) || Math.abs(value) > numberMax || Object.is(value, -0)) return null;
    if (unit === 0 || (value - first) % unit !== 0) unit = commonDivisor(unit, Math.abs(value - first));
  }
  return unit || 1;
};

const commonDivisor = (a: number, b: number): number => {
  let [greater, lesser] = [a, b];
  while (lesser !== 0) [greater, lesser] = [lesser, greater % lesser];
  return greater;
};

interface Line {
  readonly slope: number;
  /** The least and the range of the distances from slope × i. */
  readonly least: number;
  readonly range: number;
}

/** The line with the lesser range: a level one, or one from the first to the last number. */
const lineThrough = (steps: Float64Array, unit: number): Line => {
  const level = lineOf(steps, 0);
  const slope = Math.round((steps.at(-1) as number) / (blockSize - 1));
  if (slope === 0 || unit * level.range > slopingRangeMax) return level;
  const sloping = lineOf(steps, slope);
  return sloping.range < level.range ? sloping : level;
};

const lineOf = (steps: Float64Array, slope: number): Line => {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < steps.length; index++) {
    const distance = (steps[index] as number) - slope * index;
    if (distance < least) least = distance;
    if (distance > greatest) greatest = distance;
  }
  return { slope, least, range: greatest - least };
};
