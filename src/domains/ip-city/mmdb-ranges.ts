import { readFile } from 'node:fs/promises';
import type { CityResponse, Reader } from 'maxmind';
import { cidrsOf, formatIp, type IpAddress, isMappedIpv6 } from '../../lib/ip.ts';
import { yieldToEventLoop } from '../../lib/yielding.ts';
import { mmdbMarker } from '../../sources/format.ts';
import { type MmdbTree, mmdbLeaves } from '../../sources/mmdb-tree.ts';
import {
  type CustomFormat,
  notATable,
  refusedRecord,
  type SourceBatch,
  type SourceFile,
  type SourceRecord,
} from '../../sources/source.ts';

/** What a database says of all its networks. */
interface MmdbHeader {
  /** Blocks of IPv6 that lead to the networks of IPv4: ::/96, where a database holds them, and its aliases. */
  readonly ipv4Blocks: readonly string[];
}

export const isMmdbHeader = (header: unknown): header is MmdbHeader =>
  isObject(header) && Array.isArray(header.ipv4Blocks);

const leavesPerYield = 2000;

const openReader = async (bytes: Buffer): Promise<Reader<CityResponse>> => {
  // Loaded when it is needed: most commands read no such database.
  const { Reader: DatabaseReader } = await import('maxmind');
  try {
    return new DatabaseReader<CityResponse>(bytes);
  } catch (cause) {
    throw notATable('the MaxMind database is damaged: its metadata cannot be read', cause);
  }
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The English name of a city, else the first in another language; some vendors write the name without languages. */
const cityName = (data: unknown): string | null => {
  const city = isObject(data) ? data.city : null;
  if (typeof city === 'string') return city === '' ? null : city;
  const names = isObject(city) ? city.names : null;
  if (!isObject(names)) return null;
  const name = [names.en, ...Object.values(names)].find((candidate) => typeof candidate === 'string');
  return typeof name === 'string' && name !== '' ? name : null;
};

type City = { name: string | null } | { problem: string };

/** The city of a leaf's data, read once for all leaves that share it. */
const createCityOf = (reader: Reader<CityResponse>): ((pointer: number, first: IpAddress) => City) => {
  const cities = new Map<number, City>();
  const read = (first: IpAddress): City => {
    try {
      return { name: cityName(reader.get(formatIp(first))) };
    } catch (error) {
      return { problem: `the data of this network cannot be read: ${error instanceof Error ? error.message : error}` };
    }
  };
  return (pointer, first) => {
    const known = cities.get(pointer);
    if (known !== undefined) return known;
    const city = read(first);
    cities.set(pointer, city);
    return city;
  };
};

/** A MaxMind city database: one record per network with a city, numbered by `line`. The whole file is read into memory. */
async function* readMmdb(file: SourceFile): AsyncGenerator<SourceBatch> {
  const bytes = await readFile(file.path);
  const reader = await openReader(bytes);
  const { nodeCount, recordSize, ipVersion } = reader.metadata;
  const tree: MmdbTree = { bytes, nodeCount, recordSize, ipVersion };
  const cityOf = createCityOf(reader);

  // The whole tree is checked first: no record of a damaged one is returned.
  let leaves = 0;
  const ipv4Blocks = ipVersion === 6 ? ['::/96'] : [];
  for (const { first, last, isAlias } of mmdbLeaves(tree)) {
    leaves += 1;
    // Mapped addresses are IPv4 in every table.
    if (isAlias && !isMappedIpv6(first)) ipv4Blocks.push(...cidrsOf(first, last));
    if (leaves % leavesPerYield === 0) await yieldToEventLoop();
  }

  const fileHeader: MmdbHeader = { ipv4Blocks };
  yield { records: [], bytesRead: 0, fileHeader };
  let line = 0;
  let visited = 0;
  let records: SourceRecord[] = [];
  for (const { first, last, pointer } of mmdbLeaves(tree)) {
    visited += 1;
    const city = pointer === null ? { name: null } : cityOf(pointer, first);
    if ('problem' in city || city.name !== null) {
      line += 1;
      const isMapped = isMappedIpv6(first) || isMappedIpv6(last);
      const range = { start: formatIp(first), end: formatIp(last), ...(isMapped && { ipv6: true }) };
      if ('problem' in city) records.push(refusedRecord(line, JSON.stringify(range), 'MALFORMED', city.problem));
      else {
        const value = { city: city.name, ...range };
        records.push({ line, raw: JSON.stringify(value), value });
      }
    }
    if (visited % leavesPerYield === 0) {
      if (records.length > 0) yield { records, bytesRead: Math.trunc((file.bytes * visited) / leaves) };
      records = [];
      await yieldToEventLoop();
    }
  }
  if (records.length > 0) yield { records, bytesRead: file.bytes };
}

/** MaxMind city databases. */
export const mmdbRanges: CustomFormat = {
  isBinary: true,
  matches: ({ end }) => end.includes(mmdbMarker),
  read: readMmdb,
};
