import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { FactColumns } from './columns.ts';

/** Which knowledge an enrichment may use. Default: the facts' own time, everything recorded. */
export interface AsOf extends KnownAsOf {
  /** The instant whose status is wanted, microseconds; undefined: each fact's own time. */
  readonly validAtUs?: number | undefined;
}

/** What can be true of a fact: status, attributes and files of its user, the city of its address, its experiment. */
export type JoinName = 'status' | 'attributes' | 'files' | 'city' | 'experiment';

/** Facts joined to what was true of them, at one sequence number. Never changes once made. */
export interface EnrichedFacts {
  readonly sequence: number;
  /** Facts recorded by then: rows below this one. */
  readonly rows: number;
  /** Reads a joined column: a code for each row. Throws for a join that these facts do not have. */
  readonly codeBy: (join: JoinName) => (row: number) => number;
}

export interface Enrichment {
  at(asOf?: AsOf): Promise<EnrichedFacts>;
}

type Chunk = Uint8Array | Uint32Array;

/** Codes for the rows `from` to `to` are to be written to `chunk`, whose first place is of the row `first`. */
export interface Slice {
  readonly chunk: Chunk;
  readonly first: number;
  readonly from: number;
  readonly to: number;
}

/** One column to be joined to facts. */
export interface Join<Basis = unknown> {
  readonly name: JoinName;
  readonly allocate: (rows: number) => Chunk;
  /** What every row's code rests on beside its own user: another one renews the whole column. */
  readonly basis: () => Basis;
  readonly basisAt: (sequence: number) => Basis | Promise<Basis>;
  // A method, so that a join of one basis is a join.
  fill(slice: Slice, basis: Basis, asOf: AsOf, sequence: number): void;
  /** Calls back with the code of each user whose rows are to be joined again. */
  readonly onChange?: (listener: (user: number) => void) => void;
}

const chunkBits = 14;
const chunkRows = 1 << chunkBits;
const inChunk = chunkRows - 1;
const joinsKept = 3;

interface Column {
  readonly basis: unknown;
  /** Replaced, never written to, once another state may share them. */
  readonly chunks: readonly Chunk[];
}

/** A state of the joined columns. */
interface Joined extends EnrichedFacts {
  readonly columns: readonly Column[];
}

/**
 * Joins facts to what was true of them once and keeps the result in columns: a new fact, a late status change, another
 * country or another IP table renews the chunks it touches, the next time somebody asks.
 */
export const createEnrichment = (ledger: Ledger, facts: FactColumns, joins: readonly Join[]): Enrichment => {
  let stale = joins.map(() => new Set<number>());
  for (const [place, join] of joins.entries()) join.onChange?.((user) => void stale[place]?.add(user));
  const empty = joins.map(({ basis }): Column => ({ basis: basis(), chunks: [] }));
  let current = joined(0, 0, joins, empty);
  let refreshing: Promise<Joined> = Promise.resolve(current);

  const refresh = async (): Promise<Joined> => {
    const { sequence } = ledger.snapshot();
    if (sequence === current.sequence) return current;
    const users = stale;
    stale = joins.map(() => new Set());
    try {
      current = await renew(sequence, users);
      return current;
    } catch (error) {
      for (const [place, among] of users.entries()) for (const user of among) stale[place]?.add(user);
      throw error;
    }
  };

  const renew = async (sequence: number, users: readonly ReadonlySet<number>[]): Promise<Joined> => {
    const before = current;
    const rows = facts.rowsUpTo(sequence);
    // All at once, because what they rest on moves on while this gives turns to others.
    const bases = joins.map(({ basis }) => basis());
    const columns: Column[] = [];
    for (const [place, join] of joins.entries()) {
      const column = before.columns[place] as Column;
      const among = users[place] as ReadonlySet<number>;
      columns.push(await renewColumn(join, column, before.rows, rows, among, bases[place], sequence));
    }
    return joined(sequence, rows, joins, columns);
  };

  const renewColumn = async (
    join: Join,
    before: Column,
    rowsBefore: number,
    rows: number,
    users: ReadonlySet<number>,
    basis: unknown,
    sequence: number,
  ): Promise<Column> => {
    const chunks = before.chunks.slice();
    const isOther = basis !== before.basis;
    const maybeYield = createYielder();
    const fill = (row: number, to: number): void => {
      const index = row >>> chunkBits;
      const chunk = owned(join, chunks[index], before.chunks[index]);
      chunks[index] = chunk;
      join.fill({ chunk, first: row & ~inChunk, from: row, to }, basis, {}, sequence);
    };
    for (const user of rowsBefore > 0 && !isOther ? users : []) {
      for (const row of facts.rowsOfUser(user, rowsBefore)) fill(row, row + 1);
      await maybeYield();
    }
    for (let row = isOther ? 0 : rowsBefore; row < rows; ) {
      const to = Math.min((row & ~inChunk) + chunkRows, rows);
      fill(row, to);
      row = to;
      await maybeYield();
    }
    return { basis, chunks };
  };

  /** Joins everything anew for a question about other knowledge or another time. */
  const joinAt = async (asOf: AsOf, sequence: number): Promise<Joined> => {
    const rows = facts.rowsUpTo(sequence);
    const maybeYield = createYielder();
    const columns: Column[] = [];
    for (const join of joins) {
      const basis = await join.basisAt(sequence);
      const chunks: Chunk[] = [];
      for (let first = 0; first < rows; first += chunkRows) {
        const chunk = join.allocate(chunkRows);
        const to = Math.min(first + chunkRows, rows);
        join.fill({ chunk, first, from: first, to }, basis, asOf, sequence);
        chunks.push(chunk);
        await maybeYield();
      }
      columns.push({ basis, chunks });
    }
    return joined(sequence, rows, joins, columns);
  };

  /** The last answers to such questions, in flight ones too: pages and nested fields ask the same again. */
  const kept = new Map<string, Promise<Joined>>();
  const joinOnce = (asOf: AsOf, sequence: number): Promise<Joined> => {
    const key = `${sequence} ${asOf.validAtUs}`;
    const join = kept.get(key) ?? joinAt(asOf, sequence);
    kept.delete(key);
    kept.set(key, join);
    join.catch(() => kept.delete(key));
    const [oldest] = kept.keys();
    if (kept.size > joinsKept && oldest !== undefined) kept.delete(oldest);
    return join;
  };

  return {
    async at(asOf = {}) {
      const sequence = ledger.resolveSequence(asOf);
      if (asOf.validAtUs !== undefined || sequence < ledger.snapshot().sequence) return joinOnce(asOf, sequence);
      refreshing = refreshing.then(refresh, refresh);
      const newest = await refreshing;
      const anyWillDo = asOf.knownAtUs === undefined && asOf.sequence === undefined;
      return anyWillDo || newest.sequence === sequence ? newest : joinOnce(asOf, sequence);
    },
  };
};

/** A chunk that may be written to: a copy of the shared one, unless this refresh has made it already. */
const owned = (join: Join, chunk: Chunk | undefined, shared: Chunk | undefined): Chunk => {
  if (!chunk) return join.allocate(chunkRows);
  return chunk === shared ? chunk.slice() : chunk;
};

const joined = (sequence: number, rows: number, joins: readonly Join[], columns: readonly Column[]): Joined => ({
  sequence,
  rows,
  columns,
  codeBy(name) {
    const column = columns[joins.findIndex((join) => join.name === name)];
    if (!column) throw new Error(`these facts are not joined to ${name}`);
    const { chunks } = column;
    return (row) => (chunks[row >>> chunkBits] as Chunk)[row & inChunk] as number;
  },
});
