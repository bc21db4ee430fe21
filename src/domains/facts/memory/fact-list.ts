import { DomainError } from '../../../errors.ts';
import type { RowComparison } from '../../../indices/sliced-sort.ts';
import type { TimeSpan } from '../../../lib/time-range.ts';
import type { Work } from '../../../lib/work.ts';
import type { FactOrderField, FactPageRequest } from '../engine.ts';
import type { FactColumns } from './columns.ts';
import type { EnrichedFacts } from './enrichment.ts';
import { rangeOf } from './filter-rows.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { allOf, everyRow, FilterBuffers, type RowFilter, withCodes } from './row-filter.ts';
import { type Candidates, candidatesOf } from './scan.ts';

/** The rows of a list of facts of one state, and their order. */
export interface FactList {
  readonly request: FactPageRequest;
  readonly columns: FactColumns;
  /** Rows below this one may be on the list. */
  readonly rows: number;
  /** The rows that may pass the filter. */
  readonly candidates: Candidates;
  /** Undefined when all rows are on the list. */
  readonly filter: RowFilter | undefined;
  /** The ascending order, ties by row. */
  readonly compare: RowComparison;
  /** The time of all rows of the list, as far as the filter states one. */
  readonly span: TimeSpan;
}

/** The rows between which a page is, both exclusive; `after` comes before `before` in the list. */
export interface PageCursors {
  readonly after: number | undefined;
  readonly before: number | undefined;
}

export interface FoundPage {
  /** In the order of the list. */
  readonly rows: readonly number[];
  /** Undefined when it was not counted. */
  readonly totalCount: number | undefined;
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

/** Times are in UTC where a filter names days. */
export const listTimeZone = 'UTC';

export const factListOf = async (
  facts: MemoryFacts,
  enriched: EnrichedFacts,
  request: FactPageRequest,
  work?: Work,
): Promise<FactList> => {
  const { columns } = facts;
  const { where, userId, orderBy } = request;
  const { rows } = enriched;
  const byFilter = facts.rowFilterOf(where, { enriched, timeZone: listTimeZone });
  const userIds = userId === undefined ? where?.userIds : [userId];
  const candidates = await candidatesOf(facts, userIds, enriched, work);
  return {
    ...{ request, columns, rows, candidates },
    filter: userId === undefined ? byFilter : allOf([ofUser(facts, userId), byFilter ?? everyRow]),
    compare: comparisonBy(columns, orderBy),
    span: where ? rangeOf(where, columns, rows, listTimeZone) : {},
  };
};

/** The order by a field, ties by row: facts without an amount sort before the least amount. */
export const comparisonBy = (columns: FactColumns, field: FactOrderField): RowComparison => {
  const { occurredAtUsOf, amountOf } = columns;
  const compareAmounts = (a: number, b: number): number => {
    const [one, other] = [amountOf(a), amountOf(b)];
    // No amount is NaN, which does not compare.
    return one - other || Number(Number.isNaN(other)) - Number(Number.isNaN(one)) || a - b;
  };
  switch (field) {
    case 'OCCURRED_AT':
      return (a, b) => occurredAtUsOf(a) - occurredAtUsOf(b) || a - b;
    case 'AMOUNT':
      return compareAmounts;
    case 'RECEIVED_AT':
      return (a, b) => a - b;
  }
};

/** Throws BAD_REQUEST for a number of no fact of the list's state. */
export const cursorsOf = ({ columns, rows, request: { afterSeq, beforeSeq } }: FactList): PageCursors => {
  const rowOf = (seq: number | undefined): number | undefined => {
    if (seq === undefined) return undefined;
    const row = columns.rowsUpTo(seq) - 1;
    if (row < 0 || row >= rows || columns.seqOf(row) !== seq)
      throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
    return row;
  };
  return { after: rowOf(afterSeq), before: rowOf(beforeSeq) };
};

const ofUser = ({ columns, userCodes }: MemoryFacts, userId: string): RowFilter =>
  withCodes({ codeOf: columns.userOf, readCodes: columns.readUsers }, userCodes([userId]), new FilterBuffers());
