import { createRandom, type Random } from '../../src/demo/random.ts';

/** Test data as columns, in the order it is recorded in; the same for a size on every machine. */
export interface BenchmarkData {
  readonly users: number;
  /** Changes of status, no two at one time: DuckDB's ASOF JOIN answers with any of several equal ones. */
  readonly changes: { readonly user: Uint32Array; readonly atUs: Float64Array; readonly status: Uint8Array };
  readonly ranges: IpRangeColumns;
  readonly facts: {
    readonly user: Uint32Array;
    readonly atUs: Float64Array;
    readonly product: Uint32Array;
    readonly cents: Uint32Array;
    readonly ip: Uint32Array;
  };
}

/** Both ends inside; cities count from 1, for 0 is unknown. */
export interface IpRangeColumns {
  readonly first: Uint32Array;
  readonly last: Uint32Array;
  readonly city: Uint32Array;
}

export const cityCount = 500;
export const productCount = 5000;
const startUs = Date.UTC(2024, 0, 1) * 1000;
const spanUs = 2 * 365 * 86_400 * 1e6;
const addressFirst = 0x01000000;
const addressCount = 0xde000000;

export const userId = (user: number): string => `u${user}`;
export const productId = (product: number): string => `p${product}`;
export const cityName = (city: number): string => (city === 0 ? 'unknown' : `city-${city}`);

const randomAtUs = (random: Random): number => startUs + random.below(spanUs / 1e6) * 1e6 + random.below(1e6);

const shuffle = (values: Float64Array, random: Random): void => {
  for (let left = values.length - 1; left > 0; left--) {
    const other = random.below(left + 1);
    const swapped = values[left] as number;
    values[left] = values[other] as number;
    values[other] = swapped;
  }
};

const createChanges = (records: number, users: number, random: Random): BenchmarkData['changes'] => {
  const stepUs = Math.floor(spanUs / records);
  const atUs = Float64Array.from(
    { length: records },
    (_, position) => startUs + position * stepUs + random.below(stepUs),
  );
  shuffle(atUs, random);
  const user = Uint32Array.from(atUs, () => random.below(users));
  return { user, atUs, status: Uint8Array.from(atUs, () => random.below(3)) };
};

/** Ranges from 16 to 128 k addresses, wherever chance puts them: they nest and overlap. Fewer ones are wider. */
const createRanges = (records: number, random: Random): IpRangeColumns => {
  const widthBits = 4 + Math.max(0, Math.round(Math.log2(1e6 / records)));
  const first = Uint32Array.from({ length: records }, () => addressFirst + random.below(addressCount));
  const last = first.map((address) => {
    const width = 2 ** (widthBits + random.below(13));
    return Math.min(address + width + random.below(width), addressFirst + addressCount);
  });
  return { first, last, city: first.map(() => 1 + random.below(cityCount)) };
};

/** Nine addresses of ten are in a range. */
const randomAddress = ({ first, last }: IpRangeColumns, random: Random): number => {
  if (random.chance(10)) return random.below(2 ** 32);
  const range = random.below(first.length);
  return (first[range] as number) + random.below((last[range] as number) - (first[range] as number) + 1);
};

export const createBenchmarkData = (records: number): BenchmarkData => {
  const random = createRandom(20_251_121);
  const users = Math.max(10, Math.round(records / 10));
  const ranges = createRanges(records, random);
  const column = <A extends Uint32Array | Float64Array>(array: A, draw: () => number): A => {
    for (let position = 0; position < records; position++) array[position] = draw();
    return array;
  };
  return {
    users,
    changes: createChanges(records, users, random),
    ranges,
    facts: {
      // Every eleventh user has no change of status.
      user: column(new Uint32Array(records), () => random.below(Math.round(users * 1.1))),
      atUs: column(new Float64Array(records), () => randomAtUs(random)),
      product: column(new Uint32Array(records), () => random.below(productCount)),
      cents: column(new Uint32Array(records), () => 1 + random.below(50_000)),
      ip: column(new Uint32Array(records), () => randomAddress(ranges, random)),
    },
  };
};

export interface Questions {
  readonly user: Uint32Array;
  readonly atUs: Float64Array;
  readonly ip: Uint32Array;
}

export const createQuestions = ({ users, ranges }: BenchmarkData, count: number): Questions => {
  const random = createRandom(7);
  return {
    user: Uint32Array.from({ length: count }, () => random.below(users)),
    atUs: Float64Array.from({ length: count }, () => randomAtUs(random)),
    ip: Uint32Array.from({ length: count }, () => randomAddress(ranges, random)),
  };
};

/** Disjoint blocks of 1024 addresses, ascending: /22 networks, at most every other one there is. */
export const createBlocks = (records: number): IpRangeColumns => {
  const random = createRandom(11);
  const count = Math.min(records, addressCount / 2048);
  const spread = Math.floor(addressCount / 1024 / count);
  const first = Uint32Array.from(
    { length: count },
    (_, position) => addressFirst + (position * spread + random.below(spread)) * 1024,
  );
  return { first, last: first.map((address) => address + 1023), city: first.map(() => 1 + random.below(cityCount)) };
};
