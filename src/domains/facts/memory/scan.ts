import type { Work } from '../../../lib/work.ts';
import { createYielder } from '../../../lib/yielding.ts';
import type { EnrichedFacts } from './enrichment.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { blockRows, everyRow, type RowFilter } from './row-filter.ts';

/** Rows to scan: all below a number, or the listed ones, ascending. */
export type Candidates = number | Uint32Array;

/** Rows that are collected and sorted at once. */
const listedMax = 50_000;

/** Few, because the rows of a user are anywhere in memory. */
const usersPerYield = 512;

/** The rows of these users, found without a scan; all rows when no users are named. Yields to other work for many users. */
export const candidatesOf = async (
  facts: Pick<MemoryFacts, 'columns' | 'userCodes'>,
  userIds: readonly string[] | null | undefined,
  { rows }: EnrichedFacts,
  work?: Work,
): Promise<Candidates> => {
  if (!userIds) return rows;
  const found: number[] = [];
  const maybeYield = createYielder(work);
  let users = 0;
  for (const user of facts.userCodes(userIds)) {
    if (++users % usersPerYield === 0) await maybeYield();
    for (const row of facts.columns.rowsOfUser(user, rows)) found.push(row);
    // The filter finds the same rows, and yields.
    if (found.length > listedMax) return rows;
  }
  if (users >= usersPerYield) await maybeYield();
  return Uint32Array.from(found).sort();
};

/** What a scan reads: the candidates that pass the filter. */
export interface ScannedRows {
  readonly candidates: Candidates;
  readonly filter: RowFilter | undefined;
}

/**
 * Calls `visit` with the rows in blocks, ascending, and yields to other work in between. A block is valid until the next one.
 * Rejects when `work` has ended.
 */
export const scanBlocks = async (
  { candidates, filter }: ScannedRows,
  visit: (rows: Uint32Array) => void,
  work?: Work,
): Promise<void> => {
  const listed = typeof candidates === 'number' ? undefined : candidates;
  const end = typeof candidates === 'number' ? candidates : candidates.length;
  const maybeYield = createYielder(work);
  const block = new Uint32Array(Math.min(blockRows, end));
  for (let from = 0; from < end; from += blockRows) {
    const to = Math.min(from + blockRows, end);
    if (listed) block.set(listed.subarray(from, to));
    else block[0] = from;
    const rows = (filter ?? everyRow).keep(block, to - from, listed ? 'ASCENDING' : 'RUN');
    if (rows > 0) visit(rows === block.length ? block : block.subarray(0, rows));
    await maybeYield();
  }
};

/** The same row by row. */
export const scanRows = (scanned: ScannedRows, visit: (row: number) => void, work?: Work): Promise<void> =>
  scanBlocks(
    scanned,
    (rows) => {
      for (let index = 0; index < rows.length; index++) visit(rows[index] as number);
    },
    work,
  );
