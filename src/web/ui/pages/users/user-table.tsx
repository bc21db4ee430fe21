import { Button } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type DataColumn, DataTable, type Sort } from '../../components/data-table.tsx';
import { PageLink } from '../../components/page-link.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { unknownClass } from '../../components/unknown.tsx';
import { type PageOfRows, usePagedRows } from '../../data/paged-rows.ts';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { unknownLabel } from '../../format/labels.ts';
import { formatFigure, missing } from '../../format/numbers.ts';
import { statusWords } from '../../format/words.ts';
import { type UserFilter, UserRowsDocument, type UserRowsQuery } from '../../generated/graphql.ts';

const route = getRouteApi('/users');

const pageSize = 200;

type Row = NonNullable<UserRowsQuery['users']>['nodes'][number];

const pageOf = ({ users }: UserRowsQuery): PageOfRows<Row> | null => (users ? { ...users, rows: users.nodes } : null);

const nameOf = ({ firstName, lastName }: Row): string => [firstName, lastName].filter(Boolean).join(' ') || missing;

const columns: readonly DataColumn<Row>[] = [
  {
    id: 'userId',
    header: 'User',
    cell: ({ userId }) => (
      <PageLink to="/users/$userId" params={{ userId }} inherit>
        {userId}
      </PageLink>
    ),
    text: ({ userId }) => userId,
  },
  { id: 'NAME', header: 'Name', sortable: true, cell: nameOf, text: nameOf },
  {
    id: 'AGE',
    header: 'Age',
    numeric: true,
    sortable: true,
    width: 80,
    cell: ({ age }) => formatFigure(age),
    text: ({ age }) => String(age ?? ''),
  },
  {
    id: 'country',
    header: 'Country',
    cell: ({ country }) => country ?? unknownLabel,
    text: ({ country }) => country ?? '',
    className: ({ country }) => unknownClass(country),
  },
  {
    id: 'gender',
    header: 'Gender',
    width: 110,
    cell: ({ gender }) => gender ?? unknownLabel,
    text: ({ gender }) => gender ?? '',
    className: ({ gender }) => unknownClass(gender),
  },
  {
    id: 'status',
    header: 'Status',
    width: 120,
    cell: ({ status }) => (status ? statusWords[status.status] : missing),
    text: ({ status }) => status?.status ?? '',
  },
  {
    id: 'image',
    header: 'Image',
    width: 80,
    cell: ({ hasImage }) => (hasImage ? 'yes' : 'no'),
    text: ({ hasImage }) => String(hasImage),
  },
];

const useSort = () => {
  const { sort, descending = false } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: Sort | null) =>
    navigate({
      search: (previous) => ({
        ...previous,
        sort: next === null ? undefined : next.id === 'AGE' ? 'AGE' : 'NAME',
        descending: next?.direction === 'desc' || undefined,
      }),
    });
  const current: Sort | null = sort === undefined ? null : { id: sort, direction: descending ? 'desc' : 'asc' };
  return { current, change };
};

/** The users that match, each a link to their page. */
export function UserTable({ where }: { readonly where: UserFilter | null }) {
  const { at } = route.useSearch();
  const navigate = route.useNavigate();
  const asOf = useAsOf();
  const isFixed = isOfSnapshot(useView());
  const { current, change } = useSort();
  const by = current?.id === 'AGE' ? 'AGE' : current === null ? 'USER_ID' : 'NAME';
  const direction = current?.direction === 'desc' ? 'DESC' : 'ASC';
  const variables = useMemo(
    () => ({ where, asOf, at: at ?? null, orderBy: { by, direction } as const, first: pageSize }),
    [where, asOf, at, by, direction],
  );
  const { result, rows, totalCount, hasMore, loadMore, loadAll } = usePagedRows({
    query: UserRowsDocument,
    variables,
    kinds: isFixed ? [] : ['USERS', 'STATUS_CHANGES'],
    pageOf,
  });
  const firstSteps = (
    <EmptyState
      action={
        <Button component={Link} to="/intake">
          Load users or status changes
        </Button>
      }
    >
      No record names a user yet. Users come with user files, users tables, status changes, purchases and events.
    </EmptyState>
  );
  return (
    <QueryView result={result} height={400}>
      {() => (
        <DataTable
          label="List of users"
          columns={columns}
          rows={rows}
          rowKey={({ id }) => id}
          sort={current}
          onSort={change}
          totalCount={totalCount ?? undefined}
          hasMore={hasMore}
          onLoadMore={loadMore}
          loadAll={loadAll}
          onOpenRow={({ userId }) => navigate({ to: '/users/$userId', params: { userId } })}
          emptyText={where === null ? firstSteps : 'No user matches these filters.'}
        />
      )}
    </QueryView>
  );
}
