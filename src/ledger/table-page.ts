import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Match, Row, Store } from '../../db/store.ts';

export interface TablePageRequest {
  readonly limit: number;
  /** True: the last rows before `before` instead of the first after `after`. */
  readonly fromEnd: boolean;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
}

export interface TablePage<R> {
  readonly rows: R[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** The number of rows on all pages, by one more statement. */
  readonly totalCount: () => number;
}

interface TableOrder<T extends SQLiteTable> {
  readonly key: Extract<keyof Row<T>, string>;
  readonly direction: 'asc' | 'desc';
  readonly match?: Match<T>;
  readonly upTo?: number | undefined;
}

/** A page of rows in the order of an integer key, in one statement; with `upTo` only of rows whose key is at most that. */
export const pageOfTable = <T extends SQLiteTable>(
  store: Store,
  table: T,
  { key, direction, match = {}, upTo }: TableOrder<T>,
  { limit, fromEnd, after, before }: TablePageRequest,
): TablePage<Row<T>> => {
  const reversed = direction === 'asc' ? 'desc' : 'asc';
  const atMost = (bound: number | undefined): number | undefined =>
    upTo === undefined ? bound : Math.min(bound ?? Number.POSITIVE_INFINITY, upTo + 1);
  const [start, end] = direction === 'asc' ? [after, atMost(before)] : [atMost(after), before];
  const [near, far] = fromEnd ? [end, start] : [start, end];
  const rows = store.page(table, {
    match,
    key,
    direction: fromEnd ? reversed : direction,
    ...(near === undefined ? {} : { after: near }),
    ...(far === undefined ? {} : { before: far }),
    limit: limit + 1,
  });
  const more = rows.length > limit;
  if (more) rows.pop();
  if (fromEnd) rows.reverse();
  return {
    rows,
    hasBefore: fromEnd ? more : after !== undefined,
    hasAfter: fromEnd ? before !== undefined : more,
    totalCount: () => store.count(table, match, upTo === undefined ? undefined : { key, after: 0, upTo }),
  };
};
