import type { IpAddress } from '../lib/ip.ts';
import { atOnce } from '../lib/yielding.ts';
import { growableUint32 } from './growable.ts';
import { type AddressWords, createIpBounds } from './ip-bounds.ts';
import {
  countSegments,
  createFinder4,
  createFinder6,
  createIpSweep,
  type IpSegments,
  jumpTableOf,
} from './ip-segments.ts';
import { SeqColumn } from './seq-column.ts';
import type { HasState, StateColumns } from './state-columns.ts';

/** Addresses from first to last, both included and of one family, with first <= last. */
export interface IpRange {
  readonly first: IpAddress;
  readonly last: IpAddress;
  /** Dictionary code of the city. */
  readonly city: number;
  /** A sequence number, greater for a later record. */
  readonly ordinal: number;
}

/**
 * Finds the range of an address. Ranges may overlap and nest: the narrowest that contains the address wins, of equally
 * narrow ones the greater ordinal. A position is the rank of a range in the order of addition.
 */
export interface IpRanges extends HasState {
  readonly ranges: number;
  /** Number of runs of addresses with one winner, gaps between ranges included. */
  readonly segments: number;
  readonly byteLength: number;
  /** Position of the winning range, -1 when no range contains the address. */
  find(ip: IpAddress): number;
  /** `find` for an IPv4 address as an unsigned 32-bit integer. */
  find4(value: number): number;
  /** `find4` for many addresses. */
  findAll4(values: Uint32Array, positions: Int32Array): void;
  /** Writes the cities at positions, 0 for a negative one. */
  readCities(positions: Int32Array, cities: Uint32Array): void;
  /** Writes the cities of many IPv4 addresses, 0 for one that no range contains. */
  citiesOf4(values: Uint32Array, cities: Uint32Array): void;
  cityOf(position: number): number;
  ordinalOf(position: number): number;
  rangeAt(position: number): IpRange;
  /** Every range that contains the address, the narrowest first and of equally narrow ones the later record: the winner leads. */
  candidates(ip: IpAddress): number[];
}

export interface IpRangesBuilder {
  /**
   * Adds a range in O(log n) amortised, so that the caller can yield between slices of rows. A call takes longer only
   * by the ranges that end before this one. Throws RangeError unless family 4 comes first and `first` ascends.
   */
  add(range: IpRange): void;
  /** Closes the open ranges and builds the index in short steps; the builder must not be used afterwards. */
  finish(): Generator<void, IpRanges>;
}

const copyWords = (ip: IpAddress, target: AddressWords): AddressWords => {
  if (ip.family === 4) target[0] = ip.value;
  else [target[0], target[1], target[2], target[3]] = ip.words;
  return target;
};

/** Writes the cities of ranges, 0 for the position -1. */
const readCities = (cities: Uint32Array, positions: Int32Array, found: Uint32Array): void => {
  for (let index = 0; index < found.length; index++) {
    const position = positions[index] as number;
    found[index] = position < 0 ? 0 : (cities[position] as number);
  }
};

const createFamily = (wordsPerAddress: 1 | 4) => {
  const bounds = createIpBounds(wordsPerAddress);
  const cities = growableUint32();
  const ordinals = new SeqColumn();
  const firstWords = new Uint32Array(wordsPerAddress);
  const lastWords = new Uint32Array(wordsPerAddress);

  const ordinalOf = (position: number): number => ordinals.at(position);
  const compareRank = (a: number, b: number): number =>
    bounds.compareWidths(a, b) || ordinalOf(b) - ordinalOf(a) || b - a;
  const sweep = createIpSweep(wordsPerAddress, bounds, (a, b) => compareRank(a, b) < 0);

  const addressOf = (words: readonly number[]): IpAddress => {
    const [a = 0, b = 0, c = 0, d = 0] = words;
    return wordsPerAddress === 1 ? { family: 4, value: a } : { family: 6, words: [a, b, c, d] };
  };

  return {
    bounds,
    add({ first, last, city, ordinal }: IpRange): void {
      const position = bounds.length;
      copyWords(first, firstWords);
      if (position > 0 && bounds.compareFirst(position - 1, firstWords) > 0) {
        throw new RangeError('ranges must be added in ascending order of their first address');
      }
      bounds.push(firstWords, copyWords(last, lastWords));
      cities.push(city);
      ordinals.push(ordinal);
      sweep.open(position, firstWords);
    },
    /** Closes the open ranges and returns the segments of all. */
    *sweep(): Generator<void, IpSegments> {
      for (const column of [bounds, cities, ordinals]) yield* column.trimInSteps();
      return yield* sweep.finish();
    },
    /** Writes the ranges and their segments, or loads them and returns the segments. */
    exchange(columns: StateColumns, segments: IpSegments = new Uint32Array(0)): IpSegments {
      bounds.exchange(columns.within('bounds'));
      cities.exchange(columns, 'cities');
      ordinals.exchange(columns, 'ordinals');
      return columns.fixed('segments', segments) ?? segments;
    },
    finish(segments: IpSegments) {
      return {
        length: bounds.length,
        byteLength: bounds.byteLength + cities.byteLength + ordinals.byteLength + segments.byteLength,
        cities: cities.values,
        ordinalOf,
        rangeAt: (position: number): IpRange => ({
          first: addressOf(bounds.firstOf(position)),
          last: addressOf(bounds.lastOf(position)),
          city: cities.values[position] as number,
          ordinal: ordinalOf(position),
        }),
        candidates: (ip: IpAddress): number[] =>
          bounds.containing(copyWords(ip, new Uint32Array(wordsPerAddress))).sort(compareRank),
      };
    },
  };
};

