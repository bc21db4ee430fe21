import { LRUCache } from 'lru-cache';
import type { Row, Store } from '../../../db/store.ts';
import { ipRanges, ipTables } from '../../../db/tables/ip-city.ts';
import { createDictionary, type Dictionary, type ReadonlyDictionary } from '../../indices/dictionary.ts';
import { createIpRangesBuilder, emptyIpRanges } from '../../indices/ip-ranges.ts';
import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import type { StoredOrigin } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { type IpAddress, type IpKind, ipOfKey, kindOf } from '../../lib/ip.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { createYielder } from '../../lib/yielding.ts';
import { createIpTable, type IpTable } from './table.ts';

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
    cityOf: (ip) => cityIn(current(), cities, ip),
    cityAsOf(ip, knownAsOf) {
      const sequence = ledger.resolveSequence(knownAsOf);
      if (current().seq <= sequence) return cityIn(current(), cities, ip);
      return tableAt(sequence).then((table) => cityIn(table, cities, ip));
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

/** What the ledger has of a table when it takes effect. */
type PublishedTable = Pick<Row<typeof ipTables>, 'seq' | 'tableId' | 'ipv4Blocks'>;

/** The newest table, kept up to date with the ledger, and the tables before it. */
const projectTables = (store: Store, ledger: Ledger, cities: Dictionary) => {
  const emptyTable = createIpTable(0, emptyIpRanges, []);
  const history: PublishedTable[] = [];
  const replaced = new LRUCache<number, Promise<IpTable>>({ max: replacedTablesMax });
  let current = emptyTable;
  let next = emptyTable;

  ledger.subscribe(ipTables, ['seq', 'tableId', 'ipv4Blocks'], {
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
      history.push(...rows);
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
  { seq, tableId, ipv4Blocks }: PublishedTable,
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
  return createIpTable(seq, builder.finish(), ipv4Blocks);
};

const cityIn = (table: IpTable, cities: ReadonlyDictionary, ip: IpAddress): IpCityResult => {
  const rangeAt = (position: number): IpCityRange => {
    const { first, last, city, ordinal } = table.ranges.rangeAt(position);
    return { seq: ordinal, city: cities.textOf(city), first, last };
  };
  const position = table.find(ip);
  const range = position < 0 ? null : rangeAt(position);
  const candidates = () => table.candidates(ip).map(rangeAt);
  return { ip, city: range?.city ?? unknownLabel, kind: kindOf(ip), range, candidates };
};
