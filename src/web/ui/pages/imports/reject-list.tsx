import { Anchor, Group, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { DataTable } from '../../components/data-table.tsx';
import { FilterChips } from '../../components/filter-chips.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { usePagedRows } from '../../data/paged-rows.ts';
import { RejectedRecordsDocument, type RejectedRecordsQuery } from '../../generated/graphql.ts';
import { useChangeSearch, useSearch } from './change-search.ts';
import { rejectColumns } from './reject-columns.tsx';
import { RejectState } from './reject-state.tsx';

const pageOf = ({ rejectedRecords: page }: RejectedRecordsQuery) =>
  page && { rows: page.nodes, totalCount: page.totalCount, pageInfo: page.pageInfo };

/** The filters of the address as chips. */
export const useRejectFilters = () => {
  const { ofImport, source } = useSearch();
  const change = useChangeSearch();
  return [
    ...(ofImport === undefined
      ? []
      : [{ id: 'import', label: 'import', value: 'one', onRemove: () => change({ ofImport: undefined }) }]),
    ...(source === undefined
      ? []
      : [
          {
            ...{ id: 'source', label: 'source', value: source },
            onRemove: () => change({ source: undefined, records: true }),
          },
        ]),
  ];
};

/** Rejected records one by one, the newest first. */
export function RejectList() {
  const { rejects = 'OPEN', ofImport, source } = useSearch();
  const change = useChangeSearch();
  const filters = useRejectFilters();
  const { result, ...paged } = usePagedRows({
    query: RejectedRecordsDocument,
    variables: useMemo(() => ({ state: rejects, import: ofImport, source, first: 100 }), [rejects, ofImport, source]),
    kinds: ['REJECTED_RECORDS', 'IMPORTS'],
    pageOf,
  });
  return (
    <Stack gap="xs">
      <Group>
        <RejectState />
        <FilterChips filters={filters} />
      </Group>
      <QueryView result={result} height={300}>
        {() =>
          paged.rows.length === 0 && filters.length === 0 && rejects === 'OPEN' ? (
            <EmptyState
              action={<Anchor renderRoot={(props) => <Link {...props} to="/intake" />}>Look at the imports</Anchor>}
            >
              No record waits for a correction.
            </EmptyState>
          ) : (
            <DataTable
              label="Rejects"
              columns={rejectColumns}
              rows={paged.rows}
              rowKey={({ id }) => id}
              totalCount={paged.totalCount ?? undefined}
              hasMore={paged.hasMore}
              onLoadMore={paged.loadMore}
              loadAll={paged.loadAll}
              onOpenRow={({ id }) => change({ reject: id })}
              emptyText="No reject matches."
            />
          )
        }
      </QueryView>
    </Stack>
  );
}
