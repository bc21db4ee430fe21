import { Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { DataTable } from '../../../components/data-table.tsx';
import { DetailDrawer } from '../../../components/detail-drawer.tsx';
import { QueryView } from '../../../components/query-view.tsx';
import { type PageOfRows, usePagedRows } from '../../../data/paged-rows.ts';
import { useZone } from '../../../data/view.ts';
import { formatCount } from '../../../format/numbers.ts';
import { DatasetGroupRowsDocument, type DatasetGroupRowsQuery } from '../../../generated/graphql.ts';
import { useRowColumns } from '../explorer/row-columns.tsx';
import type { DatasetRow } from '../explorer/use-rows.ts';
import { type Cell, columnLabel } from '../model/cell.ts';
import type { GroupQuestion } from '../model/copy-groups.ts';
import { groupVariables } from './shape.ts';

export type GroupKey = readonly Cell[];

/** A part of a key in words. */
export const keyText = (cell: Cell | undefined): string =>
  cell === null || cell === undefined ? 'no value' : typeof cell === 'object' ? cell.join(', ') : String(cell);

/** Conditions that select one group. Lists have no test of equality: of their groups the right one is found in the answer. */
const conditionsOf = ({ groupBy }: GroupQuestion, key: GroupKey) =>
  groupBy.flatMap(({ column }, index) => {
    const cell = key[index] ?? null;
    if (typeof cell === 'object' && cell !== null) return [];
    return [{ as: column, test: cell === null ? { isNull: true } : { eq: cell } }];
  });

const nodeOf = ({ dataset }: DatasetGroupRowsQuery, key: string) =>
  dataset?.aggregate?.nodes.find((node) => JSON.stringify(node.key) === key);

interface GroupRowsProps {
  readonly groups: GroupQuestion;
  readonly groupKey: GroupKey;
  onOpenRow(id: string): void;
}

function GroupRows({ groups, groupKey, onOpenRow }: GroupRowsProps) {
  const zone = useZone();
  const keyName = JSON.stringify(groupKey);
  const variables = useMemo(() => {
    const { measures: _measures, orderBy: _orderBy, ...rows } = groupVariables(groups);
    return { ...rows, having: conditionsOf(groups, JSON.parse(keyName) as GroupKey), after: null };
  }, [groups, keyName]);
  const pageOf = useMemo(
    () =>
      (data: DatasetGroupRowsQuery): PageOfRows<DatasetRow> | null => {
        const rows = nodeOf(data, keyName)?.rows;
        return rows ? { rows: rows.nodes, totalCount: rows.totalCount, pageInfo: rows.pageInfo } : null;
      },
    [keyName],
  );
  const { result, rows, totalCount, hasMore, error, loadMore } = usePagedRows({
    query: DatasetGroupRowsDocument,
    variables,
    kinds: [],
    pageOf,
  });
  const columns = useRowColumns({ version: groups.question.version, zone, isSortable: false });
  return (
    <QueryView result={result} height={300}>
      {(data) =>
        nodeOf(data, keyName) ? (
          <Stack gap="xs">
            <Text size="sm">{formatCount(totalCount ?? 0, 'row')}</Text>
            <DataTable
              label="Rows of the group"
              columns={columns}
              rows={rows}
              rowKey={({ id }) => id}
              onOpenRow={({ id }) => onOpenRow(id)}
              totalCount={totalCount ?? 0}
              hasMore={hasMore}
              onLoadMore={loadMore}
            />
            {error !== null && <Text role="alert">{error}</Text>}
          </Stack>
        ) : (
          <Text>There is no such group any more: the filter has changed.</Text>
        )
      }
    </QueryView>
  );
}

interface GroupDrawerProps {
  readonly groups: GroupQuestion;
  /** Undefined: closed. */
  readonly groupKey: GroupKey | undefined;
  onClose(): void;
  onOpenRow(id: string): void;
}

/** Exactly the rows behind a group. */
export function GroupDrawer({ groups, groupKey, onClose, onOpenRow }: GroupDrawerProps) {
  const title = groups.groupBy.map(({ column }, index) => `${columnLabel(column)}: ${keyText(groupKey?.[index])}`);
  return (
    <DetailDrawer title={title.join(', ') || 'All rows'} isOpen={groupKey !== undefined} onClose={onClose}>
      {groupKey !== undefined && <GroupRows groups={groups} groupKey={groupKey} onOpenRow={onOpenRow} />}
    </DetailDrawer>
  );
}
