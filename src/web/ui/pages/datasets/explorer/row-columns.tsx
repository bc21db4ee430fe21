import { type ReactNode, useMemo } from 'react';
import type { DataColumn } from '../../../components/data-table.tsx';
import { cellText, columnLabel, formatCell, isNumeric, tableId, typeLabels } from '../model/cell.ts';
import { MisfitText } from '../model/misfit.tsx';
import type { TypedColumns, VersionHead } from '../model/question.ts';
import type { DatasetRow } from './use-rows.ts';

const noValue = 'light-dark(#6b6b6b, #a8a8a8)';

const columnWidth = (type: VersionHead['columns'][number]['type'], hasMisfits: boolean): number => {
  if (type === 'DATE_TIME') return 170;
  if (type === 'DATE' || type === 'BOOLEAN') return 120;
  return isNumeric(type) && !hasMisfits ? 120 : 170;
};

interface RowColumnsOptions {
  readonly version: TypedColumns;
  readonly zone: string;
  /** What stands below the header of a column. */
  readonly below?: ((name: string) => ReactNode) | undefined;
  readonly isSortable: boolean;
}

/** The columns of a version as those of a table. Cells that do not fit their type show their text. */
export const useRowColumns = ({ version, zone, below, isSortable }: RowColumnsOptions): DataColumn<DatasetRow>[] =>
  useMemo(
    () =>
      version.columns.map(({ name, type }, index): DataColumn<DatasetRow> => {
        const misfitOf = ({ misfits }: DatasetRow) => misfits.find(({ column }) => column === name)?.text;
        return {
          id: tableId(name),
          header: columnLabel(name),
          numeric: isNumeric(type),
          sortable: isSortable,
          width: columnWidth(type, false),
          below: below?.(name),
          cell: (row) => {
            const misfit = row.misfits.length === 0 ? undefined : misfitOf(row);
            if (misfit !== undefined)
              return <MisfitText title={`Does not fit the type ${typeLabels[type]}`}>{misfit}</MisfitText>;
            const cell = row.values[index];
            if (cell === null || cell === undefined) return <span style={{ color: noValue }}>–</span>;
            return formatCell(cell, type, zone);
          },
          text: (row) => misfitOf(row) ?? cellText(row.values[index]),
        };
      }),
    [version, zone, below, isSortable],
  );
