import { type IpAddress, parseCidr } from '../../src/lib/ip.ts';

export type MmdbValue = string | number | bigint | MmdbValue[] | { [key: string]: MmdbValue };

export interface MmdbOptions {
  ipVersion?: 4 | 6;
  recordSize?: 24 | 28 | 32;
  /** IPv6 prefixes that lead to the IPv4 part of the tree, as MaxMind's own files have them. */
  aliases?: string[];
}

type Child = { node: number } | { data: number } | null;

const sized = (type: number, size: number): Buffer => {
  const extended = type > 7;
  const head = extended ? 0 : type << 5;
  const typeBytes = extended ? [type - 7] : [];
  if (size < 29) return Buffer.from([head | size, ...typeBytes]);
  if (size < 285) return Buffer.from([head | 29, ...typeBytes, size - 29]);
  return Buffer.from([head | 30, ...typeBytes, (size - 285) >> 8, (size - 285) & 255]);
};

const encoded = (value: MmdbValue): Buffer => {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([sized(2, bytes.length), bytes]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([sized(6, 4), bytes]);
  }
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    return Buffer.concat([sized(9, 8), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([sized(11, value.length), ...value.map(encoded)]);
  const entries = Object.entries(value);
  return Buffer.concat([sized(7, entries.length), ...entries.flatMap(([key, item]) => [encoded(key), encoded(item)])]);
};

const bitsOf = (address: IpAddress): string =>
  address.family === 4
    ? address.value.toString(2).padStart(32, '0')
    : address.words.map((word) => word.toString(2).padStart(32, '0')).join('');

/** The path of a network in the tree; IPv4 is under ::/96 in an IPv6 tree. */
const pathOf = (cidr: string, ipVersion: 4 | 6): string => {
  const block = parseCidr(cidr);
  if (block === null) throw new RangeError(`not a network: ${cidr}`);
  const prefixBits = Number(cidr.slice(cidr.indexOf('/') + 1));
  const isMappedText = block.first.family === 4 && cidr.includes(':');
  if (isMappedText) return `${'0'.repeat(80)}${'1'.repeat(16)}${bitsOf(block.first)}`.slice(0, prefixBits);
  const lead = block.first.family === 4 && ipVersion === 6 ? '0'.repeat(96) : '';
  return lead + bitsOf(block.first).slice(0, prefixBits);
};

/** A minimal writer of the MaxMind DB format 2.0: networks must not overlap, later ones win where they do. */
export const writeMmdb = (networks: readonly (readonly [string, MmdbValue])[], options: MmdbOptions = {}): Buffer => {
  const { ipVersion = 6, recordSize = 24, aliases = [] } = options;
  const nodes: [Child, Child][] = [[null, null]];
  const data: Buffer[] = [];
  let dataBytes = 0;

  const insert = (path: string, child: Child): void => {
    let node = 0;
    for (const [index, bit] of [...path].entries()) {
      const pair = nodes[node] as [Child, Child];
      const side = bit === '1' ? 1 : 0;
      if (index === path.length - 1) pair[side] = child;
      else {
        let next = pair[side];
        if (next === null || !('node' in next)) {
          next = { node: nodes.push([next, next]) - 1 };
          pair[side] = next;
        }
        node = next.node;
      }
    }
  };
  const nodeAt = (path: string): number => {
    let node = 0;
    for (const bit of path) {
      const child = nodes[node]?.[bit === '1' ? 1 : 0];
      if (child === null || child === undefined || !('node' in child)) throw new RangeError('no IPv4 in the tree');
      node = child.node;
    }
    return node;
  };

  for (const [cidr, value] of networks) {
    insert(pathOf(cidr, ipVersion), { data: dataBytes });
    const bytes = encoded(value);
    data.push(bytes);
    dataBytes += bytes.length;
  }
  for (const alias of aliases) insert(pathOf(alias, ipVersion), { node: nodeAt('0'.repeat(96)) });

  const recordOf = (child: Child): number => {
    if (child === null) return nodes.length;
    return 'node' in child ? child.node : nodes.length + 16 + child.data;
  };
  const tree = nodes.map(([left, right]) => {
    const [a, b] = [BigInt(recordOf(left)), BigInt(recordOf(right))];
    const low = (1n << 24n) - 1n;
    const pair =
      recordSize === 28
        ? ((a & low) << 32n) | ((a >> 24n) << 28n) | ((b >> 24n) << 24n) | (b & low)
        : (a << BigInt(recordSize)) | b;
    return Buffer.from(pair.toString(16).padStart(recordSize / 2, '0'), 'hex');
  });
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000n,
    database_type: 'Test-City',
    description: { en: 'a test' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodes.length,
    record_size: recordSize,
  };
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, marker, encoded(metadata)]);
};
