import type { Store, Tx } from '../../../db/store.ts';
import { ipRanges, ipTables } from '../../../db/tables/ip-city.ts';
import { DomainError } from '../../errors.ts';
import type { Importer, ReadOptions, RecordCounts } from '../../ledger/record.ts';
import type { FieldReader } from '../../lib/field-reader.ts';
import { compareIp, formatIp, type IpAddress, ipKey, ipv6WordsOf, isMappedIpv6 } from '../../lib/ip.ts';
import { isDottedQuad, parseIpv4 } from '../../lib/ipv4.ts';
import { preview, readRecord } from '../../lib/problems.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { notATable, type SourceShape } from '../../sources/source.ts';
import { cityLists } from './city-lists.ts';
import { isMmdbHeader, mmdbRanges } from './mmdb-ranges.ts';
import { columnsOfRow, readBlock, readEnds } from './range-text.ts';
import { ipRangesTarget } from './target.ts';

export interface IpRangeRecord {
  readonly first: IpAddress;
  readonly last: IpAddress;
  /** `unknown` for a range whose city the table leaves open. */
  readonly city: string;
}

export interface IpTableLimits {
  /** Maximum share of rejected rows with which a table replaces the current one, from 0 to 1. */
  readonly ipTableRejectedMax: number;
}

/** The columns of a table of ranges, with the names that the vendors of such tables use. */
export const ipRangesShape: SourceShape = {
  columns: [
    ['start', 'end', 'city'],
    ['cidr', 'city'],
    ['network', 'city'],
    ['ip_from', 'ip_to', 'city_name'],
    ['start_ip', 'end_ip', 'city'],
  ],
  columnsOfRow,
  formats: [cityLists, mmdbRanges],
};

const ipRangesFields: Importer['fields'] = {
  ...{ start: ['start'], ip_from: ['start'], start_ip: ['start'] },
  ...{ end: ['end'], ip_to: ['end'], end_ip: ['end'] },
  ...{ cidr: ['start', 'end'], network: ['start', 'end'] },
  ...{ city: ['city'], city_name: ['city'] },
  ipv6: ['ipv6'],
};

/** What tables write for a city that they do not know, besides nothing; in lower case. */
const unknownCities = new Set(['-', 'na', 'n/a', 'null', 'none', '\\n']);

const unknownLengthMax = 4;

const noAddress: IpAddress = { family: 4, value: 0 };

type Ends = Pick<IpRangeRecord, 'first' | 'last'>;

const nameSets = {
  city: ['city', 'city_name'],
  block: ['cidr', 'network'],
  start: ['start', 'ip_from', 'start_ip'],
  end: ['end', 'ip_to', 'end_ip'],
} as const;

const nameOf = (record: object, names: readonly string[]): string =>
  names.find((name) => Object.hasOwn(record, name)) ?? (names[0] as string);

const cityOf = (fields: FieldReader, name: string): string => {
  const city = fields.optional(name, fields.text)?.trim() ?? '';
  const isUnknown = city.length <= unknownLengthMax && (city === '' || unknownCities.has(city.toLowerCase()));
  return isUnknown ? unknownLabel : city;
};

const endsOfBlock = (fields: FieldReader, name: string): Ends => {
  const result = readBlock(fields.id(name).trim());
  if ('block' in result) return result.block;
  fields.refuse(name, 'MALFORMED', `${name} ${result.problem}`);
  return { first: noAddress, last: noAddress };
};

interface EndNames {
  readonly start: string;
  readonly end: string;
}

/** The ends of a range of IPv4 as most tables have it; null for what has to be looked at more closely. */
const usualEnds = (fields: FieldReader, names: EndNames): Ends | null => {
  const start = fields.asWritten(names.start, isDottedQuad);
  const end = start === null ? null : fields.asWritten(names.end, isDottedQuad);
  if (start === null || end === null) return null;
  const [first, last] = [parseIpv4(start), parseIpv4(end)];
  return first <= last ? { first: { family: 4, value: first }, last: { family: 4, value: last } } : null;
};

const endsOfRange = (fields: FieldReader, names: EndNames, isIpv6: boolean): Ends => {
  const usual = isIpv6 ? null : usualEnds(fields, names);
  if (usual !== null) return usual;
  const texts = [names.start, names.end].map((name) => fields.optional(name, fields.id)?.trim() ?? null);
  const [start = null, end = null] = readEnds(texts[0] ?? '', texts[1] ?? '').map(
    (ip) => ip && (isIpv6 ? inIpv6(ip) : ip),
  );
  for (const [name, text, ip] of [
    [names.start, texts[0], start],
    [names.end, texts[1], end],
  ] as const) {
    const problem = () => `${name} must be an IPv4 or IPv6 address, also as a whole number, not ${preview(text)}`;
    if (text === null) fields.refuse(name, 'MISSING', `${name} is missing`);
    else if (ip === null) fields.refuse(name, 'MALFORMED', problem());
  }
  if (start === null || end === null) return { first: noAddress, last: noAddress };
  if (start.family !== end.family)
    fields.refuse(names.end, 'MALFORMED', `${names.start} and ${names.end} are of different IP versions`);
  else if (compareIp(start, end) > 0)
    fields.refuse(names.end, 'OUT_OF_RANGE', `${names.end} lies before ${names.start}`);
  return { first: start, last: end };
};

