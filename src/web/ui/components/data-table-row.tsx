import { memo } from 'react';
import classes from './data-table.module.css';
import type { DataColumn } from './data-table-columns.ts';

export const cellId = (tableId: string, index: number, column: number): string => `${tableId}-${index}-${column}`;

interface BodyRowProps<Row> {
  readonly tableId: string;
  readonly row: Row;
  /** Among all rows, from 0. */
  readonly index: number;
  readonly columns: readonly DataColumn<Row>[];
  /** The column of the active cell in this row; -1 in all other rows, which so stay as they are when it moves. */
  readonly activeColumn: number;
  readonly isOpenable: boolean;
}

function PlainRow<Row>({ tableId, row, index, columns, activeColumn, isOpenable }: BodyRowProps<Row>) {
  return (
    <tr
      className={classes.row}
      data-index={index}
      data-openable={isOpenable || undefined}
      aria-rowindex={index + 2}
      data-odd={index % 2 === 1 || undefined}
    >
      {columns.map((column, position) => (
        <td
          key={column.id}
          id={cellId(tableId, index, position)}
          aria-colindex={position + 1}
          className={column.className?.(row)}
          style={column.background ? { backgroundColor: column.background(row) } : undefined}
          data-numeric={column.numeric || undefined}
          data-active={position === activeColumn || undefined}
          data-column={position}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

export const BodyRow = memo(PlainRow) as typeof PlainRow;
