import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseIpv4 } from './ipv4.ts';

/** Unsigned 32-bit words of an IPv6 address, the most significant first. */
export type IpWords = readonly [number, number, number, number];

/**
 * An address as unsigned 32-bit integers. Parsed addresses are never IPv4-mapped IPv6: those fold to family 4, with
 * `isMapped` for tables that have data of their own under ::ffff:0:0/96.
 */
export type IpAddress =
  | { readonly family: 4; readonly value: number; readonly isMapped?: true }
  | { readonly family: 6; readonly words: IpWords };

/** A run of addresses of one family, both ends inside. */
export interface IpBlock {
  readonly first: IpAddress;
  readonly last: IpAddress;
}

const hex = (value: number): string => value.toString(16);

const hexWords = (groups: string): number[] =>
  groups === '' ? [] : groups.split(':').map((group) => Number.parseInt(group, 16));

/** Grammar by node:net; the numbers are read here, for ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4. */
const parseWords6 = (text: string): IpWords | null => {
  // node:net allows a zone id.
  if (isIP(text) !== 6 || text.includes('%')) return null;
  const lastGroupStart = text.lastIndexOf(':') + 1;
  const embedded = parseIpv4(text.slice(lastGroupStart));
  const plain =
    embedded < 0 ? text : `${text.slice(0, lastGroupStart)}${hex(embedded >>> 16)}:${hex(embedded & 0xffff)}`;
  const gap = plain.indexOf('::');
  const before = hexWords(gap < 0 ? plain : plain.slice(0, gap));
  const after = hexWords(gap < 0 ? '' : plain.slice(gap + 2));
  const zeros = 8 - after.length;
  const group = (index: number): number => (index < zeros ? before[index] : after[index - zeros]) ?? 0;
  const word = (index: number): number => group(2 * index) * 65536 + group(2 * index + 1);
  return [word(0), word(1), word(2), word(3)];
};

const isMapped = ([a, b, c]: IpWords): boolean => a === 0 && b === 0 && c === 0xffff;

const folded = (words: IpWords): IpAddress =>
  isMapped(words) ? { family: 4, value: words[3], isMapped: true } : { family: 6, words };

/** Whether an address lies in ::ffff:0:0/96, where a parsed address is IPv4. */
export const isMappedIpv6 = (ip: IpAddress): boolean => ip.family === 6 && isMapped(ip.words);

/** The words of an address in IPv6: an IPv4 address is mapped, ::ffff:1.2.3.4. */
export const ipv6WordsOf = (ip: IpAddress): IpWords => (ip.family === 4 ? [0, 0, 0xffff, ip.value] : ip.words);

/**
 * Strict: dotted quads without zero padding and IPv6 as in RFC 4291; no CIDR suffix, zone id, port, brackets or space.
 * IPv4-mapped IPv6 (`::ffff:1.2.3.4`, `::ffff:102:304`) is the IPv4 address. Null for anything else.
 */
export const parseIp = (text: string): IpAddress | null => {
  const value = parseIpv4(text);
  if (value >= 0) return { family: 4, value };
  const words = parseWords6(text);
  return words === null ? null : folded(words);
};

/** Dotted quad, or RFC 5952. */
export const formatIp = (ip: IpAddress): string => {
  if (ip.family === 4) {
    return `${ip.value >>> 24}.${(ip.value >>> 16) & 255}.${(ip.value >>> 8) & 255}.${ip.value & 255}`;
  }
  return new ipaddr.IPv6(ip.words.flatMap((word) => [word >>> 16, word & 0xffff])).toRFC5952String();
};

const hexPairs = Array.from({ length: 256 }, (_, byte) => hex(byte).padStart(2, '0'));
const hexPair = (byte: number): string => hexPairs[byte & 255] as string;

/** Numbers beyond 31 bits take several times as long to format in one piece. */
const hex8 = (word: number): string =>
  `${hexPair(word >>> 24)}${hexPair(word >>> 16)}${hexPair(word >>> 8)}${hexPair(word)}`;

