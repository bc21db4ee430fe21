import type { ReadCodes } from '../../../indices/coded-rows.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { SharedComputations } from '../../../lib/shared-computations.ts';
import type { Work } from '../../../lib/work.ts';
import { createYielder, Turnstile } from '../../../lib/yielding.ts';
import type { JoinName } from '../dimensions.ts';
import type { AsOf } from '../engine.ts';
import { ColumnWriter, codeOf, readChunks } from './column-writer.ts';
import type { AnswerColumns } from './columns.ts';
import { type Chunk, filledRowsMax, type Join } from './join.ts';

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

const cachedColumnsMax = 12;
/** Columns of earlier states that are joined at once: each takes memory for all facts. */
const joinedAtOnceMax = 4;

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
    const writer = new ColumnWriter({ join, basis, asOf, sequence });
    await writer.fillBetween(0, rows, createYielder(work));
    // Without its basis, which may be a whole table of addresses: this state is never renewed.
    return { basis: undefined, chunks: writer.chunks };
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
  const isNewBasis = basis !== previous.basis;
  const writer = new ColumnWriter({ join, basis, asOf: {}, sequence, shared: previous.chunks });
  const maybeYield = createYielder(undefined);
  for (const user of previousRows > 0 && !isNewBasis ? staleUsers : []) {
    const rowsOfUser = Uint32Array.from(facts.rowsOfUser(user, previousRows));
    for (let from = 0; from < rowsOfUser.length; from += filledRowsMax) {
      writer.fill(rowsOfUser.subarray(from, from + filledRowsMax));
      await maybeYield();
    }
  }
  await writer.fillBetween(isNewBasis ? 0 : previousRows, rows, maybeYield);
  return { basis, chunks: writer.chunks };
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
      return (row) => codeOf(chunks, row);
    },
    readerBy(name) {
      const chunks = chunksOf(name);
      return (rows, codes, pattern) => readChunks(chunks, rows, codes, pattern);
    },
  };
};
