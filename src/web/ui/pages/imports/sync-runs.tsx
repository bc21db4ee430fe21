import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { Time } from '../../components/time.tsx';
import { usePagedRows } from '../../data/paged-rows.ts';
import { formatFigure } from '../../format/numbers.ts';
import { UserSyncRunsDocument, type UserSyncRunsQuery } from '../../generated/graphql.ts';
import { stateWords } from './words.ts';

type Run = NonNullable<UserSyncRunsQuery['imports']>['nodes'][number];

const pageOf = ({ imports: page }: UserSyncRunsQuery) =>
  page && { rows: page.nodes, totalCount: page.totalCount, pageInfo: page.pageInfo };

/** A run without counts has changed nothing, has failed, or still runs. */
const resultOf = ({ state, userSync, failure }: Run): string => {
  if (failure) return `${stateWords[state]}: ${failure.message}`;
  return userSync || state === 'RUNNING' ? stateWords[state] : `${stateWords[state]}, nothing has changed`;
};

const figure = (id: 'processed' | 'updated' | 'unchanged' | 'removed' | 'rejected'): DataColumn<Run> => ({
  ...{ id, header: id, numeric: true, width: 104 },
  cell: ({ userSync }) => formatFigure(userSync?.[id]),
  text: ({ userSync }) => String(userSync?.[id] ?? ''),
});

const columns: readonly DataColumn<Run>[] = [
  {
    ...{ id: 'startedAt', header: 'began', width: 130 },
    cell: ({ startedAt }) => <Time at={startedAt} relative />,
    text: ({ startedAt }) => startedAt,
  },
  { id: 'state', header: 'state', width: 220, cell: resultOf, text: resultOf },
  figure('processed'),
  figure('updated'),
  figure('unchanged'),
  figure('removed'),
  figure('rejected'),
  { id: 'source', header: 'source', width: 260, cell: ({ source }) => source, text: ({ source }) => source },
];

/** Synchronizations and what each did to users: processed = updated + unchanged + removed + rejected. */
export function SyncRuns({ onOpen }: { onOpen(id: string): void }) {
  const { result, ...paged } = usePagedRows({
    query: UserSyncRunsDocument,
    variables: useMemo(() => ({ first: 100 }), []),
    kinds: ['USER_SYNC', 'IMPORTS'],
    pageOf,
  });
  return (
    <QueryView result={result} height={300}>
      {() =>
        paged.rows.length > 0 && (
          <DataTable
            label="Synchronizations"
            columns={columns}
            rows={paged.rows}
            rowKey={({ id }) => id}
            totalCount={paged.totalCount ?? undefined}
            hasMore={paged.hasMore}
            onLoadMore={paged.loadMore}
            loadAll={paged.loadAll}
            onOpenRow={({ id }) => onOpen(id)}
          />
        )
      }
    </QueryView>
  );
}