/** Fixed-width sortable text: the family, then 8 or 32 hex digits. Its order by code unit is that of `compareIp`. */
export const ipKey = (ip: IpAddress): string =>
  ip.family === 4 ? `4${hex8(ip.value)}` : `6${ip.words.map(hex8).join('')}`;

/** The address of a key, which may be a part of the text; throws RangeError when it is not one of `ipKey`. */
export const ipOfKey = (key: string, from = 0, end = key.length): IpAddress => {
  const family = key.charCodeAt(from) - 48;
  if (family === 4 && end - from === 9) return { family, value: wordOfKey(key, from + 1) };
  if (family !== 6 || end - from !== 33) throw notAKey();
  const word = (index: number): number => wordOfKey(key, from + 1 + 8 * index);
  return { family, words: [word(0), word(1), word(2), word(3)] };
};

const notAKey = (): RangeError => new RangeError('not an address key');

/** The word that 8 lower-case hexadecimal digits encode. */
const wordOfKey = (key: string, start: number): number => {
  let word = 0;
  for (let index = start; index < start + 8; index += 1) {
    const code = key.charCodeAt(index);
    const digit = code <= 57 ? code - 48 : code - 87;
    if (!(digit >= 0 && digit < 16) || (code > 57 && code < 97)) throw notAKey();
    word = word * 16 + digit;
  }
  return word;
};

/** Negative, zero or positive; all of family 4 is before family 6. */
export const compareIp = (a: IpAddress, b: IpAddress): number => {
  if (a.family === 4) return b.family === 4 ? a.value - b.value : -1;
  if (b.family === 4) return 1;
  return a.words[0] - b.words[0] || a.words[1] - b.words[1] || a.words[2] - b.words[2] || a.words[3] - b.words[3];
};

/** The bits of word `index` that a prefix leaves to the hosts. */
const hostBits = (prefixBits: number, index: number): number => {
  const networkBits = Math.min(32, Math.max(0, prefixBits - 32 * index));
  return 2 ** (32 - networkBits) - 1;
};

/** `address/bits`, strict like `parseIp`; null also when a host bit is set. A mapped block of /96 or more is IPv4. */
export const parseCidr = (text: string): IpBlock | null => {
  const slash = text.indexOf('/');
  const bitsText = text.slice(slash + 1);
  if (slash < 0 || !/^(?:0|[1-9]\d{0,2})$/.test(bitsText)) return null;
  const address = text.slice(0, slash);
  const bits = Number(bitsText);

  const block4 = (value: number, prefixBits: number): IpBlock | null => {
    const hosts = hostBits(prefixBits, 0);
    if (prefixBits > 32 || (value & hosts) !== 0) return null;
    return { first: { family: 4, value }, last: { family: 4, value: value + hosts } };
  };

  const value = parseIpv4(address);
  if (value >= 0) return block4(value, bits);
  const words = parseWords6(address);
  if (words === null || bits > 128) return null;
  if (isMapped(words) && bits >= 96) return block4(words[3], bits - 96);
  if (words.some((word, index) => (word & hostBits(bits, index)) !== 0)) return null;
  const last = (index: 0 | 1 | 2 | 3): number => words[index] + hostBits(bits, index);
  return { first: { family: 6, words }, last: { family: 6, words: [last(0), last(1), last(2), last(3)] } };
};

const toBigInt = (ip: IpAddress): bigint =>
  ip.family === 4 ? BigInt(ip.value) : ip.words.reduce((sum, word) => (sum << 32n) + BigInt(word), 0n);

const wordsOf = (value: bigint): IpWords => {
  const word = (shift: bigint): number => Number((value >> shift) & 0xffffffffn);
  return [word(96n), word(64n), word(32n), word(0n)];
};

