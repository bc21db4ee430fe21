import { Anchor, Text } from '@mantine/core';
import { AlertIcon } from '@primer/octicons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { type DataColumn, DataTable, type Sort } from '../../../components/data-table.tsx';
import { Figure } from '../../../components/figure.tsx';
import { Time } from '../../../components/time.tsx';
import { missing } from '../../../format/numbers.ts';
import type { DatasetListQuery } from '../../../generated/graphql.ts';

type Dataset = NonNullable<NonNullable<DatasetListQuery['datasets']>['nodes'][number]>;

const Refresh = ({ refresh }: Pick<Dataset, 'refresh'>) => {
  if (!refresh) return missing;
  if (refresh.lastError === null) return `every ${refresh.every}`;
  return (
    <Text span inherit title={refresh.lastError}>
      <AlertIcon size={14} aria-hidden /> last attempt failed
    </Text>
  );
};

const columns: readonly DataColumn<Dataset>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 220,
    sortable: true,
    cell: ({ name }) => (
      <Anchor component={Link} to="/datasets/$name" params={{ name } as never} inherit>
        {name}
      </Anchor>
    ),
    text: ({ name }) => name,
    sortValue: ({ name }) => name,
  },
  {
    id: 'rows',
    header: 'Rows',
    numeric: true,
    sortable: true,
    cell: ({ rowCount }) => <Figure value={rowCount} />,
    text: ({ rowCount }) => String(rowCount),
    sortValue: ({ rowCount }) => Number(rowCount),
  },
  {
    id: 'columns',
    header: 'Columns',
    numeric: true,
    sortable: true,
    cell: ({ currentVersion }) => <Figure value={currentVersion.columns.length} />,
    text: ({ currentVersion }) => String(currentVersion.columns.length),
    sortValue: ({ currentVersion }) => currentVersion.columns.length,
  },
  {
    id: 'version',
    header: 'Version',
    numeric: true,
    cell: ({ currentVersion }) => <Figure value={currentVersion.number} />,
    text: ({ currentVersion }) => String(currentVersion.number),
  },
  {
    id: 'updated',
    header: 'Updated',
    sortable: true,
    width: 230,
    cell: ({ updatedAt }) => <Time at={updatedAt} />,
    text: ({ updatedAt }) => updatedAt,
    sortValue: ({ updatedAt }) => Date.parse(updatedAt),
  },
  {
    id: 'source',
    header: 'Source',
    width: 220,
    cell: ({ currentVersion }) => currentVersion.import?.source ?? missing,
    text: ({ currentVersion }) => currentVersion.import?.source ?? '',
  },
  {
    id: 'refresh',
    header: 'Imported again',
    cell: ({ refresh }) => <Refresh refresh={refresh} />,
    text: ({ refresh }) => refresh?.every ?? '',
  },
];

interface DatasetTableProps {
  readonly datasets: readonly Dataset[];
  readonly totalCount: number;
}

export function DatasetTable({ datasets, totalCount }: DatasetTableProps) {
  const navigate = useNavigate();
  const [sort, setSort] = useState<Sort | null>(null);
  const rows = useMemo(() => [...datasets], [datasets]);
  return (
    <DataTable
      label="Datasets"
      columns={columns}
      rows={rows}
      rowKey={({ id }) => id}
      sort={sort}
      onSort={setSort}
      onOpenRow={({ name }) => void navigate({ to: '/datasets/$name', params: { name } as never })}
      totalCount={totalCount}
    />
  );
}
