import { Anchor, Group, Select, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { FilterChips } from '../../components/filter-chips.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { usePagedRows } from '../../data/paged-rows.ts';
import { missing } from '../../format/numbers.ts';
import { RejectedRecordsDocument, type RejectedRecordsQuery } from '../../generated/graphql.ts';
import { useChangeSearch, useSearch } from './change-search.ts';
import { RejectDrawer } from './reject-drawer.tsx';
import { rejectStates } from './search.ts';
import { optionsOf, rejectWords, targetWords } from './words.ts';

type RejectRow = NonNullable<RejectedRecordsQuery['rejectedRecords']>['nodes'][number];

const pageOf = ({ rejectedRecords: page }: RejectedRecordsQuery) =>
  page && { rows: page.nodes, totalCount: page.totalCount, pageInfo: page.pageInfo };

const problemsOf = ({ problems }: RejectRow): string => problems.map(({ message }) => message).join('; ');

const columns: readonly DataColumn<RejectRow>[] = [
  { id: 'problem', header: 'problem', width: 340, cell: problemsOf, text: problemsOf },
  { id: 'raw', header: 'record', width: 360, cell: ({ raw }) => raw.slice(0, 300), text: ({ raw }) => raw },
  {
    ...{ id: 'target', header: 'target', width: 150 },
    cell: ({ target }) => targetWords[target],
    text: ({ target }) => targetWords[target],
  },
  { id: 'source', header: 'source', width: 200, cell: ({ source }) => source, text: ({ source }) => source },
  {
    ...{ id: 'line', header: 'line', numeric: true, width: 80 },
    cell: ({ line }) => line ?? missing,
    text: ({ line }) => (line === null || line === undefined ? '' : String(line)),
  },
  {
    ...{ id: 'receivedAt', header: 'received', width: 130 },
    cell: ({ receivedAt }) => <Time at={receivedAt} relative />,
    text: ({ receivedAt }) => receivedAt,
  },
  { id: 'state', header: 'state', width: 100, cell: ({ state }) => rejectWords[state] },
];

/** Records that could not be stored: each can be corrected and tried again, or discarded. */
export function RejectsTab() {
  const { rejects = 'OPEN', ofImport, source, reject } = useSearch();
  const change = useChangeSearch();
  const { result, ...paged } = usePagedRows({
    query: RejectedRecordsDocument,
    variables: useMemo(() => ({ state: rejects, import: ofImport, source, first: 100 }), [rejects, ofImport, source]),
    kinds: ['REJECTED_RECORDS', 'IMPORTS'],
    pageOf,
  });
  const filters = [
    ...(ofImport === undefined
      ? []
      : [{ id: 'import', label: 'import', value: 'one', onRemove: () => change({ ofImport: undefined }) }]),
    ...(source === undefined
      ? []
      : [{ id: 'source', label: 'source', value: source, onRemove: () => change({ source: undefined }) }]),
  ];
  return (
    <Stack gap="xs">
      <Group>
        <Select
          size="xs"
          aria-label="State of rejects"
          allowDeselect={false}
          data={optionsOf(rejectWords, rejectStates)}
          value={rejects}
          onChange={(chosen) =>
            change({ rejects: chosen === 'OPEN' ? undefined : (chosen as (typeof rejectStates)[number]) })
          }
        />
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
              columns={columns}
              rows={paged.rows}
              rowKey={({ id }) => id}
              totalCount={paged.totalCount ?? undefined}
              hasMore={paged.hasMore}
              onLoadMore={paged.loadMore}
              onOpenRow={({ id }) => change({ reject: id })}
              emptyText="No reject matches."
            />
          )
        }
      </QueryView>
      <RejectDrawer id={reject} onClose={() => change({ reject: undefined })} />
    </Stack>
  );
}
