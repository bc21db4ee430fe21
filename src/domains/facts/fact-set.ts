import type { StoredOrigin } from '../../ledger/record.ts';
import type { Decimal } from '../../lib/decimal.ts';
import type { FactColumns } from './columns.ts';
import type { Dimensions } from './dimensions.ts';
import type { EnrichedFacts, Enrichment } from './enrichment.ts';
import type { FactFilter } from './filter.ts';

export type FactSource = 'TRANSACTIONS' | 'EXPERIMENT_EVENTS';

/** The fields that all kinds of facts have. */
export interface StoredFact extends StoredOrigin {
  readonly source: FactSource;
  readonly userId: string;
  readonly occurredAtUs: number;
  readonly amount: Decimal | null;
}

/** Facts of one kind for queries: in columns, enriched, and with dimensions. */
export interface FactSet {
  readonly source: FactSource;
  readonly columns: FactColumns;
  readonly enrichment: Enrichment;
  readonly dimensions: Dimensions;
  /** The codes of the known users among these, each once. */
  userCodes(userIds: readonly string[]): Set<number>;
  /** The filter's test on rows of enriched facts; undefined when every row passes. */
  testOf(
    filter: FactFilter | null | undefined,
    enriched: EnrichedFacts,
    timeZone: string,
  ): ((row: number) => boolean) | undefined;
  /** Stored facts by `seq`, in the order of the keys: one statement. */
  bySeqs(seqs: readonly number[]): readonly (StoredFact | null)[];
}
