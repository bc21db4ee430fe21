import type { JoinName } from '../dimensions.ts';
import { chunkRows } from './column-writer.ts';
import type { NewestFacts } from './enrichment.ts';
import type { Chunk } from './join.ts';

/** The rows of an earlier state whose codes differ in a later one, in parts: most cost nothing, because states share chunks. */
export function* changedRows(
  earlier: NewestFacts,
  later: NewestFacts,
  joins: ReadonlySet<JoinName>,
): Generator<number[]> {
  const columns = [...joins].map((join) => [earlier.chunksOf(join), later.chunksOf(join)] as const);
  for (let first = 0; first < earlier.rows; first += chunkRows) {
    const index = first / chunkRows;
    const changed = columns
      .map(([before, after]) => [before[index], after[index]] as [Chunk, Chunk])
      .filter(([before, after]) => before !== after);
    const end = Math.min(chunkRows, earlier.rows - first);
    const rows: number[] = [];
    for (let row = 0; changed.length > 0 && row < end; row++)
      if (changed.some(([before, after]) => before[row] !== after[row])) rows.push(first + row);
    yield rows;
  }
}
