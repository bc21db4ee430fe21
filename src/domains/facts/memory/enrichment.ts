import type { ReadCodes } from '../../../indices/group-numbers.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { SharedComputations } from '../../../lib/shared-computations.ts';
import type { Work } from '../../../lib/work.ts';
import { createYielder, Turnstile } from '../../../lib/yielding.ts';
import type { JoinName } from '../dimensions.ts';
import type { AsOf } from '../engine.ts';
import type { AnswerColumns } from './columns.ts';

/** Facts joined to what was true of them, as of one sequence number. Immutable. */
export interface EnrichedFacts {
  readonly sequence: number;
  /** Facts recorded up to that sequence number: rows below this one. */
  readonly rows: number;
  /** Reads a joined column: a code for each row. Throws for a join that these facts do not have. */
  readonly codeBy: (join: JoinName) => (row: number) => number;
  /** The same for many rows at once; undefined for facts that are joined one by one. */
  readonly readerBy?: ((join: JoinName) => ReadCodes) | undefined;
  /**
   * A joined column in parts of `chunkRows` rows; what two states have in common is the same object. Only of facts that were
   * the newest ones when they were joined, each at its own time.
   */
  readonly chunksOf?: ((join: JoinName) => readonly Chunk[]) | undefined;
}

export interface NewestFacts extends EnrichedFacts {
  readonly chunksOf: (join: JoinName) => readonly Chunk[];
}

export interface Enrichment {
  /**
   * The facts with these joins, and only these are brought up to date; default: with all that they have. Earlier states are
   * joined for all who need them, until the work of each has ended.
   */
  at(asOf?: AsOf, joins?: ReadonlySet<JoinName>, work?: Work): Promise<EnrichedFacts>;
  /** Joins the newest facts before anybody asks, one join after the other: a question waits only for those that it needs. */
  warm(): Promise<void>;
  /** Bytes of the newest columns. */
  readonly byteLength: number;
}

/** Facts without rows that note which joins are read of them: what a query needs is known before it is joined. */
export const joinProbe = (): { readonly facts: EnrichedFacts; readonly joins: ReadonlySet<JoinName> } => {
  const joins = new Set<JoinName>();
  const codeBy = (join: JoinName): (() => number) => {
    joins.add(join);
    return () => 0;
  };
  return { facts: { sequence: 0, rows: 0, codeBy }, joins };
};

export type Chunk = Uint8Array | Uint32Array;

/** Rows `from` to `to` of a chunk whose first row is `first`: the codes of these rows, at most `rowsPerFill`, are written to it. */
export interface ChunkSlice {
  readonly chunk: Chunk;
  readonly first: number;
  readonly from: number;
  readonly to: number;
}

/** The part of the chunk that is to be written. */
export const codesOf = ({ chunk, first, from, to }: ChunkSlice): Chunk => chunk.subarray(from - first, to - first);

/** One column to be joined to facts. */
export interface Join<Basis = unknown> {
  readonly name: JoinName;
  readonly allocate: (rows: number) => Chunk;
  /** What the codes of all rows depend on beside the row's user: when it changes, the whole column is joined again. */
  readonly basis: () => Basis;
  readonly basisAt: (sequence: number) => Basis | Promise<Basis>;
  // A method, because method parameters are bivariant: a Join<IpTable> is a Join.
  fill(slice: ChunkSlice, basis: Basis, asOf: AsOf, sequence: number): void;
  /** Calls `listener` with the code of each user whose rows must be joined again. */
  readonly onChange?: (listener: (user: number) => void) => void;
}

const chunkBits = 14;
export const chunkRows = 1 << chunkBits;
const chunkMask = chunkRows - 1;
const cachedColumnsMax = 12;
/** Columns of earlier states that are joined at once: each takes memory for all facts. */
const joinedAtOnceMax = 4;
/** Rows that are joined at once, between two looks at the clock. */
export const rowsPerFill = 1024;

interface JoinedColumn {
  readonly basis: unknown;
  /** A chunk that another state may share is replaced, never written to. */
  readonly chunks: readonly Chunk[];
}

/** A column as of the sequence number at which a query last needed it. */
interface NewestColumn extends JoinedColumn {
  readonly sequence: number;
  readonly rows: number;
}

/**
 * Joins facts to what was true of them and stores the result in columns. New facts, a late status change, another country
 * or another IP table renew only the chunks that they affect, when the next query that needs the column arrives.
 */
