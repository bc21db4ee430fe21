import { UnstyledButton } from '@mantine/core';
import { ArrowDownIcon, ArrowUpIcon, UnfoldIcon } from '@primer/octicons-react';
import { memo } from 'react';
import classes from './data-table.module.css';
import { type DataColumn, nextSort, type Sort } from './data-table-columns.ts';

const ariaSort = { asc: 'ascending', desc: 'descending' } as const;

const icons = { asc: ArrowUpIcon, desc: ArrowDownIcon, none: UnfoldIcon } as const;

interface HeaderRowProps<Row> {
  readonly columns: readonly DataColumn<Row>[];
  readonly sort: Sort | null | undefined;
  readonly onSort: ((sort: Sort | null) => void) | undefined;
}

function SortButton<Row>({ column, sort, onSort }: HeaderRowProps<Row> & { readonly column: DataColumn<Row> }) {
  const Icon = icons[sort?.id === column.id ? sort.direction : 'none'];
  return (
    <UnstyledButton
      className={classes.sort}
      fz="inherit"
      fw="inherit"
      onClick={() => onSort?.(nextSort(sort, column.id, column.numeric === true))}
    >
      <span className={classes.cut}>{column.header}</span>
      <span style={{ flexShrink: 0, opacity: sort?.id === column.id ? 1 : 0.35 }}>
        <Icon size={13} aria-hidden />
      </span>
    </UnstyledButton>
  );
}

function PlainHeaderRow<Row>(props: HeaderRowProps<Row>) {
  const { columns, sort, onSort } = props;
  return (
    <tr aria-rowindex={1}>
      {columns.map((column, index) => {
        const isSortable = column.sortable === true && onSort !== undefined;
        return (
          <th
            key={column.id}
            scope="col"
            aria-colindex={index + 1}
            data-numeric={column.numeric || undefined}
            aria-sort={isSortable ? (sort?.id === column.id ? ariaSort[sort.direction] : 'none') : undefined}
          >
            {isSortable ? <SortButton {...props} column={column} /> : column.header}
            {column.below}
          </th>
        );
      })}
    </tr>
  );
}

export const HeaderRow = memo(PlainHeaderRow) as typeof PlainHeaderRow;
