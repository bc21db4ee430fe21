import { useMemo } from 'react';
import { type ChartTableData, columnNames, shownText } from './chart-points.ts';
import { DataTable } from './data-table.tsx';

interface ChartTableProps {
  readonly label: string;
  readonly table: ChartTableData;
  readonly height: number | undefined;
}

interface IndexedRow {
  readonly index: number;
  readonly cells: ChartTableData['rows'][number];
}

/** What a chart draws, as a table. */
export function ChartTable({ label, table, height = 260 }: ChartTableProps) {
  const columns = useMemo(
    () =>
      columnNames(table).map((header, column) => ({
        id: String(column),
        header,
        numeric: typeof table.columns[column] === 'object' && table.columns[column].numeric === true,
        cell: ({ cells }: IndexedRow) => shownText(table, cells, column),
      })),
    [table],
  );
  const rows = useMemo(() => table.rows.map((cells, index) => ({ index, cells })), [table]);
  return (
    <DataTable
      label={`Table of ${label}`}
      columns={columns}
      rows={rows}
      rowKey={({ index }) => String(index)}
      height={height}
    />
  );
}
