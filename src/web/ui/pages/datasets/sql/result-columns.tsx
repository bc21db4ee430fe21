import type { DataColumn } from '../../../components/data-table.tsx';
import { formatFigure, missing } from '../../../format/numbers.ts';
import { tableId } from '../model/cell.ts';

export interface ResultRow {
  readonly index: number;
  readonly row: Readonly<Record<string, unknown>>;
}

interface ResultColumn {
  readonly name: string;
  readonly type: string;
}

const isNumber = (type: string): boolean =>
  /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DECIMAL|DOUBLE|FLOAT)\b/.test(type);

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const visibleText = (value: unknown, isFigure: boolean): string => {
  if (value === null || value === undefined) return missing;
  if (isFigure && (typeof value === 'number' || typeof value === 'string')) return formatFigure(value);
  return textOf(value);
};

/** The columns of a result with the types of DuckDB. */
export const resultColumns = (columns: readonly ResultColumn[]): DataColumn<ResultRow>[] =>
  columns.map(({ name, type }) => ({
    id: tableId(name),
    header: name,
    name,
    numeric: isNumber(type),
    width: 170,
    below: (
      <span style={{ fontWeight: 400, fontSize: 11 }} title={type}>
        {type.toLowerCase()}
      </span>
    ),
    cell: ({ row }) => visibleText(row[name], isNumber(type)),
    text: ({ row }) => textOf(row[name]),
  }));
