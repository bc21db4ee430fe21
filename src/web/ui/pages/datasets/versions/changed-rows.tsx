import { Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../../components/data-table.tsx';
import { QueryView } from '../../../components/query-view.tsx';
import { type PageOfRows, usePagedRows } from '../../../data/paged-rows.ts';
import { useZone } from '../../../data/view.ts';
import { missing } from '../../../format/numbers.ts';
import {
  type ColumnType,
  DatasetChangedRowsDocument,
  type DatasetChangedRowsQuery,
} from '../../../generated/graphql.ts';
import { RowDrawer } from '../explorer/row-drawer.tsx';
import { useAddress } from '../explorer/use-address.ts';
import { cellText, columnLabel, formatCell, isNumeric, tableId } from '../model/cell.ts';
import { type Compared, changesPerPage } from './compared.ts';

type DatasetOfChanges = NonNullable<DatasetChangedRowsQuery['dataset']>;
type ChangedRow = NonNullable<NonNullable<DatasetOfChanges['diff']>['changedRows']>['nodes'][number];
type CellChange = ChangedRow['cells'][number];

const pageOf = ({ dataset }: DatasetChangedRowsQuery): PageOfRows<ChangedRow> | null => {
  const rows = dataset?.diff?.changedRows;
  return rows ? { rows: rows.nodes, totalCount: rows.totalCount, pageInfo: rows.pageInfo } : null;
};

interface ValuesProps {
  readonly change: CellChange;
  readonly types: readonly [ColumnType, ColumnType];
  readonly zone: string;
}

/** The old value and the new one. */
const Values = ({ change: { from, to, fromMisfit, toMisfit }, types: [fromType, toType], zone }: ValuesProps) => (
  <>
    <Text span inherit c="dimmed" td="line-through">
      {fromMisfit ?? formatCell(from, fromType, zone)}
    </Text>
    {' → '}
    <Text span inherit fw={600}>
      {toMisfit ?? formatCell(to, toType, zone)}
    </Text>
  </>
);

const changeText = ({ from, to, fromMisfit, toMisfit }: CellChange): string =>
  `${fromMisfit ?? (cellText(from) || missing)} → ${toMisfit ?? (cellText(to) || missing)}`;

const changedNames = ({ cells }: ChangedRow): string => cells.map(({ column }) => columnLabel(column)).join(', ');

/** The columns of the later version: keys first, then what changed, then the others with both values where they differ. */
const columnsOf = (dataset: DatasetOfChanges, zone: string): DataColumn<ChangedRow>[] => {
  const { earlierColumns, laterColumns } = dataset;
  const columns = (laterColumns ?? []).map(({ name, type, isKey }, index) => {
    const fromType = earlierColumns?.find((column) => column.name === name)?.type ?? type;
    const changeOf = ({ cells }: ChangedRow) => cells.find(({ column }) => column === name);
    const misfitOf = ({ to: { misfits } }: ChangedRow) => misfits.find(({ column }) => column === name)?.text;
    const column: DataColumn<ChangedRow> = {
      id: tableId(name),
      header: columnLabel(name),
      numeric: isKey && isNumeric(type),
      width: isKey ? 120 : 220,
      cell: (row) => {
        const change = changeOf(row);
        if (change) return <Values change={change} types={[fromType, type]} zone={zone} />;
        return misfitOf(row) ?? formatCell(row.to.values[index], type, zone);
      },
      text: (row) => {
        const change = changeOf(row);
        return change ? changeText(change) : (misfitOf(row) ?? cellText(row.to.values[index]));
      },
    };
    return { column, isKey };
  });
  const names: DataColumn<ChangedRow> = {
    ...{ id: 'changed', header: 'Changed columns', width: 200 },
    ...{ cell: changedNames, text: changedNames },
  };
  const ofKind = (isKey: boolean) => columns.filter((each) => each.isKey === isKey).map(({ column }) => column);
  return [...ofKind(true), names, ...ofKind(false)];
};

/** The rows that two versions have with different cells. */
export function ChangedRows({ name, from, to }: Compared) {
  const { address, change } = useAddress();
  const zone = useZone();
  const { result, rows, totalCount, hasMore, error, loadMore, loadAll } = usePagedRows({
    query: DatasetChangedRowsDocument,
    variables: useMemo(() => ({ name, from, to, first: changesPerPage, after: null }), [name, from, to]),
    kinds: [],
    pageOf,
  });
  const dataset = result.state.data?.dataset;
  const columns = useMemo(() => (dataset ? columnsOf(dataset, zone) : []), [dataset, zone]);
  return (
    <QueryView result={result} height={300}>
      {(data) => (
        <Stack gap="xs">
          <DataTable
            label="Changed rows"
            columns={columns}
            rows={rows}
            rowKey={({ to: { id } }) => id}
            onOpenRow={({ to: { id } }) => change({ row: id })}
            totalCount={totalCount ?? 0}
            hasMore={hasMore}
            onLoadMore={loadMore}
            loadAll={loadAll}
          />
          {error !== null && <Text role="alert">{error}</Text>}
          <RowDrawer
            id={address.row}
            version={{ columns: data.dataset?.laterColumns ?? [] }}
            onClose={() => change({ row: undefined })}
          />
        </Stack>
      )}
    </QueryView>
  );
}
