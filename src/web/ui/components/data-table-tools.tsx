import { Button, Checkbox, Group, Menu, Text } from '@mantine/core';
import { ColumnsIcon } from '@primer/octicons-react';
import type { ReactNode } from 'react';
import type { LoadAll } from '../data/paged-rows.ts';
import { formatCount, formatFigure } from '../format/numbers.ts';
import { CsvExport } from './csv-export.tsx';
import { type DataColumn, nameOf } from './data-table-columns.ts';

interface TableToolsProps<Row> {
  readonly label: string;
  readonly columns: readonly DataColumn<Row>[];
  readonly rows: readonly Row[];
  readonly hidden: readonly string[];
  onHidden(hidden: readonly string[]): void;
  readonly totalCount: number | string | undefined;
  readonly hasMore: boolean;
  readonly loadAll: LoadAll<Row> | undefined;
  readonly exports: ReactNode;
}

function ColumnMenu<Row>({ columns, hidden, onHidden }: Pick<TableToolsProps<Row>, 'columns' | 'hidden' | 'onHidden'>) {
  return (
    <Menu closeOnItemClick={false} position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="subtle" color="gray" size="compact-xs" leftSection={<ColumnsIcon size={14} aria-hidden />}>
          Columns
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah="50vh" style={{ overflowY: 'auto' }}>
        {columns.map((column) => {
          const isHidden = hidden.includes(column.id);
          return (
            <Menu.Item
              key={column.id}
              role="menuitemcheckbox"
              aria-checked={!isHidden}
              // Without columns there would be no table to bring them back to.
              disabled={!isHidden && columns.length - hidden.length <= 1}
              onClick={() => onHidden(isHidden ? hidden.filter((id) => id !== column.id) : [...hidden, column.id])}
              leftSection={<Checkbox.Indicator checked={!isHidden} size="xs" />}
            >
              {nameOf(column)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

/** How many rows there are, which columns are visible, and the way to take them along. */
export function TableTools<Row>({ label, columns, rows, hidden, onHidden, ...rest }: TableToolsProps<Row>) {
  const { totalCount, hasMore, loadAll, exports } = rest;
  const visible = columns.filter(({ id }) => !hidden.includes(id));
  const isExportable = exports === undefined && (!hasMore || loadAll) && visible.some(({ text }) => text !== undefined);
  const loaded = rows.length;
  const isPart = totalCount !== undefined && String(totalCount) !== String(loaded);
  const count = isPart
    ? `${formatFigure(loaded)} of ${formatCount(totalCount, 'row')}`
    : `${formatCount(loaded, 'row')}${hasMore ? ' loaded' : ''}`;
  return (
    <Group gap="xs" justify="space-between" mih={22}>
      <Text size="xs" c="dimmed" aria-live="polite">
        {count}
      </Text>
      <Group gap={4}>
        {columns.length > 1 && <ColumnMenu columns={columns} hidden={hidden} onHidden={onHidden} />}
        {isExportable && (
          <CsvExport {...{ label, columns: visible, rows, totalCount }} loadAll={hasMore ? loadAll : undefined} />
        )}
        {exports}
      </Group>
    </Group>
  );
}