export const createIpRangesBuilder = (): IpRangesBuilder => {
  const family4 = createFamily(1);
  const family6 = createFamily(4);

  return {
    add(range) {
      if (range.first.family === 6) return family6.add(range);
      if (family6.bounds.length > 0) throw new RangeError('IPv4 ranges must be added before IPv6 ranges');
      family4.add(range);
    },

    *finish() {
      const segments4 = yield* family4.sweep();
      const jumps = yield* jumpTableOf(segments4);
      return rangesOf(
        { family: family4, segments: segments4, jumps },
        { family: family6, segments: yield* family6.sweep() },
      );
    },
  };
};

/** Loads what `exchange` of ranges has written. */
export const loadIpRanges = (columns: StateColumns): IpRanges => {
  const [family4, family6] = [createFamily(1), createFamily(4)];
  const segments4 = family4.exchange(columns.within('ipv4'));
  const jumps = columns.fixed('jumps', new Uint32Array(0)) ?? atOnce(jumpTableOf(segments4));
  const segments6 = family6.exchange(columns.within('ipv6'));
  return rangesOf({ family: family4, segments: segments4, jumps }, { family: family6, segments: segments6 });
};

/** The ranges of a family and their segments. */
interface SweptFamily {
  readonly family: ReturnType<typeof createFamily>;
  readonly segments: IpSegments;
}

const rangesOf = (
  { family: family4, segments: segments4, jumps }: SweptFamily & { readonly jumps: Uint32Array },
  { family: family6, segments: segments6 }: SweptFamily,
): IpRanges => {
  const ranges4 = family4.finish(segments4);
  const ranges6 = family6.finish(segments6);
  const finder4 = createFinder4(segments4, jumps);
  const find6 = createFinder6(segments6);
  // Positions of IPv6 ranges follow those of the IPv4 ranges.
  const offset6 = ranges4.length;
  let positions = new Int32Array(0);
  const [cities4, cities6] = [ranges4.cities, ranges6.cities];
  const cityOf = (position: number): number =>
    (position < offset6 ? cities4[position] : cities6[position - offset6]) as number;

  return {
    ranges: ranges4.length + ranges6.length,
    segments: countSegments(segments4, 1) + countSegments(segments6, 4),
    byteLength: ranges4.byteLength + ranges6.byteLength + finder4.byteLength,
    find(ip) {
      if (ip.family === 4) return finder4.find(ip.value);
      const position = find6(ip.words);
      return position < 0 ? position : position + offset6;
    },
    find4: finder4.find,
    findAll4: finder4.findAll,
    readCities(of, cities) {
      for (let index = 0; index < of.length; index++) {
        const position = of[index] as number;
        cities[index] = position < 0 ? 0 : cityOf(position);
      }
    },
    citiesOf4(values, cities) {
      if (positions.length < values.length) positions = new Int32Array(values.length);
      finder4.findAll(values, positions);
      readCities(cities4, positions, cities);
    },
    cityOf,
    ordinalOf: (position) => (position < offset6 ? ranges4.ordinalOf(position) : ranges6.ordinalOf(position - offset6)),
    rangeAt: (position) => (position < offset6 ? ranges4.rangeAt(position) : ranges6.rangeAt(position - offset6)),
    candidates: (ip) =>
      ip.family === 4 ? ranges4.candidates(ip) : ranges6.candidates(ip).map((position) => position + offset6),
    exchange(columns) {
      family4.exchange(columns.within('ipv4'), segments4);
      columns.fixed('jumps', jumps);
      family6.exchange(columns.within('ipv6'), segments6);
    },
  };
};

/** The table before the first import: it contains no range. */
export const emptyIpRanges: IpRanges = atOnce(createIpRangesBuilder().finish());
