import { LRUCache } from 'lru-cache';
import type { Row, Store } from '../../../db/store.ts';
import { ipRanges, ipTables } from '../../../db/tables/ip-city.ts';
import { createDictionary, type Dictionary, type ReadonlyDictionary } from '../../indices/dictionary.ts';
import { createIpRangesBuilder, emptyIpRanges, type IpRanges, loadIpRanges } from '../../indices/ip-ranges.ts';
import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import type { StoredOrigin } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { type IpAddress, ipOfKey } from '../../lib/ip.ts';
import type { Records } from '../../lib/record-columns.ts';
import type { TextColumn } from '../../lib/text-column.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { createYielder, inSlices } from '../../lib/yielding.ts';
import { CityBatch } from './city-batch.ts';
import { FoundCity, type IpCityRange, type IpCityResult } from './found-city.ts';
import { createIpTable, type IpTable, type IpTableRecord } from './table.ts';

export interface ReplacedTablesLimit {
  readonly ipTableCacheBytesMax: number;
}

/** The city of an address. A new table replaces the previous one atomically; running queries finish on the previous one. */
export interface IpCity {
  /** The city of an address by the newest table. Costs no SQL. */
  cityOf(ip: IpAddress): IpCityResult;
  /** The city of an address by the table in effect as of `knownAsOf`. */
  cityAsOf(ip: IpAddress, knownAsOf: KnownAsOf): IpCityResult | Promise<IpCityResult>;
  /** The cities of many addresses, from texts, by the newest table or by that in effect as of `knownAsOf`. Costs no SQL. */
  citiesOf(texts: readonly string[]): CityBatch;
  citiesAsOf(texts: readonly string[], knownAsOf: KnownAsOf): CityBatch | Promise<CityBatch>;
  table(): IpTable;
  /** The record that put the table in effect that counts at a sequence number; null before the first. */
  recordAt(sequence: number): IpTableRecord | null;
  /** The table in effect at a sequence number; a replaced table is built again from the store. */
  tableAt(sequence: number): Promise<IpTable>;
  /** The names of cities by the codes that tables use; code 0 is `unknown`. */
  readonly cities: ReadonlyDictionary;
  /** Stored ranges by `seq`, in the order of the keys, those of replaced tables included. */
  rangesBySeqs(seqs: readonly number[]): (IpCityRange | null)[];
  /** The origins of stored ranges, in the order of the keys. */
  originsBySeqs(seqs: readonly number[]): (StoredOrigin | null)[];
}

const sliceRows = 1000;
const rangeColumns = ['seq', 'firstKey', 'lastKey', 'city'] as const;
const slicesOf = (tableId: number) =>
  ({ columns: rangeColumns, match: { tableId }, orderBy: 'firstKey', sliceRows }) as const;

export const createIpCity = (store: Store, ledger: Ledger, limits: ReplacedTablesLimit): IpCity => {
  const cities = createDictionary();
  cities.intern(unknownLabel);
  const { current, recordAt, tableAt } = projectTables({ store, ledger, limits }, cities);
  const rowsBySeqs = (seqs: readonly number[]) => rowsByKey(store, ipRanges, 'seq', seqs);

  return {
    table: current,
    cityOf: (ip) => new FoundCity(current(), cities, ip),
    cityAsOf(ip, knownAsOf) {
      const sequence = ledger.resolveSequence(knownAsOf);
      if (isInForceAt(current(), sequence)) return new FoundCity(current(), cities, ip);
      return tableAt(sequence).then((table) => new FoundCity(table, cities, ip));
    },
    citiesOf: (texts) => new CityBatch(texts, current(), cities),
    citiesAsOf(texts, knownAsOf) {
      const sequence = ledger.resolveSequence(knownAsOf);
      if (isInForceAt(current(), sequence)) return new CityBatch(texts, current(), cities);
      return tableAt(sequence).then((table) => new CityBatch(texts, table, cities));
    },
    recordAt,
    tableAt,
    cities,
    rangesBySeqs: (seqs) =>
      rowsBySeqs(seqs).map(
        (row) => row && { seq: row.seq, city: row.city, first: ipOfKey(row.firstKey), last: ipOfKey(row.lastKey) },
      ),
    originsBySeqs: rowsBySeqs,
  };
};

/** What the ledger has of a table when it comes into force. */
interface PublishedTable extends IpTableRecord {
  readonly ipv4Blocks: readonly string[];
}

type TableRow = Pick<Row<typeof ipTables>, (typeof tableColumns)[number]>;

const tableColumns = ['seq', 'recordedAtUs', 'tableId', 'rangeCount', 'ipv4Blocks'] as const;

const publishedTable = ({ tableId, ...row }: TableRow, number: number): PublishedTable => ({
  ...row,
  number,
  // Ranges are staged under the id of their import, the first one of a table of several files.
  importId: tableId,
});

