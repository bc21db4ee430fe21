import type { Enriched, Enrichment } from './enrichment.ts';
import type { FactColumns } from './fact-columns.ts';
import type { FactFilter } from './fact-filter.ts';

/** Facts of one kind as the questions about them need them: in columns, joined, and told apart by names. */
export interface FactSet {
  readonly columns: FactColumns;
  readonly enrichment: Enrichment;
  productName(code: number): string;
  /** Product codes are below this number. */
  productCodes(): number;
  /** The codes of the users that are known, each once. */
  userCodes(userIds: readonly string[]): Set<number>;
  /** The filter's test on rows of a joined state; undefined when every row passes. */
  testOf(
    filter: FactFilter | null | undefined,
    enriched: Enriched,
    timeZone: string,
  ): ((row: number) => boolean) | undefined;
}
