import type { Store } from '../../../db/store.ts';
import { ipRanges, ipTables } from '../../../db/tables/ip-city.ts';
import { createDictionary, type Dictionary } from '../../indices/dictionary.ts';
import { createIpRangesBuilder, emptyIpRanges, type IpRanges } from '../../indices/ip-ranges.ts';
import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import type { StoredOrigin } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { type IpAddress, type IpKind, ipOfKey, kindOf } from '../../lib/ip.ts';
import { createYielder } from '../../lib/yielding.ts';

const unknownCity = 'unknown';

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
  /** The narrowest range that holds the address; null when none does. */
  readonly range: IpCityRange | null;
  /** Every range that holds it, the chosen one first. */
  candidates(): IpCityRange[];
}

/** A table of ranges as it was put in force at one sequence number; 0 for the empty table before the first. */
export interface IpTable {
  readonly seq: number;
  readonly ranges: IpRanges;
  cityCode4(value: number): number;
  cityCode(ip: IpAddress | null): number;
}

/** Which city an address belongs to. A new table replaces the old one at once; questions in flight end on the old one. */
export interface IpCity {
  /** The city of an address by the newest table. Costs no SQL. */
  cityOf(ip: IpAddress): IpCityResult;
  /** The same by the table that was known then. */
  cityAsOf(ip: IpAddress, knowledge: KnownAsOf): IpCityResult | Promise<IpCityResult>;
  table(): IpTable;
  /** The table in force at a sequence number; one that was replaced is built anew. */
  tableAt(sequence: number): Promise<IpTable>;
  readonly emptyTable: IpTable;
  /** The names of cities by the codes that tables give; code 0 is `unknown`. */
  readonly cities: Dictionary;
  /** Stored ranges by `seq`, in the order of the keys, also of tables that were replaced. */
  rangesBySeqs(seqs: readonly number[]): (IpCityRange | null)[];
  /** Where stored ranges came from, in the order of the keys. */
  originsBySeqs(seqs: readonly number[]): (StoredOrigin | null)[];
}

const sliceRows = 1000;
const rangeColumns = ['seq', 'firstKey', 'lastKey', 'city'] as const;
const slicesOf = (tableId: number) =>
  ({ columns: rangeColumns, match: { tableId }, orderBy: 'firstKey', sliceRows }) as const;
const replacedTablesKept = 2;

export const createIpCity = (store: Store, ledger: Ledger): IpCity => {
  const cities = createDictionary();
  cities.intern(unknownCity);
  const emptyTable = tableOf(0, emptyIpRanges);
  const inForce: { seq: number; tableId: number }[] = [];
  const replaced = new Map<number, Promise<IpTable>>();
  let current = emptyTable;
  let next = emptyTable;

  const build = async (seq: number, tableId: number): Promise<IpTable> => {
    const builder = createIpRangesBuilder();
    const maybeYield = createYielder();
    for (const rows of store.slices(ipRanges, slicesOf(tableId))) {
      for (const row of rows) {
        // A mended range may have joined the table later than the state that is asked for.
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

  ledger.subscribe(ipTables, ['seq', 'tableId'], {
    name: 'ip-ranges',
    async prepare(rows, rebuilding) {
      const last = rows.at(-1);
      if (!last) return;
      const newest = store.page(ipTables, { key: 'seq', direction: 'desc', limit: 1 })[0];
      // On start nobody asks yet: of the tables that were replaced long ago none is worth building.
      if (rebuilding && newest && newest.seq > last.seq) return;
      next = await build(last.seq, last.tableId);
    },
    apply(rows) {
      for (const { seq, tableId } of rows) inForce.push({ seq, tableId });
      current = next;
    },
    size: () => ({ entries: current.ranges.ranges, bytes: current.ranges.byteLength }),
  });

  const rangeAt = (ranges: IpRanges, position: number): IpCityRange => {
    const { first, last, city, ordinal } = ranges.rangeAt(position);
    return { seq: ordinal, city: cities.textOf(city), first, last };
  };

  const answer = (ip: IpAddress, ranges: IpRanges): IpCityResult => {
    const position = ranges.find(ip);
    const range = position < 0 ? null : rangeAt(ranges, position);
    const candidates = () => ranges.candidates(ip).map((candidate) => rangeAt(ranges, candidate));
    return { ip, city: range?.city ?? unknownCity, kind: kindOf(ip), range, candidates };
  };

  const tableAt = async (sequence: number): Promise<IpTable> => {
    if (current.seq <= sequence) return current;
    const known = inForce.findLast(({ seq }) => seq <= sequence);
    if (!known) return emptyTable;
    const kept = replaced.get(known.seq) ?? build(known.seq, known.tableId);
    replaced.delete(known.seq);
    replaced.set(known.seq, kept);
    kept.catch(() => replaced.delete(known.seq));
    const [oldest] = replaced.keys();
    if (replaced.size > replacedTablesKept && oldest !== undefined) replaced.delete(oldest);
    return kept;
  };

  const rowsBySeqs = (seqs: readonly number[]) => rowsByKey(store, ipRanges, 'seq', seqs);

  return {
    emptyTable,
    table: () => current,
    cityOf: (ip) => answer(ip, current.ranges),
    cityAsOf(ip, knowledge) {
      const sequence = ledger.resolveSequence(knowledge);
      if (current.seq <= sequence) return answer(ip, current.ranges);
      return tableAt(sequence).then(({ ranges }) => answer(ip, ranges));
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
