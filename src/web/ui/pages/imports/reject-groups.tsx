import { Anchor, Group, Stack, Switch } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { FilterChips } from '../../components/filter-chips.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { usePagedRows } from '../../data/paged-rows.ts';
import { formatFigure, missing } from '../../format/numbers.ts';
import { RejectGroupsDocument, type RejectGroupsQuery } from '../../generated/graphql.ts';
import { useChangeSearch, useSearch } from './change-search.ts';
import { useRejectFilters } from './reject-list.tsx';
import { problemWords, targetWords } from './words.ts';

type GroupRow = NonNullable<RejectGroupsQuery['rejectGroups']>['nodes'][number];

const pageOf = ({ rejectGroups: page }: RejectGroupsQuery) =>
  page && { rows: page.nodes, totalCount: page.totalCount, pageInfo: page.pageInfo };

const figure = (id: 'openCount' | 'resolvedCount' | 'discardedCount', header: string): DataColumn<GroupRow> => ({
  ...{ id, header, numeric: true, width: 96 },
  cell: (row) => formatFigure(row[id]),
  text: (row) => String(row[id]),
});

const exampleOf = ({ example }: GroupRow): string => {
  if (!example) return missing;
  const { line, raw } = example;
  return line === null || line === undefined ? raw : `line ${line}: ${raw}`;
};

const openColumns: readonly DataColumn<GroupRow>[] = [
  { id: 'problem', header: 'problem', width: 260, cell: problemWords, text: problemWords },
  figure('openCount', 'waiting'),
  {
    ...{ id: 'target', header: 'target', width: 150 },
    cell: ({ target }) => targetWords[target],
    text: ({ target }) => targetWords[target],
  },
  { id: 'source', header: 'file', width: 200, cell: ({ source }) => source, text: ({ source }) => source },
  {
    ...{ id: 'newestAt', header: 'newest', width: 130 },
    cell: ({ newestAt }) => <Time at={newestAt} relative />,
    text: ({ newestAt }) => newestAt,
  },
  {
    ...{ id: 'example', header: 'example', width: 400 },
    cell: (row) => exampleOf(row).slice(0, 300),
    text: exampleOf,
  },
];

const allColumns = [
  ...openColumns.slice(0, 2),
  figure('resolvedCount', 'stored'),
  figure('discardedCount', 'discarded'),
  ...openColumns.slice(2),
];

/** Rejected records by problem: one cause is looked at once, however many records it has. */
export function RejectGroups() {
  const { ofImport, settled = false } = useSearch();
  const change = useChangeSearch();
  const { result, ...paged } = usePagedRows({
    query: RejectGroupsDocument,
    variables: useMemo(() => ({ import: ofImport, includeSettled: settled, first: 100 }), [ofImport, settled]),
    kinds: ['REJECTED_RECORDS', 'IMPORTS'],
    pageOf,
  });
  return (
    <Stack gap="xs">
      <Group>
        <Switch
          size="xs"
          label="Settled ones, too"
          checked={settled}
          onChange={(event) => change({ settled: event.currentTarget.checked ? true : undefined })}
        />
        <FilterChips filters={useRejectFilters()} />
      </Group>
      <QueryView result={result} height={300}>
        {() =>
          paged.rows.length === 0 ? (
            <EmptyState
              action={<Anchor renderRoot={(props) => <Link {...props} to="/intake" />}>Look at the imports</Anchor>}
            >
              {settled ? 'No record was rejected.' : 'No record waits for a correction.'}
            </EmptyState>
          ) : (
            <DataTable
              label="Rejects by problem"
              columns={settled ? allColumns : openColumns}
              rows={paged.rows}
              rowKey={({ id }) => id}
              totalCount={paged.totalCount ?? undefined}
              hasMore={paged.hasMore}
              onLoadMore={paged.loadMore}
              loadAll={paged.loadAll}
              onOpenRow={({ id, openCount }) => change({ group: id, rejects: openCount > 0 ? undefined : 'DISCARDED' })}
            />
          )
        }
      </QueryView>
    </Stack>
  );
}
