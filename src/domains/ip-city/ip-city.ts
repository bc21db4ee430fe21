import { LRUCache } from 'lru-cache';
import type { Store } from '../../../db/store.ts';
import { ipRanges, ipTables } from '../../../db/tables/ip-city.ts';
import { createDictionary, type Dictionary, type ReadonlyDictionary } from '../../indices/dictionary.ts';
import { createIpRangesBuilder, emptyIpRanges, type IpRanges } from '../../indices/ip-ranges.ts';
import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import type { StoredOrigin } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { type IpAddress, type IpKind, ipOfKey, kindOf } from '../../lib/ip.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { createYielder } from '../../lib/yielding.ts';

export interface IpCityRange {
  readonly seq: number;
  readonly city: string;
  readonly first: IpAddress;
  readonly last: IpAddress;
}

export interface IpCityResult {
  readonly ip: IpAddress;
  /** As written in the table, or `unknown`. */
  readonly city: string;
  readonly kind: IpKind;
  /** The narrowest range that contains the address; null when none does. */
  readonly range: IpCityRange | null;
  /** Every range that contains the address, the chosen one first. */
  candidates(): IpCityRange[];
}

/** A table of ranges that took effect at one sequence number; 0 for the empty table before the first. */
export interface IpTable {
  readonly seq: number;
  readonly ranges: IpRanges;
  cityCode4(value: number): number;
  cityCode(ip: IpAddress | null): number;
}

/** The city of an address. A new table replaces the previous one atomically; running queries finish on the previous one. */
export interface IpCity {
  /** The city of an address by the newest table. Costs no SQL. */
  cityOf(ip: IpAddress): IpCityResult;
  /** The city of an address by the table in effect as of `knownAsOf`. */
  cityAsOf(ip: IpAddress, knownAsOf: KnownAsOf): IpCityResult | Promise<IpCityResult>;
  table(): IpTable;
  /** The table in effect at a sequence number; a replaced table is built again from the store. */
  tableAt(sequence: number): Promise<IpTable>;
  readonly emptyTable: IpTable;
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
const replacedTablesMax = 2;

export const createIpCity = (store: Store, ledger: Ledger): IpCity => {
  const cities = createDictionary();
  cities.intern(unknownLabel);
  const { emptyTable, current, tableAt } = projectTables(store, ledger, cities);
  const rowsBySeqs = (seqs: readonly number[]) => rowsByKey(store, ipRanges, 'seq', seqs);

  return {
    emptyTable,
    table: current,
    cityOf: (ip) => cityIn(current().ranges, cities, ip),
    cityAsOf(ip, knownAsOf) {
      const sequence = ledger.resolveSequence(knownAsOf);
      if (current().seq <= sequence) return cityIn(current().ranges, cities, ip);
      return tableAt(sequence).then(({ ranges }) => cityIn(ranges, cities, ip));
    },
    tableAt,
    cities,
    rangesBySeqs: (seqs) =>
      rowsBySeqs(seqs).map(
        (row) => row && { seq: row.seq, city: row.city, first: ipOfKey(row.firstKey), last: ipOfKey(row.lastKey) },
      ),
    originsBySeqs: rowsBySeqs,
  };
};

/** The newest table, kept up to date with the ledger, and the tables before it. */
const projectTables = (store: Store, ledger: Ledger, cities: Dictionary) => {
  const emptyTable = tableOf(0, emptyIpRanges);
  const history: { readonly seq: number; readonly tableId: number }[] = [];
  const replaced = new LRUCache<number, Promise<IpTable>>({ max: replacedTablesMax });
  let current = emptyTable;
  let next = emptyTable;

  ledger.subscribe(ipTables, ['seq', 'tableId'], {
    name: 'ip-ranges',
    async prepare(rows, rebuilding) {
      const last = rows.at(-1);
      if (!last) return;
      const newest = store.page(ipTables, { key: 'seq', direction: 'desc', limit: 1 })[0];
      // During the rebuild no query arrives: a table that another one replaces later is not worth building.
      if (rebuilding && newest && newest.seq > last.seq) return;
      next = await buildTable(store, cities, last);
    },
    apply(rows) {
      for (const { seq, tableId } of rows) history.push({ seq, tableId });
      current = next;
    },
    size: () => ({ entries: current.ranges.ranges, bytes: current.ranges.byteLength }),
  });

  return {
    emptyTable,
    current: () => current,
    async tableAt(sequence: number): Promise<IpTable> {
      if (current.seq <= sequence) return current;
      const known = history.findLast(({ seq }) => seq <= sequence);
      if (!known) return emptyTable;
      const cached = replaced.get(known.seq);
      if (cached) return cached;
      const building = buildTable(store, cities, known);
      replaced.set(known.seq, building);
      building.catch(() => {
        if (replaced.peek(known.seq) === building) replaced.delete(known.seq);
      });
      return building;
    },
  };
};

const buildTable = async (
  store: Store,
  cities: Dictionary,
  { seq, tableId }: { readonly seq: number; readonly tableId: number },
): Promise<IpTable> => {
  const builder = createIpRangesBuilder();
  const maybeYield = createYielder();
  for (const rows of store.slices(ipRanges, slicesOf(tableId))) {
    for (const row of rows) {
      // A corrected reject may have joined the table later than the requested sequence number.
      if (row.seq > seq) continue;
      builder.add({
        first: ipOfKey(row.firstKey),
        last: ipOfKey(row.lastKey),
        city: cities.intern(row.city),
        ordinal: row.seq,
      });
    }
    await maybeYield();
  }
  return tableOf(seq, builder.finish());
};

const cityIn = (ranges: IpRanges, cities: ReadonlyDictionary, ip: IpAddress): IpCityResult => {
  const rangeAt = (position: number): IpCityRange => {
    const { first, last, city, ordinal } = ranges.rangeAt(position);
    return { seq: ordinal, city: cities.textOf(city), first, last };
  };
  const position = ranges.find(ip);
  const range = position < 0 ? null : rangeAt(position);
  const candidates = () => ranges.candidates(ip).map(rangeAt);
  return { ip, city: range?.city ?? unknownLabel, kind: kindOf(ip), range, candidates };
};

const tableOf = (seq: number, ranges: IpRanges): IpTable => ({
  seq,
  ranges,
  cityCode4(value) {
    const position = ranges.find4(value);
    return position < 0 ? 0 : ranges.cityOf(position);
  },
  cityCode(ip) {
    const position = ip === null ? -1 : ranges.find(ip);
    return position < 0 ? 0 : ranges.cityOf(position);
  },
});