/** Whether the newest table has been in force since a sequence number or earlier. */
const isInForceAt = ({ record }: IpTable, sequence: number): boolean => (record?.seq ?? 0) <= sequence;

interface TableServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly limits: ReplacedTablesLimit;
}

/** The newest table, kept up to date with the ledger, and the tables before it. */
const projectTables = ({ store, ledger, limits }: TableServices, cities: Dictionary) => {
  const emptyTable = createIpTable(null, emptyIpRanges, []);
  const history: PublishedTable[] = [];
  const buildReplaced = createReplacedTables((table) => buildTable(store, cities, table), limits);
  let current = emptyTable;
  let next = emptyTable;

  const newTables = (records: Records<TableRow>): PublishedTable[] => {
    const { seq: last = 0, number = 0 } = history.at(-1) ?? {};
    return records
      .rows()
      .filter(({ seq }) => seq > last)
      .map((row, index) => publishedTable(row, number + index + 1));
  };

  ledger.subscribe(ipTables, tableColumns, {
    name: 'ip-ranges',
    async prepare(records, rebuilding) {
      const last = newTables(records).at(-1);
      if (!last) return;
      const newest = store.page(ipTables, { key: 'seq', direction: 'desc', limit: 1 })[0];
      // During the rebuild no query arrives: a table that another one replaces later is not worth building.
      if (rebuilding && newest && newest.seq > last.seq) return;
      next = await buildTable(store, cities, last);
    },
    apply(records) {
      history.push(...newTables(records));
      current = next;
    },
    size: () => ({ entries: current.ranges.ranges, bytes: current.ranges.byteLength + cities.byteLength }),
    exchange(columns) {
      cities.exchange(columns.within('cities'));
      const known = columns.value('history', history);
      if (!known) return current.ranges.exchange(columns);
      history.push(...known);
      const ranges = loadIpRanges(columns);
      const last = known.at(-1);
      if (last) current = tableOf(last, ranges);
      next = current;
    },
  });

  const recordAt = (sequence: number): PublishedTable | null => history.findLast(({ seq }) => seq <= sequence) ?? null;

  return {
    current: () => current,
    recordAt,
    async tableAt(sequence: number): Promise<IpTable> {
      if (isInForceAt(current, sequence)) return current;
      const known = recordAt(sequence);
      return known ? buildReplaced(known) : emptyTable;
    },
  };
};

/**
 * Builds replaced tables, one at a time, and keeps those used last up to a number of bytes. One that is greater alone is
 * kept without others: the rows of a page ask for it again and again.
 */
const createReplacedTables = (
  build: (table: PublishedTable) => Promise<IpTable>,
  { ipTableCacheBytesMax: maxSize }: ReplacedTablesLimit,
): ((table: PublishedTable) => Promise<IpTable>) => {
  const kept = new LRUCache<number, IpTable>({
    maxSize,
    sizeCalculation: ({ ranges }) => Math.min(Math.max(ranges.byteLength, 1), maxSize),
  });
  const building = new Map<number, Promise<IpTable>>();
  let last: Promise<unknown> = Promise.resolve();

  const buildNext = async (table: PublishedTable): Promise<IpTable> => {
    try {
      const built = await build(table);
      kept.set(table.seq, built);
      return built;
    } finally {
      building.delete(table.seq);
    }
  };
  return async (table) => {
    const known = kept.get(table.seq) ?? building.get(table.seq);
    if (known) return known;
    const next = (): Promise<IpTable> => buildNext(table);
    const built = last.then(next, next);
    last = built;
    building.set(table.seq, built);
    return built;
  };
};

const tableOf = ({ ipv4Blocks, ...record }: PublishedTable, ranges: IpRanges): IpTable =>
  createIpTable(record, ranges, ipv4Blocks);

const buildTable = async (store: Store, cities: Dictionary, table: PublishedTable): Promise<IpTable> => {
  const builder = createIpRangesBuilder();
  const maybeYield = createYielder(undefined);
  for (const records of store.slices(ipRanges, slicesOf(table.importId))) {
    const [firstKeys, lastKeys] = [records.texts('firstKey'), records.texts('lastKey')];
    const codes = cities.internAll(records.texts('city'));
    for (const [row, seq] of records.numbers('seq').entries()) {
      // A corrected reject may have joined the table later than the requested sequence number.
      if (seq > table.seq) continue;
      const [first, last] = [ipOfKeyIn(firstKeys, row), ipOfKeyIn(lastKeys, row)];
      builder.add({ first, last, city: codes[row] as number, ordinal: seq });
    }
    await maybeYield();
  }
  return tableOf(table, await inSlices(builder.finish(), maybeYield));
};

const ipOfKeyIn = ({ text, starts, ends }: TextColumn, row: number): IpAddress => ipOfKey(text, starts[row], ends[row]);
