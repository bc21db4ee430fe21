import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { Connection } from './connection.ts';

/** The tables of one generation of stored enrichment. */
export interface Generation {
  /** Distinguishes its tables from those of others. */
  readonly id: number;
  /** The sequence number that it was built at: it says nothing of earlier states. */
  readonly base: number;
  /** The table of addresses that its cities are of. */
  readonly addressTable: number;
}

/** A stored state, to read the facts from that it holds. */
export interface StoredState extends Generation {
  /** The state is that of this sequence number. */
  readonly sequence: number;
  /** Attempts at steps that failed: their rows do not count. */
  readonly failed: readonly number[];
  /** Whether facts were enriched anew since the generation was built. */
  readonly hasSuperseded: boolean;
}

export const storedTable = ({ id }: Generation, source: FactSource): string => `enriched_${source.toLowerCase()}_${id}`;

/** Which facts were enriched anew at which step; the row that did hold before is found by its `from_seq`. */
export const supersededTable = ({ id }: Generation): string => `enriched_superseded_${id}`;

/** The number of the generation that a table is of; undefined for other tables. */
export const generationOf = (table: string): number | undefined => {
  const [, id] = /^enriched_[a-z_]+_(\d+)(?:_local)?$/.exec(table) ?? [];
  return id === undefined ? undefined : Number(id);
};

/**
 * `table WHERE …` for the rows that hold in a state: each was inserted at a step up to it, and no later one up to it supersedes it.
 */
export const storedFacts = (
  { source, table }: { readonly source: FactSource; table: Connection['table'] },
  state: StoredState,
): string => {
  const { sequence, hasSuperseded } = state;
  const counts = countsOf(state);
  const superseded = `SELECT seq, from_seq FROM ${table(supersededTable(state))} WHERE at_seq <= ${sequence}${counts}`;
  const holds = hasSuperseded ? ` AND (seq, from_seq) NOT IN (${superseded})` : '';
  return `${table(storedTable(state, source))} WHERE from_seq <= ${sequence}${counts}${holds}`;
};

const countsOf = ({ failed }: StoredState): string =>
  failed.length === 0 ? '' : ` AND attempt NOT IN (${failed.join(', ')})`;
