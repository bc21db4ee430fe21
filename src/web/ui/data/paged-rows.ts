import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type AnyVariables, useClient } from 'urql';
import { sentenceOf } from './errors.ts';
import { type LiveQuery, type QueryResult, useLiveQuery } from './live.tsx';

/** One page of a connection. */
export interface PageOfRows<Row> {
  readonly rows: readonly Row[];
  readonly totalCount: number | null;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/**
 * Loads all rows, those that are loaded already included, and reports how many there are after each page. Ends early when the
 * signal is aborted. Throws an `Error` with the server's sentence.
 */
export type LoadAll<Row> = (onLoaded: (count: number) => void, signal: AbortSignal) => Promise<readonly Row[]>;

interface PagedQuery<Data, Variables extends AnyVariables, Row> extends LiveQuery<Data, Variables> {
  /** The page in an answer; null where the object that has it does not exist. Define it outside of the component. */
  readonly pageOf: (data: Data) => PageOfRows<Row> | null;
}

export interface PagedRows<Data, Row> {
  /** Of the first page; show it by QueryView. */
  readonly result: QueryResult<Data>;
  readonly rows: readonly Row[];
  readonly totalCount: number | null;
  readonly hasMore: boolean;
  /** Why the last further page could not be loaded. */
  readonly error: string | null;
  loadMore(): void;
  /** For exports: what it loads is not added to `rows`. */
  readonly loadAll: LoadAll<Row>;
}

interface Further<Data, Row> {
  /** The first page that these belong to: another one starts anew. */
  readonly first: Data | undefined;
  readonly rows: readonly Row[];
  readonly last: PageOfRows<Row> | null;
  readonly error: string | null;
}

const notLoaded = 'The page could not be loaded.';

const emptyRows: readonly never[] = [];

/**
 * The rows of a connection, page after page. `variables.after` must be a variable of the query. With one page it follows
 * the changes of its kinds; a person who has gone further keeps the list as it was when the walk began.
 */
export const usePagedRows = <Data, Variables extends AnyVariables, Row>({
  pageOf,
  ...query
}: PagedQuery<Data, Variables, Row>): PagedRows<Data, Row> => {
  const client = useClient();
  const [further, setFurther] = useState<Further<Data, Row>>({ first: undefined, rows: [], last: null, error: null });
  const [hasWalked, setWalked] = useState(false);
  const result = useLiveQuery<Data, Variables>({ ...query, kinds: hasWalked ? [] : query.kinds });
  const data = result.state.data ?? undefined;
  const first = useMemo(() => (data === undefined ? null : pageOf(data)), [data, pageOf]);
  const own = further.first === data ? further : { first: data, rows: emptyRows, last: null, error: null };
  const last = own.last ?? first;
  const loading = useRef<string | null>(null);

  const variables = JSON.stringify(query.variables);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other variables are another list
  useEffect(() => setWalked(false), [variables]);

  const cursor = last?.pageInfo.hasNextPage ? (last.pageInfo.endCursor ?? null) : null;
  const loadMore = useCallback(() => {
    if (cursor === null || loading.current === cursor) return;
    loading.current = cursor;
    setWalked(true);
    const next = { ...(query.variables as object), after: cursor } as unknown as Variables;
    void client
      .query<Data, Variables>(query.query, next)
      .toPromise()
      .then(({ data: nextData, error }) => {
        loading.current = null;
        const page = nextData === undefined || nextData === null ? null : pageOf(nextData);
        setFurther((previous) => {
          const before = previous.first === data ? previous.rows : [];
          if (!page) return { first: data, rows: before, last, error: error ? sentenceOf(error) : notLoaded };
          return { first: data, rows: [...before, ...page.rows], last: page, error: null };
        });
      });
  }, [client, cursor, data, last, pageOf, query.query, query.variables]);

  const firstRows: readonly Row[] = first?.rows ?? emptyRows;
  const rows = useMemo(() => [...firstRows, ...own.rows], [firstRows, own.rows]);
  const loadAll: LoadAll<Row> = async (onLoaded, signal) => {
    const all = [...rows];
    for (let after = cursor; after !== null && !signal.aborted; ) {
      const next = { ...(query.variables as object), after } as unknown as Variables;
      const answer = await client.query<Data, Variables>(query.query, next).toPromise();
      const page = answer.data === undefined || answer.data === null ? null : pageOf(answer.data);
      if (!page) throw answer.error ?? new Error(notLoaded);
      for (const row of page.rows) all.push(row);
      onLoaded(all.length);
      after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
    }
    return all;
  };
  return {
    result,
    rows,
    totalCount: first?.totalCount ?? null,
    hasMore: cursor !== null,
    error: own.error,
    loadMore,
    loadAll,
  };
};
