import { Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { DataTable } from '../../../components/data-table.tsx';
import { QueryView } from '../../../components/query-view.tsx';
import { type PageOfRows, usePagedRows } from '../../../data/paged-rows.ts';
import { useZone } from '../../../data/view.ts';
import {
  DatasetAddedRowsDocument,
  type DatasetAddedRowsQuery,
  DatasetRemovedRowsDocument,
  type DatasetRemovedRowsQuery,
} from '../../../generated/graphql.ts';
import { useRowColumns } from '../explorer/row-columns.tsx';
import { RowDrawer } from '../explorer/row-drawer.tsx';
import { useAddress } from '../explorer/use-address.ts';
import type { DatasetRow } from '../explorer/use-rows.ts';
import type { TypedColumns } from '../model/question.ts';
import { type Compared, changesPerPage } from './compared.ts';

type RowsQuery = DatasetAddedRowsQuery | DatasetRemovedRowsQuery;

const rowsOf = ({ dataset }: RowsQuery) => {
  const diff = dataset?.diff;
  return diff && ('addedRows' in diff ? diff.addedRows : diff.removedRows);
};

const pageOf = (data: RowsQuery): PageOfRows<DatasetRow> | null => {
  const rows = rowsOf(data);
  return rows ? { rows: rows.nodes, totalCount: rows.totalCount, pageInfo: rows.pageInfo } : null;
};

const noColumns: TypedColumns['columns'] = [];

interface SurplusRowsProps extends Compared {
  readonly kind: 'added' | 'removed';
}

/** The rows that only one of two versions has. */
export function SurplusRows({ name, from, to, kind }: SurplusRowsProps) {
  const { address, change } = useAddress();
  const zone = useZone();
  const variables = useMemo(() => ({ name, from, to, first: changesPerPage, after: null }), [name, from, to]);
  const query = kind === 'added' ? DatasetAddedRowsDocument : DatasetRemovedRowsDocument;
  const { result, rows, totalCount, hasMore, error, loadMore, loadAll } = usePagedRows<
    RowsQuery,
    typeof variables,
    DatasetRow
  >({ query, variables, kinds: [], pageOf });
  const columnsOfVersion = result.state.data?.dataset?.columns ?? noColumns;
  const version = useMemo(() => ({ columns: columnsOfVersion }), [columnsOfVersion]);
  const columns = useRowColumns({ version, zone, isSortable: false });
  return (
    <QueryView result={result} height={300}>
      {() => (
        <Stack gap="xs">
          <DataTable
            label={kind === 'added' ? 'Added rows' : 'Removed rows'}
            columns={columns}
            rows={rows}
            rowKey={({ id }) => id}
            onOpenRow={({ id }) => change({ row: id })}
            totalCount={totalCount ?? 0}
            hasMore={hasMore}
            onLoadMore={loadMore}
            loadAll={loadAll}
          />
          {error !== null && <Text role="alert">{error}</Text>}
          <RowDrawer id={address.row} version={version} onClose={() => change({ row: undefined })} />
        </Stack>
      )}
    </QueryView>
  );
}
