import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIpRangesBuilder, emptyIpRanges, type IpRange, type IpRanges } from '../../src/indices/ip-ranges.ts';
import { compareIp, type IpAddress, ipKey, parseIp } from '../../src/lib/ip.ts';
import { atOnce } from '../../src/lib/yielding.ts';

const v4 = (value: number): IpAddress => ({ family: 4, value });
const v6 = (a: number, b: number, c: number, d: number): IpAddress => ({ family: 6, words: [a, b, c, d] });

const numberOf = (ip: IpAddress): bigint => BigInt(`0x${ipKey(ip).slice(1)}`);
const shifted = (ip: IpAddress, by: bigint): IpAddress => {
  const bits = ip.family === 4 ? 32 : 128;
  const number = BigInt.asUintN(bits, numberOf(ip) + by);
  if (ip.family === 4) return v4(Number(number));
  const word = (shift: bigint): number => Number((number >> shift) & 0xffffffffn);
  return v6(word(96n), word(64n), word(32n), word(0n));
};

const holds = ({ first, last }: IpRange, ip: IpAddress): boolean =>
  first.family === ip.family && compareIp(first, ip) <= 0 && compareIp(ip, last) <= 0;

/** Reference: every range that contains the address, narrowest first, of equals the greater ordinal. */
const scan = (ranges: readonly IpRange[], ip: IpAddress): number[] => {
  const width = ({ first, last }: IpRange): bigint => numberOf(last) - numberOf(first);
  return ranges
    .filter((range) => holds(range, ip))
    .sort((a, b) => {
      const difference = width(a) - width(b);
      return difference === 0n ? b.ordinal - a.ordinal : difference < 0n ? -1 : 1;
    })
    .map(({ ordinal }) => ordinal);
};

const build = (ranges: readonly IpRange[]): IpRanges => {
  const builder = createIpRangesBuilder();
  for (const range of [...ranges].sort((a, b) => compareIp(a.first, b.first))) builder.add(range);
  return atOnce(builder.finish());
};

const expectSame = (ranges: readonly IpRange[], built: IpRanges, ip: IpAddress): void => {
  const expected = scan(ranges, ip);
  const found = built.find(ip);
  expect(built.candidates(ip).map(built.ordinalOf)).toEqual(expected);
  expect(found === -1 ? undefined : built.ordinalOf(found)).toBe(expected[0]);
  if (ip.family === 4) expect(built.find4(ip.value)).toBe(found);
};

/** Many addresses at once have the cities that they have one by one. */
const expectSameCities = (built: IpRanges, ips: readonly IpAddress[]): void => {
  const values = Uint32Array.from(ips.flatMap((ip) => (ip.family === 4 ? [ip.value] : [])));
  const cities = new Uint32Array(values.length).fill(99);
  built.citiesOf4(values, cities);
  const found = Array.from(values, (value) => built.find4(value));
  expect([...cities]).toEqual(found.map((position) => (position < 0 ? 0 : built.cityOf(position))));
};

/** Every address at which the result may change, and the lowest and highest address. */
const borders = (ranges: readonly IpRange[]): IpAddress[] => [
  ...ranges.flatMap(({ first, last }) => [first, last, shifted(first, -1n), shifted(last, 1n)]),
  v4(0),
  v4(0xffffffff),
  v6(0, 0, 0, 0),
  v6(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff),
];

const ranged = (ends: fc.Arbitrary<IpAddress[]>): fc.Arbitrary<Omit<IpRange, 'ordinal'>> =>
  fc.record({ pair: ends.map((pair) => [...pair].sort(compareIp)), city: fc.nat(3) }).map(({ pair, city }) => {
    const [first = v4(0), last = first] = pair;
    return { first, last, city };
  });

const numbered = (ranges: fc.Arbitrary<Omit<IpRange, 'ordinal'>>, maxLength: number): fc.Arbitrary<IpRange[]> =>
  fc
    .array(ranges, { maxLength })
    .chain((rows) => fc.shuffledSubarray(rows, { minLength: rows.length }))
    .map((rows) => rows.map((row, ordinal) => ({ ...row, ordinal })));

const word = fc.oneof(fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff), fc.nat(0xffffffff));
const wide4 = word.map(v4);
const wide6 = fc.tuple(word, word, word, word).map((words) => v6(...words));

