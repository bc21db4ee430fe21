import { useCallback, useRef, useState } from 'react';
import { type Ask, useAsk, useLoaded } from '../../data/loaded.ts';
import type { LoadAll } from '../../data/paged-rows.ts';
import type { AsOf } from '../../data/view.ts';
import { type GroupFiguresFragment, RevenueFactsDocument, type RevenueFactsQuery } from '../../generated/graphql.ts';
import { allOf, filterOfCell } from './dimensions.ts';
import type { PivotRequest } from './load-pivot.ts';
import { requestedMeasures } from './measures.ts';
import type { Cell } from './search.ts';

type FactsPage = NonNullable<NonNullable<RevenueFactsQuery['enrichedAggregate']>['nodes'][number]['facts']>;

export interface FactsOfCell {
  /** The measures of exactly these facts. */
  readonly figures: GroupFiguresFragment;
  readonly sequence: number;
  readonly totalCount: number;
  readonly edges: FactsPage['edges'];
  readonly endCursor: string | null;
}

/** One page of the facts of a cell. Without facts there is no group, and so no page. */
const loadFacts = async (
  ask: Ask,
  request: PivotRequest,
  cell: Cell,
  page: { readonly asOf: AsOf | null; readonly first: number; readonly after: string | null },
): Promise<FactsOfCell> => {
  const { source, timeZone, where, measure } = request;
  const { enrichedAggregate } = await ask(RevenueFactsDocument, {
    ...{ source, timeZone, where: allOf(where, filterOfCell(cell)), ...page },
    ...requestedMeasures(measure),
  });
  if (!enrichedAggregate) throw new Error('the server answered without figures');
  const facts = enrichedAggregate.nodes[0]?.facts;
  return {
    figures: enrichedAggregate.total,
    sequence: enrichedAggregate.snapshot.sequence,
    totalCount: facts?.totalCount ?? 0,
    edges: facts?.edges ?? [],
    endCursor: facts?.pageInfo.hasNextPage ? facts.pageInfo.endCursor : null,
  };
};

const pageSize = 100;

/** The facts of a cell, page by page. All of them are of the snapshot of the first page. */
export const useFacts = (request: PivotRequest, cell: Cell, asOf: AsOf) => {
  const [pages, setPages] = useState(1);
  const loaded = useRef<FactsOfCell | null>(null);
  const result = useLoaded({
    key: String(pages),
    kinds: [],
    load: async (ask) => {
      const before = loaded.current;
      const page = await loadFacts(ask, request, cell, { asOf, first: pageSize, after: before?.endCursor ?? null });
      const facts = before ? { ...page, edges: [...before.edges, ...page.edges] } : page;
      loaded.current = facts;
      return facts;
    },
  });
  const ask = useAsk();
  const loadAll: LoadAll<FactsOfCell['edges'][number]> = async (onLoaded, signal) => {
    const all = [...(loaded.current?.edges ?? [])];
    for (let after = loaded.current?.endCursor ?? null; after !== null && !signal.aborted; ) {
      const { edges, endCursor } = await loadFacts(ask, request, cell, { asOf, first: pageSize, after });
      for (const edge of edges) all.push(edge);
      onLoaded(all.length);
      after = endCursor;
    }
    return all;
  };
  const loadMore = useCallback(() => setPages((count) => count + 1), []);
  return { result, loadMore, loadAll };
};
