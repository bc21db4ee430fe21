import type { IpAddress, IpWords } from '../lib/ip.ts';
import { notATable } from './source.ts';

/** The search tree of a database; see https://maxmind.github.io/MaxMind-DB/ */
export interface MmdbTree {
  bytes: Buffer;
  nodeCount: number;
  recordSize: number;
  ipVersion: number;
}

export interface MmdbLeaf {
  first: IpAddress;
  last: IpAddress;
  /** Identifies leaves with the same data; null when a leaf has none. */
  pointer: number | null;
  /** The leaf is a whole block that leads to the networks of IPv4 again, such as 2002::/16. */
  isAlias: boolean;
}

/** Parts of a tree may be shared; a tree that is walked more often than this has no use but to exhaust us. */
const walksMax = 16;

type Words = [number, number, number, number];

const childReader = ({ bytes, recordSize }: MmdbTree): ((node: number, bit: number) => number) => {
  const nodeBytes = recordSize / 4;
  if (recordSize === 24) return (node, bit) => bytes.readUIntBE(node * nodeBytes + bit * 3, 3);
  if (recordSize === 32) return (node, bit) => bytes.readUInt32BE(node * nodeBytes + bit * 4);
  return (node, bit) => {
    const middle = bytes[node * nodeBytes + 3] as number;
    const high = bit === 0 ? middle >>> 4 : middle & 15;
    return high * 0x1000000 + bytes.readUIntBE(node * nodeBytes + bit * 4, 3);
  };
};

/** The words of a prefix with all bits after it set to `fill`. */
const filled = (words: Words, depth: number, fill: 0 | 1): Words => {
  const hosts = (index: number): number => 2 ** (32 - Math.min(32, Math.max(0, depth - 32 * index))) - 1;
  const word = (index: 0 | 1 | 2 | 3): number => {
    const mask = hosts(index);
    return (fill === 1 ? words[index] | mask : words[index] & ~mask) >>> 0;
  };
  return [word(0), word(1), word(2), word(3)];
};

const address4 = (value: number): IpAddress => ({ family: 4, value });
const address6 = (words: IpWords): IpAddress => ({ family: 6, words });

/**
 * Every leaf of the tree in the order of addresses, IPv4 as such also in an IPv6 tree (under ::/96), an alias of IPv4 as
 * one leaf without data. Throws NOT_A_TABLE for a tree that has a cycle, is deeper than addresses or longer than the file.
 */
export function* mmdbLeaves(tree: MmdbTree): Generator<MmdbLeaf> {
  const { bytes, nodeCount, recordSize, ipVersion } = tree;
  const damaged = () => notATable('the MaxMind database is damaged: its search tree is not a tree');
  const depthMax = ipVersion === 4 ? 32 : 128;
  const isSound = Number.isInteger(nodeCount) && nodeCount > 0 && (ipVersion === 4 || ipVersion === 6);
  if (!isSound || (nodeCount * recordSize) / 4 > bytes.length) throw damaged();
  const childOf = childReader(tree);

  let root4 = 0;
  for (let depth = 0; depthMax === 128 && depth < 96 && root4 < nodeCount; depth += 1) root4 = childOf(root4, 0);

  if (depthMax === 128 && root4 === 0) throw damaged();

  const words: Words = [0, 0, 0, 0];
  const isUnderIp4 = (): boolean => words[0] === 0 && words[1] === 0 && words[2] === 0;
  const isAliasAt = (child: number, depth: number): boolean =>
    depthMax === 128 && child === root4 && child < nodeCount && depth <= 96 && !(depth === 96 && isUnderIp4());

  function* leavesOf(pointer: number | null, depth: number): Generator<MmdbLeaf> {
    const leaf = { pointer, isAlias: false };
    if (depthMax === 32) {
      const [first] = filled([words[0], 0, 0, 0], depth, 0);
      yield { first: address4(first), last: address4(filled(words, depth, 1)[0]), ...leaf };
    } else if (depth >= 96 && isUnderIp4()) {
      yield { first: address4(words[3]), last: address4(filled(words, depth, 1)[3]), ...leaf };
    } else {
      // A leaf above ::/96 holds all of IPv4 besides addresses of its own.
      if (isUnderIp4()) yield { first: address4(0), last: address4(0xffffffff), ...leaf };
      yield { first: address6(filled(words, depth, 0)), last: address6(filled(words, depth, 1)), ...leaf };
    }
  }

  // Depth first without recursion: a child on the stack is its node, the depth below it and its last bit.
  const nodes = [0];
  const depths = [0];
  const bits = [0];
  let visited = 0;
  while (nodes.length > 0) {
    const node = nodes.pop() as number;
    const depth = depths.pop() as number;
    const bit = bits.pop() as number;
    if (depth > 0) {
      const bitIndex = depth - 1;
      words.splice(0, 4, ...filled(words, bitIndex, 0));
      if (bit === 1) {
        const index = (bitIndex >>> 5) as 0 | 1 | 2 | 3;
        words[index] = (words[index] | (0x80000000 >>> (bitIndex & 31))) >>> 0;
      }
      if (isAliasAt(node, depth)) {
        const last = address6(filled(words, depth, 1));
        yield { first: address6(filled(words, depth, 0)), last, pointer: null, isAlias: true };
        continue;
      }
    }
    if (node >= nodeCount) {
      yield* leavesOf(node === nodeCount ? null : node, depth);
      continue;
    }
    visited += 1;
    if (visited > nodeCount * walksMax || depth >= depthMax) throw damaged();
    for (const child of [1, 0]) {
      nodes.push(childOf(node, child));
      depths.push(depth + 1);
      bits.push(child);
    }
  }
}
