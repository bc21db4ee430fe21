import { createHash } from 'node:crypto';
import { type ColumnFile, readColumnFile } from './column-file.ts';
import type { DifferenceResult } from './engine.ts';
import { keyOf, rowsOfFile } from './merge.ts';

/** A digest of 16 bytes represents a row, so that a million rows fit in memory. */
const digest = (texts: readonly string[]): string =>
  createHash('md5').update(texts.join('\0')).digest().toString('latin1');

/**
 * The difference between two versions over the columns that both have. Rows are matched on the key columns if both versions
 * have all of them; otherwise by content, where a changed row counts as one removed and one added row.
 */
export const differenceBetween = (
  earlierPath: string,
  later: ColumnFile,
  keyColumns: readonly string[],
): DifferenceResult => {
  const earlier = readColumnFile(earlierPath);
  try {
    const indexIn = (file: ColumnFile) => (name: string) => file.columns.findIndex((column) => column.name === name);
    const commonColumns = later.columns.map(({ name }) => name).filter((name) => indexIn(earlier)(name) >= 0);
    const keys = keyColumns.map((name) => commonColumns.indexOf(name));
    const isKeyed = keys.length > 0 && !keys.includes(-1);
    const [earlierCounts, laterCounts] = [earlier, later].map((file) =>
      countRows(file, commonColumns.map(indexIn(file)), isKeyed ? keys : null),
    );
    return isKeyed
      ? byKey(earlierCounts ?? new Map(), laterCounts ?? new Map())
      : byContent(earlierCounts ?? new Map(), laterCounts ?? new Map());
  } finally {
    earlier.close();
  }
};

type Counts = Map<string, Map<string, number>>;

/** Counts each row content under each key. */
const countRows = (file: ColumnFile, order: readonly number[], keys: readonly number[] | null): Counts => {
  const counts: Counts = new Map();
  for (const rows of rowsOfFile(file, order))
    for (const { cells } of rows) {
      const content = digest(cells);
      const key = keys ? keyOf(cells, keys) : '';
      const ofKey = counts.get(key) ?? new Map<string, number>();
      ofKey.set(content, (ofKey.get(content) ?? 0) + 1);
      counts.set(key, ofKey);
    }
  return counts;
};

const total = (contents: ReadonlyMap<string, number> | undefined): number =>
  [...(contents?.values() ?? [])].reduce((sum, count) => sum + count, 0);

/** The number of rows of `of` that exceed those of `over`. */
const surplus = (of: ReadonlyMap<string, number> | undefined, over: ReadonlyMap<string, number> | undefined): number =>
  [...(of ?? [])].reduce((sum, [content, count]) => sum + Math.max(0, count - (over?.get(content) ?? 0)), 0);

const byContent = (was: Counts, is: Counts): DifferenceResult => ({
  added: surplus(is.get(''), was.get('')),
  removed: surplus(was.get(''), is.get('')),
  changed: 0,
});

const byKey = (was: Counts, is: Counts): DifferenceResult => {
  let added = 0;
  let removed = 0;
  let changed = 0;
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const [before, after] = [was.get(key), is.get(key)];
    const more = total(after) - total(before);
    added += Math.max(0, more);
    removed += Math.max(0, -more);
    changed += more > 0 ? surplus(before, after) : surplus(after, before);
  }
  return { added, removed, changed };
};
