import type { Knowledge, Ledger } from '../indices/follow.ts';
import { takeTurns } from '../lib/turns.ts';
import type { FactColumns } from './fact-columns.ts';
import type { IpCity, IpTable } from './ip-city.ts';
import type { UserStatus } from './user-status.ts';

/** Which knowledge an enrichment may use. Default: the facts' own time, everything recorded. */
export interface AsOf extends Knowledge {
  /** The instant whose status is wanted, microseconds; undefined: each fact's own time. */
  readonly validAtUs?: number | undefined;
}

/** Facts joined to what was true of them, at one sequence number. Never changes once made. */
export interface Enriched {
  readonly sequence: number;
  /** Facts recorded by then: rows below this one. */
  readonly rows: number;
  /** Status code of the row's user. */
  statusOf(row: number): number;
  /** City code of the row's address; 0 is `unknown`. */
  cityOf(row: number): number;
}

export interface Enrichment {
  at(asOf?: AsOf): Promise<Enriched>;
}

const chunkBits = 14;
const chunkRows = 1 << chunkBits;
const inChunk = chunkRows - 1;
const joinsKept = 3;

/** A state of the joined columns. Chunks are replaced, never written to, once another state may share them. */
interface Joined extends Enriched {
  readonly table: IpTable;
  readonly status: readonly Uint8Array[];
  readonly city: readonly Uint32Array[];
}

/**
 * Joins facts to status and city once and keeps the result in columns: a new fact, a late status change or another IP
 * table renews the chunks it touches, the next time somebody asks.
 */
export const createEnrichment = (
  ledger: Ledger,
  columns: FactColumns,
  userStatus: UserStatus,
  ipCity: IpCity,
): Enrichment => {
  let stale = new Set<number>();
  userStatus.onChange((user) => stale.add(user));
  let current: Joined = joined(0, 0, ipCity.emptyTable, [], []);
  let refreshing: Promise<Joined> = Promise.resolve(current);

  const statusInto = (chunk: Uint8Array, first: number, from: number, to: number, asOf: AsOf, sequence: number) => {
    for (let row = from; row < to; row++) {
      const atUs = asOf.validAtUs ?? columns.occurredAtUsOf(row);
      chunk[row - first] = userStatus.codeAt(columns.userOf(row), atUs, sequence);
    }
  };

  const cityInto = (chunk: Uint32Array, first: number, from: number, to: number, table: IpTable) => {
    for (let row = from; row < to; row++) {
      const family = columns.ipFamilyOf(row);
      if (family === 4) chunk[row - first] = table.cityCode4(columns.ip4Of(row));
      else if (family === 6) chunk[row - first] = table.cityCode(columns.ipOf(row));
    }
  };

  const refresh = async (): Promise<Joined> => {
    const { sequence } = ledger.snapshot();
    if (sequence === current.sequence) return current;
    const users = stale;
    stale = new Set();
    try {
      return await renew(sequence, users);
    } catch (error) {
      for (const user of users) stale.add(user);
      throw error;
    }
  };

  const renew = async (sequence: number, users: ReadonlySet<number>): Promise<Joined> => {
    const before = current;
    const rows = columns.rowsUpTo(sequence);
    const table = ipCity.table();
    const status = before.status.slice();
    const city = before.city.slice();
    const turn = takeTurns();
    for (const user of before.rows > 0 ? users : []) {
      for (const row of columns.rowsOfUser(user, before.rows)) {
        const index = row >>> chunkBits;
        const first = row & ~inChunk;
        status[index] = owned(status[index], before.status[index]);
        statusInto(status[index], first, row, row + 1, {}, sequence);
      }
      await turn();
    }
    for (let first = 0; first < rows; first += chunkRows) {
      const index = first >>> chunkBits;
      const to = Math.min(first + chunkRows, rows);
      const known = Math.min(Math.max(before.rows - first, 0), chunkRows) + first;
      const cityFrom = table === before.table ? known : first;
      if (known < to) {
        status[index] = owned(status[index], before.status[index]);
        statusInto(status[index], first, known, to, {}, sequence);
      }
      if (cityFrom < to) {
        const chunk = city[index]?.slice() ?? new Uint32Array(chunkRows);
        cityInto(chunk, first, cityFrom, to, table);
        city[index] = chunk;
      }
      await turn();
    }
    current = joined(sequence, rows, table, status, city);
    return current;
  };

  /** Joins everything anew for a question about other knowledge or another time. */
  const joinAt = async (asOf: AsOf, sequence: number): Promise<Joined> => {
    const rows = columns.rowsUpTo(sequence);
    const table = await ipCity.tableAt(sequence);
    const status: Uint8Array[] = [];
    const city: Uint32Array[] = [];
    const turn = takeTurns();
    for (let first = 0; first < rows; first += chunkRows) {
      const to = Math.min(first + chunkRows, rows);
      const statusChunk = new Uint8Array(chunkRows);
      const cityChunk = new Uint32Array(chunkRows);
      statusInto(statusChunk, first, first, to, asOf, sequence);
      cityInto(cityChunk, first, first, to, table);
      status.push(statusChunk);
      city.push(cityChunk);
      await turn();
    }
    return joined(sequence, rows, table, status, city);
  };

  /** The last answers to such questions, in flight ones too: pages and nested fields ask the same again. */
  const joins = new Map<string, Promise<Joined>>();
  const joinOnce = (asOf: AsOf, sequence: number): Promise<Joined> => {
    const key = `${sequence} ${asOf.validAtUs}`;
    const join = joins.get(key) ?? joinAt(asOf, sequence);
    joins.delete(key);
    joins.set(key, join);
    join.catch(() => joins.delete(key));
    const [oldest] = joins.keys();
    if (joins.size > joinsKept && oldest !== undefined) joins.delete(oldest);
    return join;
  };

  return {
    async at(asOf = {}) {
      const sequence = ledger.sequenceOf(asOf);
      if (asOf.validAtUs !== undefined || sequence < ledger.snapshot().sequence) return joinOnce(asOf, sequence);
      refreshing = refreshing.then(refresh, refresh);
      const newest = await refreshing;
      const anyWillDo = asOf.knownAtUs === undefined && asOf.sequence === undefined;
      return anyWillDo || newest.sequence === sequence ? newest : joinOnce(asOf, sequence);
    },
  };
};

/** A chunk that may be written to: a copy of the shared one, unless this refresh has made it already. */
const owned = (chunk: Uint8Array | undefined, shared: Uint8Array | undefined): Uint8Array => {
  if (!chunk) return new Uint8Array(chunkRows);
  return chunk === shared ? chunk.slice() : chunk;
};

const joined = (
  sequence: number,
  rows: number,
  table: IpTable,
  status: readonly Uint8Array[],
  city: readonly Uint32Array[],
): Joined => ({
  sequence,
  rows,
  table,
  status,
  city,
  statusOf: (row) => (status[row >>> chunkBits] as Uint8Array)[row & inChunk] as number,
  cityOf: (row) => (city[row >>> chunkBits] as Uint32Array)[row & inChunk] as number,
});
