import { Button, Group, Select, Stack } from '@mantine/core';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { usePagedRows } from '../../data/paged-rows.ts';
import { formatFigure } from '../../format/numbers.ts';
import { ImportsDocument, type ImportsQuery } from '../../generated/graphql.ts';
import { useChangeSearch, useSearch } from './change-search.ts';
import { ImportDrawer } from './import-drawer.tsx';
import { importStates } from './search.ts';
import { optionsOf, stateWords, targetWords } from './words.ts';

type ImportRow = NonNullable<ImportsQuery['imports']>['nodes'][number];

const pageOf = ({ imports }: ImportsQuery) =>
  imports && { rows: imports.nodes, totalCount: imports.totalCount, pageInfo: imports.pageInfo };

const progressOf = ({ state, bytesRead, bytesTotal }: ImportRow): string =>
  state === 'RUNNING' && bytesTotal > 0
    ? `${stateWords[state]}, ${Math.floor((100 * bytesRead) / bytesTotal)} %`
    : stateWords[state];

const figure = (id: 'read' | 'accepted' | 'unchanged' | 'conflicts' | 'rejected'): DataColumn<ImportRow> => ({
  ...{ id, header: id, numeric: true, width: 96 },
  cell: (row) => formatFigure(row[id]),
  text: (row) => String(row[id]),
});

const columns: readonly DataColumn<ImportRow>[] = [
  { id: 'source', header: 'file', width: 260, cell: ({ source }) => source, text: ({ source }) => source },
  {
    ...{ id: 'target', header: 'target', width: 150 },
    cell: ({ target }) => targetWords[target],
    text: ({ target }) => targetWords[target],
  },
  { id: 'state', header: 'state', width: 150, cell: progressOf, text: ({ state }) => stateWords[state] },
  {
    ...{ id: 'startedAt', header: 'began', width: 130 },
    cell: ({ startedAt }) => <Time at={startedAt} relative />,
    text: ({ startedAt }) => startedAt,
  },
  figure('read'),
  figure('accepted'),
  figure('unchanged'),
  figure('conflicts'),
  figure('rejected'),
];

/** All imports; each opens its account. */
export function ImportsTab() {
  const { state, open } = useSearch();
  const change = useChangeSearch();
  const { result, ...paged } = usePagedRows({
    query: ImportsDocument,
    variables: useMemo(() => ({ state, first: 100 }), [state]),
    kinds: ['IMPORTS'],
    pageOf,
  });
  return (
    <Stack gap="xs">
      <Group>
        <Select
          size="xs"
          aria-label="State of imports"
          placeholder="All states"
          clearable
          data={optionsOf(stateWords, importStates)}
          value={state ?? null}
          onChange={(chosen) => change({ state: (chosen as ImportRow['state'] | null) ?? undefined })}
        />
      </Group>
      <QueryView result={result} height={300}>
        {() =>
          paged.rows.length === 0 && state === undefined ? (
            <EmptyState action={<Button onClick={() => change({ tab: 'upload' })}>Load a file</Button>}>
              No file was imported yet.
            </EmptyState>
          ) : (
            <DataTable
              label="Imports"
              columns={columns}
              rows={paged.rows}
              rowKey={({ id }) => id}
              totalCount={paged.totalCount ?? undefined}
              hasMore={paged.hasMore}
              onLoadMore={paged.loadMore}
              loadAll={paged.loadAll}
              onOpenRow={({ id }) => change({ open: id })}
              emptyText="No import is in this state."
            />
          )
        }
      </QueryView>
      <ImportDrawer id={open} onClose={() => change({ open: undefined })} />
    </Stack>
  );
}
