import { Button, Checkbox, Group, Menu, Text } from '@mantine/core';
import { IconColumns3, IconDownload } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { fileNameOf } from '../format/csv.ts';
import { formatCount, formatFigure } from '../format/numbers.ts';
import { csvOf, type DataColumn, nameOf } from './data-table-columns.ts';
import { saveCsv } from './download.ts';

interface TableToolsProps<Row> {
  readonly label: string;
  readonly columns: readonly DataColumn<Row>[];
  readonly rows: readonly Row[];
  readonly hidden: readonly string[];
  onHidden(hidden: readonly string[]): void;
  readonly totalCount: number | string | undefined;
  readonly hasMore: boolean;
  readonly exports: ReactNode;
}

function ColumnMenu<Row>({ columns, hidden, onHidden }: Pick<TableToolsProps<Row>, 'columns' | 'hidden' | 'onHidden'>) {
  return (
    <Menu closeOnItemClick={false} position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="subtle" color="gray" size="compact-xs" leftSection={<IconColumns3 size={14} aria-hidden />}>
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
  const { totalCount, hasMore, exports } = rest;
  const visible = columns.filter(({ id }) => !hidden.includes(id));
  const isExportable = exports === undefined && !hasMore && visible.some(({ text }) => text !== undefined);
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
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            leftSection={<IconDownload size={14} aria-hidden />}
            onClick={() => saveCsv(fileNameOf(label, 'csv'), csvOf(rows, visible))}
          >
            CSV
          </Button>
        )}
        {exports}
      </Group>
    </Group>
  );
}
