import type { Users } from '../../users/users.ts';
import type { FactSource } from '../dimensions.ts';
import { checkFilter, type FactFilter, type FilterLimits } from '../filter.ts';
import type { CodedDimensions } from './coded-dimensions.ts';
import type { AnswerColumns, FactColumns } from './columns.ts';
import type { Enrichment } from './enrichment.ts';
import { type FilterReading, rowFilterOf } from './filter-rows.ts';
import type { RowFilter } from './row-filter.ts';

/** Facts of one kind in memory: in columns, enriched, and with dimensions. */
export interface MemoryFacts<Columns extends FactColumns = AnswerColumns> {
  readonly source: FactSource;
  readonly columns: Columns;
  readonly enrichment: Enrichment;
  readonly dimensions: CodedDimensions;
  /** The codes of the known users among these, each once. */
  userCodes(userIds: readonly string[]): Set<number>;
  /** Throws like the function of this name. */
  checkFilter(filter: FactFilter): void;
  /** The filter of rows of enriched facts; undefined when every row passes. Throws like `checkFilter`. */
  rowFilterOf(filter: FactFilter | null | undefined, reading: FilterReading): RowFilter | undefined;
}

type MemoryFactsOptions<Columns extends FactColumns> = Pick<
  MemoryFacts<Columns>,
  'source' | 'columns' | 'enrichment' | 'dimensions'
> & {
  readonly users: Users;
  readonly limits: FilterLimits;
};

export const createMemoryFacts = <Columns extends FactColumns>({
  users,
  limits,
  ...options
}: MemoryFactsOptions<Columns>): MemoryFacts<Columns> => ({
  ...options,
  userCodes: (userIds) => new Set(userIds.map(users.codes.codeOf).filter((code) => code !== undefined)),
  checkFilter: (filter) => checkFilter(filter, options.source, limits),
  rowFilterOf(filter, reading) {
    if (filter) checkFilter(filter, options.source, limits);
    return rowFilterOf(filter, options, reading);
  },
});
