import type { Yielder } from '../lib/yielding.ts';
import { KeySort, type Span } from './key-sort.ts';

/** What items are ordered by: each has a key of one or several parts, numbers of which the first that differs decides. */
export interface OrderColumn {
  /**
   * Writes a part of the keys of items; it is 0 for the first one. Returns the next part for items whose keys are equal so far;
   * undefined when those are equal.
   */
  readKeys(items: Uint32Array, keys: Float64Array, part: number): Promise<number | undefined>;
  /** The same order: negative, zero or positive. */
  compare(a: number, b: number): number;
}

/** Items whose keys are equal before a part of a column. */
interface Ties extends Span {
  readonly column: number;
  readonly part: number;
}

/** Fewer items are compared with each other. */
const comparedMax = 24;

/** Comparisons between two looks at the clock, about. */
const comparisonsPerLook = 8192;

/**
 * Orders items by one column after another; those that are equal in all columns stay in the order in which they come. Only what
 * belongs at the positions of `needed` is put there: it costs a pass over the items, and the order of a few of them.
 */
export const orderByColumns = async (
  items: Uint32Array,
  columns: readonly OrderColumn[],
  needed: Span,
  maybeYield: Yielder,
): Promise<void> => {
  const keys = new Float64Array(items.length);
  const sort = new KeySort({ items, keys }, needed, maybeYield);
  const undecided: Ties[] = [{ from: 0, to: items.length, column: 0, part: 0 }];
  let steps = 0;
  for (let ties = undecided.pop(); ties; ties = undecided.pop()) {
    const { from, to, column, part } = ties;
    const by = columns[column];
    if (!by) continue;
    if (to - from <= comparedMax) {
      insertByColumns(items, ties, columns);
      steps += 2 * (to - from);
      if (steps < comparisonsPerLook) continue;
      steps = 0;
      await maybeYield();
      continue;
    }
    const next = await by.readKeys(items.subarray(from, to), keys.subarray(from, to), part);
    await sort.sort(ties);
    const rest = next === undefined ? { column: column + 1, part: 0 } : { column, part: next };
    if (rest.column < columns.length) addTies({ keys, span: ties, needed }, rest, undecided);
  }
};

interface SortedKeys {
  readonly keys: Float64Array;
  readonly span: Span;
  readonly needed: Span;
}

/** Adds the neighbours with equal keys that touch what is needed: keys before and behind them differ. */
const addTies = ({ keys, span, needed }: SortedKeys, rest: Pick<Ties, 'column' | 'part'>, undecided: Ties[]): void => {
  let from = Math.max(span.from, needed.from);
  while (from > span.from && from < span.to && keys[from - 1] === keys[from]) from--;
  while (from < Math.min(span.to, needed.to)) {
    const key = keys[from];
    let to = from + 1;
    while (to < span.to && keys[to] === key) to++;
    if (to - from > 1) undecided.push({ from, to, ...rest });
    from = to;
  }
};

/** Insertion sort by this column and those after it. */
const insertByColumns = (items: Uint32Array, { from, to, column }: Ties, columns: readonly OrderColumn[]): void => {
  const compare = (a: number, b: number): number => {
    for (let index = column; index < columns.length; index++) {
      const order = (columns[index] as OrderColumn).compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
  for (let index = from + 1; index < to; index++) {
    const item = items[index] as number;
    let position = index;
    for (; position > from && compare(items[position - 1] as number, item) > 0; position--)
      items[position] = items[position - 1] as number;
    items[position] = item;
  }
};
