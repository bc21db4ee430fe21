import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { CopyAs } from '../../../components/copy-as.tsx';
import { DataTable } from '../../../components/data-table.tsx';
import { QueryView } from '../../../components/query-view.tsx';
import { useZone } from '../../../data/view.ts';
import { formatCount } from '../../../format/numbers.ts';
import { RowDrawer } from '../explorer/row-drawer.tsx';
import { useAddress } from '../explorer/use-address.ts';
import { nameOfTableId, tableId } from '../model/cell.ts';
import { copiesOfGroups, type GroupQuestion } from '../model/copy-groups.ts';
import { type Question, typeOfColumn } from '../model/question.ts';
import { GroupBuilder } from './group-builder.tsx';
import { GroupChart } from './group-chart.tsx';
import { useGroupColumns } from './group-columns.tsx';
import { GroupDrawer, type GroupKey } from './group-drawer.tsx';
import { groupsOf } from './shape.ts';
import { useGroups } from './use-groups.ts';

const Excluded = ({ count }: { readonly count: number }) =>
  count > 0 && (
    <Text size="sm">
      In {formatCount(count, 'row')} a cell is left out because it does not fit the type of its column.
    </Text>
  );

const ViewSwitch = ({
  view,
  onView,
}: {
  readonly view: 'chart' | undefined;
  onView(view: 'chart' | undefined): void;
}) => (
  <SegmentedControl
    size="xs"
    aria-label="Show groups as"
    data={[
      { value: 'table', label: 'Table' },
      { value: 'chart', label: 'Chart' },
    ]}
    value={view ?? 'table'}
    onChange={(next) => onView(next === 'chart' ? 'chart' : undefined)}
    style={{ alignSelf: 'flex-start' }}
  />
);

const Footer = ({ groups }: { readonly groups: GroupQuestion }) => (
  <Group gap="xs">
    <CopyAs entries={copiesOfGroups(groups, location.origin)} />
    <Text size="xs" c="dimmed">
      Periods of instants are in {groups.zone}
    </Text>
  </Group>
);

/** Groups of the rows of the filter, as a table and as a chart. */
export function GroupsView({ question }: { readonly question: Question }) {
  const { address, change } = useAddress();
  const zone = useZone();
  const { groupBy, measures, having, groupSort, groupView } = address;
  const groups = useMemo(
    () => groupsOf(question, { groupBy, measures, having, groupSort }, zone),
    [question, groupBy, measures, having, groupSort, zone],
  );
  const { result, rows, totalCount, hasMore, error, loadMore } = useGroups(groups);
  const onOpen = useCallback((key: GroupKey) => change({ group: key as never }), [change]);
  const columns = useGroupColumns(groups, rows, onOpen);
  const names = question.version.columns.map(({ name }) => name);
  return (
    <Stack gap="sm">
      <GroupBuilder
        shape={groups}
        columns={names}
        typeOf={typeOfColumn(question)}
        onChange={(changed) =>
          change({ ...changed, group: undefined, groupSort: undefined } as Parameters<typeof change>[0])
        }
      />
      <ViewSwitch view={groupView} onView={(view) => change({ groupView: view })} />
      <QueryView result={result} height={320}>
        {({ dataset }) => {
          const excluded = dataset?.aggregate?.excludedCount ?? 0;
          return (
            <Stack gap="xs">
              <Excluded count={excluded} />
              {groupView === 'chart' ? (
                <GroupChart groups={groups} nodes={rows} totalCount={totalCount ?? 0} />
              ) : (
                <DataTable
                  label={`Groups of ${question.name}`}
                  columns={columns}
                  rows={rows}
                  rowKey={({ key }) => JSON.stringify(key)}
                  sort={groupSort ? { ...groupSort, id: tableId(groupSort.id) } : null}
                  onSort={(sort) => change({ groupSort: sort ? { ...sort, id: nameOfTableId(sort.id) } : undefined })}
                  onOpenRow={({ key }) => onOpen(key)}
                  totalCount={totalCount ?? 0}
                  hasMore={hasMore}
                  onLoadMore={loadMore}
                  emptyText="No group passes the conditions."
                />
              )}
            </Stack>
          );
        }}
      </QueryView>
      {error !== null && <Text role="alert">{error}</Text>}
      <Footer groups={groups} />
      <GroupDrawer
        groups={groups}
        groupKey={address.group}
        onClose={() => change({ group: undefined })}
        onOpenRow={(row) => change({ row, group: undefined })}
      />
      <RowDrawer id={address.row} version={question.version} onClose={() => change({ row: undefined })} />
    </Stack>
  );
}