describe('IP ranges, compared with a linear scan', () => {
  test.each([
    ['low IPv4', (value: number) => v4(value)],
    ['high IPv4', (value: number) => v4(0xffffffff - 40 + value)],
    ['IPv4 across a /16', (value: number) => v4(0x0a00fff0 + value)],
    ['low IPv6', (value: number) => v6(0, 0, 0, value)],
    ['high IPv6', (value: number) => v6(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff - 40 + value)],
    ['IPv6 with a carry over three words', (value: number) => shifted(v6(1, 0, 0, 0), BigInt(value - 20))],
    ['IPv6 networks', (value: number) => v6(0x20010db8, value, 0, 0)],
  ])('a small world, where ties and nesting are frequent: %s', (_name, addressOf) => {
    const ends = fc.tuple(fc.nat(40), fc.nat(40)).map((pair) => pair.map(addressOf));
    fc.assert(
      fc.property(numbered(ranged(ends), 30), (ranges) => {
        const built = build(ranges);
        for (let value = 0; value <= 40; value += 1) expectSame(ranges, built, addressOf(value));
        for (const ip of borders(ranges)) expectSame(ranges, built, ip);
        for (const list of [borders(ranges), borders(ranges.slice(0, 1))]) expectSameCities(built, list);
      }),
      { numRuns: 60 },
    );
  });

  test('the whole world of both families', () => {
    const ends = fc.oneof(
      fc.tuple(wide4, wide4),
      fc.tuple(wide6, wide6),
      fc.tuple(wide4, fc.nat(300)).map(([ip, span]) => {
        const last = ip.family === 4 ? Math.min(0xffffffff, ip.value + span) : 0;
        return [ip, v4(last)];
      }),
      wide4.map((ip) => [ip, ip]),
      wide6.map((ip) => [ip, ip]),
    );
    fc.assert(
      fc.property(numbered(ranged(ends), 25), fc.array(fc.oneof(wide4, wide6)), (ranges, others) => {
        const built = build(ranges);
        for (const ip of [...others, ...borders(ranges)]) expectSame(ranges, built, ip);
        expectSameCities(built, [...others, ...borders(ranges)]);
      }),
      { numRuns: 150 },
    );
  });

  test('so many ranges that lookups jump and skip', () => {
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const ranges = Array.from({ length: 9000 }, (_, ordinal): IpRange => {
      const first = random(2 ** 32);
      const span = ordinal % 100 === 0 ? 2 ** 28 : 2 ** 18;
      return { first: v4(first), last: v4(Math.min(0xffffffff, first + random(span))), city: ordinal % 50, ordinal };
    });
    const built = build(ranges);
    for (let round = 0; round < 300; round += 1) expectSame(ranges, built, v4(random(2 ** 32)));
    for (const ip of borders(ranges.slice(0, 100))) expectSame(ranges, built, ip);
    expectSameCities(built, [...Array.from({ length: 5000 }, () => v4(random(2 ** 32))), ...borders(ranges)]);
  });

  test('the order of rows with equal firsts does not matter', () => {
    const ends = fc.tuple(fc.nat(2), fc.nat(10)).map((pair) => pair.map(v4));
    fc.assert(
      fc.property(numbered(ranged(ends), 12), (ranges) => {
        const forth = build(ranges);
        const back = build([...ranges].reverse());
        expect(back.segments).toBe(forth.segments);
        for (let value = 0; value <= 11; value += 1) {
          expect(back.candidates(v4(value)).map(back.ordinalOf)).toEqual(
            forth.candidates(v4(value)).map(forth.ordinalOf),
          );
        }
      }),
    );
  });
});

const ip = (text: string): IpAddress => parseIp(text) ?? v4(0);
const range = (first: string, last: string, city: number, ordinal: number): IpRange => ({
  first: ip(first),
  last: ip(last),
  city,
  ordinal,
});

test('positions of IP ranges follow the order of addition, IPv6 after IPv4', () => {
  const rows = [
    range('10.0.0.0', '10.0.0.255', 4, 30),
    range('172.16.10.0', '172.16.11.255', 5, 20),
    range('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 6, 0xffffffff),
  ];
  const built = build(rows);
  expect(built.ranges).toBe(3);
  expect([0, 1, 2].map(built.rangeAt)).toEqual(rows);
  expect([0, 1, 2].map(built.cityOf)).toEqual([4, 5, 6]);
  expect([0, 1, 2].map(built.ordinalOf)).toEqual([30, 20, 0xffffffff]);
  expect(['10.0.0.255', '172.16.11.0', '::1', '10.0.1.0'].map((text) => built.find(ip(text)))).toEqual([0, 1, 2, -1]);
});

test('adjacent runs of addresses with one winner are one segment', () => {
  // The wide range opens and closes inside without ever winning.
  const built = build([range('10.0.0.0', '10.0.0.9', 1, 1), range('10.0.0.4', '10.0.0.200', 2, 2)]);
  expect(built.segments).toBe(3);
  expect(build([range('10.0.0.0', '10.0.0.9', 1, 1), range('10.0.0.0', '10.0.0.9', 2, 2)]).segments).toBe(2);
});

test('the builder of IP ranges rejects rows out of order', () => {
  const builder = createIpRangesBuilder();
  builder.add(range('10.0.0.5', '10.0.0.9', 0, 0));
  expect(() => builder.add(range('10.0.0.4', '10.0.0.9', 0, 1))).toThrow(RangeError);
  builder.add(range('::5', '::9', 0, 2));
  expect(() => builder.add(range('::4', '::9', 0, 3))).toThrow(RangeError);
  expect(() => builder.add(range('10.0.0.6', '10.0.0.9', 0, 4))).toThrow(RangeError);
});

test('the empty table of IP ranges finds no range', () => {
  for (const text of ['0.0.0.0', '255.255.255.255', '::', 'ffff::']) {
    expect(emptyIpRanges.find(ip(text))).toBe(-1);
    expect(emptyIpRanges.candidates(ip(text))).toEqual([]);
  }
  expectSameCities(emptyIpRanges, [v4(0), v4(0xffffffff)]);
  expect([emptyIpRanges.ranges, emptyIpRanges.segments]).toEqual([0, 0]);
});

test('a table that is so large that its columns have spare room has no range above the last one', () => {
  const count = 150_000;
  const builder = createIpRangesBuilder();
  for (let row = 0; row < count; row += 1)
    builder.add({ first: v4(1000 * row), last: v4(1000 * row + 99), city: 1 + (row % 9), ordinal: row });
  const built = atOnce(builder.finish());
  expect(built.segments).toBe(2 * count);
  const values = Uint32Array.from({ length: 2 * count }, (_, index) => 500 * index);
  const cities = new Uint32Array(values.length);
  built.citiesOf4(values, cities);
  expect(cities.findIndex((city, index) => city !== (index % 2 === 1 ? 0 : 1 + ((index / 2) % 9)))).toBe(-1);
  for (const value of [1000 * count, 0xe0000000, 0xffffffff]) expect(built.find4(value)).toBe(-1);
});
