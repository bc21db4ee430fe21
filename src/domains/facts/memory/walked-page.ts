import type { WalkStart } from '../../../indices/row-order.ts';
import type { Work } from '../../../lib/work.ts';
import { createYielder } from '../../../lib/yielding.ts';
import type { FactList, FoundPage, PageCursors } from './fact-list.ts';
import { blockRows } from './row-filter.ts';

/** Rows in the order of a list. */
export interface OrderedRows {
  walk(start: WalkStart): Iterable<number>;
}

const rowsPerYield = 256;
const firstBlockRows = 32;
/** Rows that a walk may always read, and the share of all rows beyond which reading them in turn is faster. */
const [walkedAlways, walkedShare] = [4096, 1 / 16];

/**
 * Finds a page by walking from its cursor through the rows in order. Undefined when so many rows are not on the list that it
 * would take longer than a scan.
 */
export const walkedPage = async (
  list: FactList,
  { after, before }: PageCursors,
  ordered: OrderedRows,
  work?: Work,
): Promise<FoundPage | undefined> => {
  const { limit, fromEnd, descending } = list.request;
  const [start, stop] = fromEnd ? [before, after] : [after, before];
  const walk = new ListWalk(list, ordered, work);
  const direction = { descending: descending !== fromEnd };
  const rows = await walk.rows({ ...direction, start, stop, isInclusive: false, limit: limit + 1 });
  // What is on the list beyond its cursors.
  const behind = start === undefined ? [] : await walk.rows(turned(direction, start));
  const beyond = stop === undefined ? [] : await walk.rows({ ...direction, start: stop, isInclusive: true, limit: 1 });
  if (!rows || !behind || !beyond) return undefined;
  const hasMore = rows.length > limit || beyond.length > 0;
  const hasBehind = behind.length > 0;
  const page = rows.slice(0, limit);
  return {
    rows: fromEnd ? page.reverse() : page,
    totalCount: undefined,
    hasBefore: fromEnd ? hasMore : hasBehind,
    hasAfter: fromEnd ? hasBehind : hasMore,
  };
};

interface Stretch {
  readonly descending: boolean;
  readonly start: number | undefined;
  readonly stop?: number | undefined;
  /** Whether `start` itself may be found. */
  readonly isInclusive: boolean;
  readonly limit: number;
}

const turned = ({ descending }: { readonly descending: boolean }, start: number): Stretch => ({
  descending: !descending,
  start,
  isInclusive: true,
  limit: 1,
});

/** The first rows of a walk that are on the list: they are filtered in blocks, the first of which are small. */
class FoundRows {
  readonly #list: FactList;
  readonly #limit: number;
  readonly #found: number[] = [];
  readonly #block = new Uint32Array(blockRows);
  #length = 0;
  #full: number;

  constructor(list: FactList, limit: number) {
    this.#list = list;
    this.#limit = limit;
    this.#full = list.filter ? firstBlockRows : 1;
  }

  get isComplete(): boolean {
    return this.#found.length >= this.#limit;
  }

  offer(row: number): void {
    // Rows of later records are in the order, too.
    if (row >= this.#list.rows) return;
    this.#block[this.#length++] = row;
    if (this.#length < this.#full) return;
    this.#filter();
    if (this.#list.filter) this.#full = Math.min(2 * this.#full, blockRows);
  }

  /** At most as many as the limit. */
  all(): number[] {
    this.#filter();
    return this.#found.slice(0, this.#limit);
  }

  #filter(): void {
    const { filter } = this.#list;
    const kept = filter ? filter.keep(this.#block, this.#length) : this.#length;
    for (let index = 0; index < kept; index++) this.#found.push(this.#block[index] as number);
    this.#length = 0;
  }
}

/** The walks for one page, which share one budget. */
class ListWalk {
  readonly #list: FactList;
  readonly #ordered: OrderedRows;
  readonly #work: Work | undefined;
  #budget: number;

  constructor(list: FactList, ordered: OrderedRows, work: Work | undefined) {
    this.#list = list;
    this.#ordered = ordered;
    this.#work = work;
    this.#budget = Math.max(walkedAlways, list.rows * walkedShare);
  }

  /** The first rows of a stretch that are on the list; undefined when the budget is spent. */
  async rows(stretch: Stretch): Promise<number[] | undefined> {
    const isBeyond = this.#endOf(stretch);
    const maybeYield = createYielder(this.#work);
    const found = new FoundRows(this.#list, stretch.limit);
    for (const row of this.#ordered.walk(this.#startOf(stretch))) {
      if (found.isComplete || isBeyond(row)) break;
      if (this.#budget-- <= 0) return found.all().length === stretch.limit ? found.all() : undefined;
      if (this.#budget % rowsPerYield === 0) await maybeYield();
      found.offer(row);
    }
    return found.all();
  }

  #startOf({ descending, start, isInclusive }: Stretch): WalkStart {
    const { compare, columns, request, span } = this.#list;
    const { fromUs = Number.NEGATIVE_INFINITY, toUs = Number.POSITIVE_INFINITY } =
      request.orderBy === 'OCCURRED_AT' ? span : {};
    const isBeforeStart = (row: number): boolean => {
      if (start === undefined) return descending;
      const order = compare(row, start);
      return order < 0 || (order === 0 && descending === isInclusive);
    };
    return {
      descending,
      isBefore: (row) => {
        const atUs = columns.occurredAtUsOf(row);
        return descending ? atUs < toUs && isBeforeStart(row) : atUs < fromUs || isBeforeStart(row);
      },
    };
  }

  /** Whether a row, and all that follow, are beyond the end of the stretch. */
  #endOf({ descending, stop }: Stretch): (row: number) => boolean {
    const { compare, columns, request, span } = this.#list;
    const { fromUs, toUs } = request.orderBy === 'OCCURRED_AT' ? span : {};
    return (row) => {
      const atUs = columns.occurredAtUsOf(row);
      if (descending) return (stop !== undefined && compare(row, stop) <= 0) || (fromUs !== undefined && atUs < fromUs);
      return (stop !== undefined && compare(row, stop) >= 0) || (toUs !== undefined && atUs >= toUs);
    };
  }
}
