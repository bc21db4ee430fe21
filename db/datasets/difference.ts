import { createHash } from 'node:crypto';
import { type ColumnFile, readColumnFile } from './column-file.ts';
import type { DifferenceResult } from './engine.ts';
import { keyOf, rowsOfFile } from './merge.ts';

/** Sixteen bytes stand for a row, so that a million of them have room. */
const digest = (texts: readonly string[]): string =>
  createHash('md5').update(texts.join('\0')).digest().toString('latin1');

/**
 * How the rows of two versions differ, over the columns that both have: matched on the key columns where both have them
 * all, else by content, and then nothing is changed, only added and removed.
 */
export const differenceBetween = (
  earlierPath: string,
  later: ColumnFile,
  keyColumns: readonly string[],
): DifferenceResult => {
  const earlier = readColumnFile(earlierPath);
  try {
    const placeIn = (file: ColumnFile) => (name: string) => file.columns.findIndex((column) => column.name === name);
    const shared = later.columns.map(({ name }) => name).filter((name) => placeIn(earlier)(name) >= 0);
    const keys = keyColumns.map((name) => shared.indexOf(name));
    const isKeyed = keys.length > 0 && !keys.includes(-1);
    const [was, is] = [earlier, later].map((file) => countRows(file, shared.map(placeIn(file)), isKeyed ? keys : null));
    return isKeyed ? byKey(was ?? new Map(), is ?? new Map()) : byContent(was ?? new Map(), is ?? new Map());
  } finally {
    earlier.close();
  }
};

type Counts = Map<string, Map<string, number>>;

/** How often each content occurs under each key. */
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

/** Rows beyond those that both have. */
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
