import type { IpRanges } from '../../indices/ip-ranges.ts';
import { type IpAddress, type IpWords, ipv6WordsOf, parseCidr } from '../../lib/ip.ts';

/** How a table came into force. */
export interface IpTableRecord {
  /** 1 for the first table; a corrected reject that joins a table makes the next one. */
  readonly number: number;
  readonly importId: number;
  readonly rangeCount: number;
  /** The record that put it in force. */
  readonly seq: number;
  readonly recordedAtUs: number;
}

/** A table of ranges. */
export interface IpTable {
  /** Null for the empty table before the first. */
  readonly record: IpTableRecord | null;
  readonly ranges: IpRanges;
  /** The position of the range that decides on an address; -1 for none. */
  find(ip: IpAddress): number;
  /** The positions of all ranges that hold an address, the one that decides first. */
  candidates(ip: IpAddress): number[];
  /** Writes the cities of IPv4 addresses. */
  cityCodes4(values: Uint32Array, codes: Uint32Array): void;
  cityCode(ip: IpAddress | null): number;
}

/**
 * The table of these ranges. `ipv4Blocks` are blocks of IPv6 whose addresses hold an IPv4 address behind the prefix, by
 * which they are looked up when no range of IPv6 holds them. Only a database names such blocks; it can also have data of
 * its own for ::ffff:1.2.3.4, which then comes before that of 1.2.3.4.
 */
export const createIpTable = (
  record: IpTableRecord | null,
  ranges: IpRanges,
  ipv4Blocks: readonly string[],
): IpTable => {
  const ipv4In = createIpv4Reader(ipv4Blocks);
  const hasBlocks = ipv4Blocks.length > 0;
  const ipv6Of = (ip: IpAddress): IpAddress => (ip.family === 6 ? ip : { family: 6, words: ipv6WordsOf(ip) });
  const isIpv4 = (ip: IpAddress): boolean => ip.family === 4 && !(hasBlocks && ip.isMapped);

  const find = (ip: IpAddress): number => {
    if (isIpv4(ip)) return ranges.find(ip);
    const position = ranges.find(ipv6Of(ip));
    if (position >= 0) return position;
    const value = ip.family === 4 ? ip.value : ipv4In(ip.words);
    return value === null ? -1 : ranges.find4(value);
  };
  const candidates = (ip: IpAddress): number[] => {
    if (isIpv4(ip)) return ranges.candidates(ip);
    const value = ip.family === 4 ? ip.value : ipv4In(ip.words);
    const own = ranges.candidates(ipv6Of(ip));
    return value === null ? own : [...own, ...ranges.candidates({ family: 4, value })];
  };
  const codeAt = (position: number): number => (position < 0 ? 0 : ranges.cityOf(position));

  return {
    record,
    ranges,
    find,
    candidates,
    cityCodes4: ranges.citiesOf4,
    cityCode: (ip) => (ip === null ? 0 : codeAt(find(ip))),
  };
};

/** Reads the IPv4 address, as an unsigned integer, that follows the prefix of one of the blocks; null outside of them. */
const createIpv4Reader = (blocks: readonly string[]): ((words: IpWords) => number | null) => {
  const prefixes = blocks.map((text) => {
    const block = parseCidr(text);
    const bits = Number(text.slice(text.indexOf('/') + 1));
    if (block?.first.family !== 6 || block.last.family !== 6 || bits > 96)
      throw new RangeError(`holds no IPv4: ${text}`);
    return { first: block.first.words, last: block.last.words, bits };
  });
  const holds = (first: IpWords, last: IpWords, words: IpWords): boolean =>
    // A word lies within a prefix independently of the other words.
    words.every((word, index) => word >= (first[index] as number) && word <= (last[index] as number));
  return (words) => {
    const prefix = prefixes.find(({ first, last }) => holds(first, last, words));
    if (prefix === undefined) return null;
    const index = prefix.bits >>> 5;
    const shift = prefix.bits & 31;
    const high = (words[index] as number) << shift;
    return (shift === 0 ? high : high | ((words[index + 1] as number) >>> (32 - shift))) >>> 0;
  };
};
