import { createYielder } from '../../lib/yielding.ts';
import type { EnrichedFacts } from './enrichment.ts';
import type { FactSet } from './fact-set.ts';

/** Rows to look at: all below a number, or the listed ones, ascending. */
export type Candidates = number | readonly number[];

/** A filter of many parts takes its time on every row, so the clock is looked at often. */
const turnRows = 1024;

/** The rows that can be of these users, found without a scan; all rows when no user is named. */
export const candidatesOf = (
  facts: Pick<FactSet, 'columns' | 'userCodes'>,
  userIds: readonly string[] | null | undefined,
  { rows }: EnrichedFacts,
): Candidates => {
  if (!userIds) return rows;
  const found = [...facts.userCodes(userIds)].flatMap((user) => facts.columns.rowsOfUser(user, rows));
  return found.sort((a, b) => a - b);
};

/** Calls `visit` with every candidate that passes the test, in order, giving way to other work in between. */
export const scanRows = async (
  candidates: Candidates,
  test: ((row: number) => boolean) | undefined,
  visit: (row: number) => void,
): Promise<void> => {
  const listed = typeof candidates === 'number' ? undefined : candidates;
  const end = typeof candidates === 'number' ? candidates : candidates.length;
  const maybeYield = createYielder();
  for (let from = 0; from < end; from += turnRows) {
    const to = Math.min(from + turnRows, end);
    for (let index = from; index < to; index++) {
      const row = listed ? (listed[index] as number) : index;
      if (test === undefined || test(row)) visit(row);
    }
    await maybeYield();
  }
};