export const createEnrichment = (ledger: Ledger, facts: AnswerColumns, joins: readonly Join[]): Enrichment =>
  new ChunkedEnrichment(ledger, facts, joins);

class ChunkedEnrichment implements Enrichment {
  readonly #ledger: Ledger;
  readonly #facts: AnswerColumns;
  readonly #joins: readonly Join[];
  /** For each join the users whose rows have to be joined again. */
  readonly #staleUsers: Set<number>[];
  readonly #newest: NewestColumn[];
  /** Columns are renewed by one query at a time. */
  #renewing: Promise<unknown> = Promise.resolve();
  /** The last columns as of other times, pending ones included: pages and nested fields request the same ones again. */
  readonly #past = new SharedComputations<JoinedColumn>({ max: cachedColumnsMax });
  readonly #joining = new Turnstile(joinedAtOnceMax);

  constructor(ledger: Ledger, facts: AnswerColumns, joins: readonly Join[]) {
    this.#ledger = ledger;
    this.#facts = facts;
    this.#joins = joins;
    this.#staleUsers = joins.map(() => new Set());
    for (const [index, join] of joins.entries()) join.onChange?.((user) => void this.#staleUsers[index]?.add(user));
    this.#newest = joins.map(({ basis }) => ({ sequence: 0, rows: 0, basis: basis(), chunks: [] }));
  }

  get byteLength(): number {
    const chunks = this.#newest.flatMap((column) => column.chunks);
    return chunks.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  }

  async at(asOf: AsOf = {}, needed?: ReadonlySet<JoinName>, work?: Work): Promise<EnrichedFacts> {
    const sequence = this.#ledger.resolveSequence(asOf);
    const joins = this.#joins.filter(({ name }) => needed?.has(name) ?? true);
    if (asOf.validAtUs !== undefined || sequence < this.#ledger.snapshot().sequence)
      return this.#joinPast({ asOf, sequence, work }, joins);
    const renew = (): Promise<EnrichedFacts> => this.#renew(joins);
    const renewing = this.#renewing.then(renew, renew);
    this.#renewing = renewing;
    const newest = await renewing;
    const isAnySequence = asOf.knownAtUs === undefined && asOf.sequence === undefined;
    return isAnySequence || newest.sequence === sequence ? newest : this.#joinPast({ asOf, sequence, work }, joins);
  }

  async warm(): Promise<void> {
    for (const { name } of this.#joins) await this.at({}, new Set([name]));
  }

  /** Brings the columns of these joins up to the newest snapshot. */
  async #renew(joins: readonly Join[]): Promise<EnrichedFacts> {
    const { sequence } = this.#ledger.snapshot();
    const rows = this.#facts.rowsUpTo(sequence);
    const renewals = joins
      .map((join) => ({ join, index: this.#joins.indexOf(join) }))
      .filter(({ index }) => this.#newest[index]?.sequence !== sequence)
      // What they depend on is read before the first await, because it may change during it.
      .map(({ join, index }) => ({ join, index, basis: join.basis(), staleUsers: this.#takeStaleUsers(index) }));
    while (renewals.length > 0) {
      const { index, ...renewal } = renewals[0] as (typeof renewals)[number];
      const previous = this.#newest[index] as NewestColumn;
      try {
        const column = await renewColumn(this.#facts, { ...renewal, previous, rows, sequence });
        this.#newest[index] = { ...column, sequence, rows };
      } catch (error) {
        for (const each of renewals) for (const user of each.staleUsers) this.#staleUsers[each.index]?.add(user);
        throw error;
      }
      renewals.shift();
    }
    const columns = joins.map((join) => this.#newest[this.#joins.indexOf(join)] as NewestColumn);
    return joinedFacts({ sequence, rows, joins, columns, isNewest: true });
  }

  #takeStaleUsers(index: number): ReadonlySet<number> {
    const users = this.#staleUsers[index] as Set<number>;
    this.#staleUsers[index] = new Set();
    return users;
  }

  /** Joins all facts as of another time or sequence number, to what is needed of them. */
  async #joinPast(past: Past, joins: readonly Join[]): Promise<EnrichedFacts> {
    const { sequence } = past;
    const rows = this.#facts.rowsUpTo(sequence);
    const columns = await Promise.all(joins.map((join) => this.#pastColumn(join, past)));
    return joinedFacts({ sequence, rows, joins, columns, isNewest: false });
  }

  #pastColumn(join: Join, past: Past): Promise<JoinedColumn> {
    const key = `${join.name} ${past.sequence} ${past.asOf.validAtUs}`;
    return this.#past.find(key, past.work, (work) =>
      this.#joining.run(() => this.#joinColumn(join, { ...past, work })),
    );
  }

  async #joinColumn(join: Join, { asOf, sequence, work }: Past): Promise<JoinedColumn> {
    work?.check();
    const rows = this.#facts.rowsUpTo(sequence);
    const basis = await join.basisAt(sequence);
    const maybeYield = createYielder(work);
    const chunks: Chunk[] = [];
    for (let first = 0; first < rows; first += chunkRows) {
      const chunk = join.allocate(chunkRows);
      const end = Math.min(first + chunkRows, rows);
      for (let from = first; from < end; from += rowsPerFill) {
        join.fill({ chunk, first, from, to: Math.min(from + rowsPerFill, end) }, basis, asOf, sequence);
        await maybeYield();
      }
      chunks.push(chunk);
    }
    // Without its basis, which may be a whole table of addresses: this state is never renewed.
    return { basis: undefined, chunks };
  }
}

/** An earlier state, and who needs it. */
interface Past {
  readonly asOf: AsOf;
  readonly sequence: number;
  readonly work: Work | undefined;
}

interface ColumnRenewal {
  readonly join: Join;
  readonly previous: NewestColumn;
  readonly rows: number;
  readonly staleUsers: ReadonlySet<number>;
  readonly basis: unknown;
  readonly sequence: number;
}

/** Joins new rows and the rows of stale users; all rows when the basis has changed. */
const renewColumn = async (facts: AnswerColumns, renewal: ColumnRenewal): Promise<JoinedColumn> => {
  const { join, previous, rows, staleUsers, basis, sequence } = renewal;
  const { rows: previousRows } = previous;
  const chunks = previous.chunks.slice();
  const isNewBasis = basis !== previous.basis;
  const maybeYield = createYielder(undefined);
  const fill = (row: number, to: number): void => {
    const index = row >>> chunkBits;
    const chunk = writableChunk(join, chunks[index], previous.chunks[index]);
    chunks[index] = chunk;
    join.fill({ chunk, first: row & ~chunkMask, from: row, to }, basis, {}, sequence);
  };
  for (const user of previousRows > 0 && !isNewBasis ? staleUsers : []) {
    for (const row of facts.rowsOfUser(user, previousRows)) fill(row, row + 1);
    await maybeYield();
  }
  for (let row = isNewBasis ? 0 : previousRows; row < rows; ) {
    const to = Math.min((row & ~chunkMask) + chunkRows, row + rowsPerFill, rows);
    fill(row, to);
    row = to;
    await maybeYield();
  }
  return { basis, chunks };
};

/** A chunk that may be written to: a copy of the shared one, unless this renewal has copied it already. */
const writableChunk = (join: Join, chunk: Chunk | undefined, shared: Chunk | undefined): Chunk => {
  if (!chunk) return join.allocate(chunkRows);
  return chunk === shared ? chunk.slice() : chunk;
};

/** Reads chunk by chunk: rows that follow each other are mostly in the same one. */
const readChunks = (chunks: readonly Chunk[], rows: Uint32Array, codes: Uint32Array): void => {
  for (let index = 0; index < rows.length; ) {
    const number = (rows[index] as number) >>> chunkBits;
    const chunk = chunks[number] as Chunk;
    for (; index < rows.length && (rows[index] as number) >>> chunkBits === number; index++)
      codes[index] = chunk[(rows[index] as number) & chunkMask] as number;
  }
};

interface JoinedFacts extends Pick<EnrichedFacts, 'sequence' | 'rows'> {
  readonly isNewest: boolean;
  readonly joins: readonly Join[];
  /** For each join. */
  readonly columns: readonly JoinedColumn[];
}

const joinedFacts = ({ sequence, rows, isNewest, joins, columns }: JoinedFacts): EnrichedFacts => {
  const chunksOf = (name: JoinName): readonly Chunk[] => {
    const column = columns[joins.findIndex((join) => join.name === name)];
    if (!column) throw new Error(`these facts are not joined to ${name}`);
    return column.chunks;
  };
  return {
    ...{ sequence, rows, chunksOf: isNewest ? chunksOf : undefined },
    codeBy(name) {
      const chunks = chunksOf(name);
      return (row) => (chunks[row >>> chunkBits] as Chunk)[row & chunkMask] as number;
    },
    readerBy(name) {
      const chunks = chunksOf(name);
      return (rows, codes) => readChunks(chunks, rows, codes);
    },
  };
};