/** The address that a whole number stands for, of up to 32 or 128 bits by its family; mapped IPv6 is IPv4. */
export const ipOfNumber = (family: 4 | 6, value: bigint): IpAddress =>
  family === 4 ? { family, value: Number(value) } : folded(wordsOf(value));

/** The block of a prefix length around an address, as text. */
export const blockAround = (ip: IpAddress, prefixBits: number): string => {
  const first = (index: number, word: number): number => word - (word % (hostBits(prefixBits, index) + 1));
  const start: IpAddress =
    ip.family === 4
      ? { family: 4, value: first(0, ip.value) }
      : {
          family: 6,
          words: [first(0, ip.words[0]), first(1, ip.words[1]), first(2, ip.words[2]), first(3, ip.words[3])],
        };
  return `${formatIp(start)}/${prefixBits}`;
};

/** The fewest CIDR blocks that make up an inclusive range, ascending; throws RangeError when the ends do not make one. */
export const cidrsOf = (first: IpAddress, last: IpAddress): string[] => {
  if (first.family !== last.family || compareIp(first, last) > 0) throw new RangeError('not a range of addresses');
  const bits = first.family === 4 ? 32 : 128;
  const end = toBigInt(last);
  const addressOf = (value: bigint): IpAddress =>
    first.family === 4 ? { family: 4, value: Number(value) } : { family: 6, words: wordsOf(value) };
  const blocks: string[] = [];
  for (let start = toBigInt(first); start <= end; ) {
    let hosts = 0n;
    // A block doubles while it stays aligned and inside.
    while (hosts < bits && (start & (1n << hosts)) === 0n && start + (2n << hosts) - 1n <= end) hosts += 1n;
    blocks.push(`${formatIp(addressOf(start))}/${bits - Number(hosts)}`);
    start += 1n << hosts;
  }
  return blocks;
};

export type IpKind =
  | 'PUBLIC'
  | 'PRIVATE'
  | 'LOOPBACK'
  | 'LINK_LOCAL'
  | 'SHARED'
  | 'DOCUMENTATION'
  | 'MULTICAST'
  | 'RESERVED';

const kindsOfBlocks: readonly (readonly [IpKind, readonly string[]])[] = [
  // Anycast services and prefixes inside reserved blocks that the registries mark as globally reachable.
  ['PUBLIC', ['192.0.0.9/32', '192.0.0.10/32', '2001:1::1/128', '2001:1::2/128', '2001:1::3/128']],
  ['PUBLIC', ['2001:3::/32', '2001:4:112::/48', '2001:20::/28', '2001:30::/28']],
  ['LOOPBACK', ['127.0.0.0/8', '::1/128']],
  ['PRIVATE', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
  ['LINK_LOCAL', ['169.254.0.0/16', 'fe80::/10']],
  ['SHARED', ['100.64.0.0/10']],
  ['DOCUMENTATION', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20']],
  ['MULTICAST', ['224.0.0.0/4', 'ff00::/8']],
  ['RESERVED', ['0.0.0.0/8', '192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15', '240.0.0.0/4']],
  ['RESERVED', ['2001::/23', '2002::/16']],
  // Outside 2000::/3 nothing else is allocated, and what translates (64:ff9b::/96) or tunnels hides an IPv4 address.
  ['PUBLIC', ['0.0.0.0/0', '2000::/3']],
  ['RESERVED', ['::/0']],
];

const kinds = kindsOfBlocks.flatMap(([kind, blocks]) =>
  blocks.map((text) => {
    const block = parseCidr(text);
    if (block === null) throw new RangeError(`not a block: ${text}`);
    return { ...block, kind };
  }),
);

/**
 * What an address is for, by the IANA special-purpose registries of IPv4 and IPv6 (RFC 6890 and its updates). Only
 * PUBLIC is reachable from anywhere without a translator or tunnel in between.
 */
export const kindOf = (ip: IpAddress): IpKind =>
  kinds.find(({ first, last }) => compareIp(first, ip) <= 0 && compareIp(ip, last) <= 0)?.kind ?? 'RESERVED';
