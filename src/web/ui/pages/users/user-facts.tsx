import { getRouteApi } from '@tanstack/react-router';
import { FactsTable, type JoinedFact } from '../../components/facts-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { type PagedRows, type PageOfRows, usePagedRows } from '../../data/paged-rows.ts';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import {
  UserEventsDocument,
  type UserEventsQuery,
  UserPurchasesDocument,
  type UserPurchasesQuery,
} from '../../generated/graphql.ts';

const route = getRouteApi('/users/$userId');

const pageSize = 100;

interface Connection {
  readonly totalCount: number;
  readonly edges: readonly {
    readonly node: JoinedFact['node'];
    readonly enrichment: JoinedFact['enrichment'] | null;
  }[];
  readonly pageInfo: PageOfRows<JoinedFact>['pageInfo'];
}

const factsOf = (connection: Connection | null | undefined): PageOfRows<JoinedFact> | null =>
  connection
    ? {
        ...connection,
        rows: connection.edges.flatMap(({ node, enrichment }) => (enrichment ? [{ node, enrichment }] : [])),
      }
    : null;

const purchasesOf = ({ user }: UserPurchasesQuery) => factsOf(user?.transactions);
const eventsOf = ({ user }: UserEventsQuery) => factsOf(user?.experimentEvents);

interface FactListProps {
  readonly label: string;
  readonly list: PagedRows<unknown, JoinedFact>;
}

function FactList({ label, list: { result, rows, totalCount, hasMore, loadMore, loadAll } }: FactListProps) {
  const navigate = route.useNavigate();
  return (
    <QueryView result={result} height={200}>
      {() => (
        <FactsTable
          label={label}
          facts={rows}
          totalCount={totalCount ?? rows.length}
          hasMore={hasMore}
          onLoadMore={loadMore}
          loadAll={loadAll}
          onOpen={(id) => navigate({ search: (previous) => ({ ...previous, open: id }) })}
        />
      )}
    </QueryView>
  );
}

const useVariables = (userId: string) => ({ userId, asOf: useAsOf(), first: pageSize });

export function UserPurchasesTable({ userId }: { readonly userId: string }) {
  const isFixed = isOfSnapshot(useView());
  const list = usePagedRows({
    query: UserPurchasesDocument,
    variables: useVariables(userId),
    kinds: isFixed ? [] : ['TRANSACTIONS', 'STATUS_CHANGES', 'IP_RANGES', 'USERS'],
    pageOf: purchasesOf,
  });
  return <FactList label={`Purchases of ${userId}`} list={list} />;
}

export function UserEventsTable({ userId }: { readonly userId: string }) {
  const isFixed = isOfSnapshot(useView());
  const list = usePagedRows({
    query: UserEventsDocument,
    variables: useVariables(userId),
    kinds: isFixed ? [] : ['EVENTS', 'STATUS_CHANGES', 'USERS'],
    pageOf: eventsOf,
  });
  return <FactList label={`Events of ${userId}`} list={list} />;
}