const inIpv6 = (ip: IpAddress): IpAddress => ({ family: 6, words: ipv6WordsOf(ip) });

const readRange = (value: unknown, { cells }: ReadOptions): ReturnType<typeof readRecord<IpRangeRecord>> =>
  readRecord(
    value,
    (fields) => {
      const record = value as Readonly<Record<string, unknown>>;
      const city = cityOf(fields, nameOf(record, nameSets.city));
      const blockName = nameOf(record, nameSets.block);
      if (fields.optional(blockName, fields.id) !== null) return { city, ...endsOfBlock(fields, blockName) };
      const start = nameOf(record, nameSets.start);
      const end = nameOf(record, nameSets.end);
      // Of a database with data of its own for mapped addresses: its range does not hold the IPv4 addresses themselves.
      const isIpv6 = Object.hasOwn(record, 'ipv6') && record.ipv6 === true;
      return { city, ...endsOfRange(fields, { start, end }, isIpv6) };
    },
    { cells },
  );

/**
 * Imports a whole table of ranges. Rows are staged and take effect only when the table is published at the end. The same
 * files again stage nothing, and a table that is mostly rejected does not replace another one.
 */
export const createIpRangesImporter = (store: Store, limits: IpTableLimits): Importer<IpRangeRecord> => ({
  target: ipRangesTarget,
  shape: ipRangesShape,
  fields: ipRangesFields,
  read: readRange,
  wire: ({ first, last, city }) => ({
    start: formatIp(first),
    end: formatIp(last),
    city,
    ...((isMappedIpv6(first) || isMappedIpv6(last)) && { ipv6: true }),
  }),
  storedIn: { table: ipRanges, lookup: [] },
  begin({ id: tableId, digest }) {
    const [inForce] = store.page(ipTables, { key: 'seq', direction: 'desc', limit: 1 });
    if (inForce?.digest === digest) return { record: () => ({ kind: 'DUPLICATE' }) };
    let rangeCount = 0;
    const ipv4Blocks = new Set<string>();
    return {
      fileHeader(header) {
        if (isMmdbHeader(header)) for (const block of header.ipv4Blocks) ipv4Blocks.add(block);
      },
      record(tx, { first, last, city }, { importId, line, sentBy }) {
        const row = { tableId, firstKey: ipKey(first), lastKey: ipKey(last), city, importId, line, sentBy };
        rangeCount++;
        return { kind: 'CREATED', seq: tx.append(ipRanges, row) };
      },
      finish(tx, counts) {
        if (rangeCount === 0) throw notATable('the table has no valid range; the current table is unchanged');
        if (inForce !== undefined) checkRejects(counts, limits);
        publish(tx, { tableId, rangeCount, digest, ipv4Blocks: [...ipv4Blocks] });
      },
    };
  },
  resume(tx, { digest }) {
    const inForce = tx.findLatest(ipTables, {});
    // By content, because the files of one table are several imports, and a repeated import adds nothing to the table.
    if (inForce === undefined || digest === '' || inForce.digest !== digest)
      throw new DomainError('CONFLICT', 'the table of the range is no longer current: another table has replaced it');
    const { tableId, rangeCount, ipv4Blocks } = inForce;
    return {
      record(tx, { first, last, city }, origin) {
        const keys = { tableId, firstKey: ipKey(first), lastKey: ipKey(last) };
        if (tx.findLatest(ipRanges, keys)?.city === city) return { kind: 'DUPLICATE' };
        const seq = tx.append(ipRanges, { ...keys, city, ...origin });
        // Published once more, so that the index in memory is built again.
        publish(tx, { tableId, rangeCount: rangeCount + 1, digest, ipv4Blocks });
        return { kind: 'CREATED', seq };
      },
    };
  },
});

interface PublishedTable {
  readonly tableId: number;
  readonly rangeCount: number;
  readonly digest: string;
  readonly ipv4Blocks: readonly string[];
}

const publish = (tx: Tx, table: PublishedTable): void => {
  // No import id: it is not one of the records that were read.
  tx.append(ipTables, { ...table, importId: null, line: null });
};

/** Throws NOT_A_TABLE for a table of which too much was rejected to replace another one. */
const checkRejects = ({ read, rejected }: RecordCounts, { ipTableRejectedMax }: IpTableLimits): void => {
  if (rejected <= read * ipTableRejectedMax) return;
  throw notATable(
    `${rejected} of ${read} rows were rejected, more than the share ${ipTableRejectedMax} (setting ipTableRejectedMax); the current table is unchanged`,
  );
};
