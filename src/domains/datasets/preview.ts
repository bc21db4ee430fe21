import type { BuildResult } from '../../../db/datasets/engine.ts';
import type { Cell } from '../../lib/cell-text.ts';
import type { ColumnType } from '../../lib/column.ts';
import { ExactNumber } from '../../lib/exact-json.ts';
import { examplesMax } from '../imports/record-preview.ts';

export interface PreviewColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Different values of the first rows, at most 5. */
  readonly examples: readonly Cell[];
  /** Cells of the whole file without a value, misfits included. */
  readonly nulls: number;
  /** Cells of the whole file whose text does not fit the type. */
  readonly misfits: number;
}

export interface PreviewRow {
  /** The line of the file on which the row begins, from 1. */
  readonly line: number;
  /** One for each column; null for a cell without a value, misfits included. */
  readonly cells: readonly Cell[];
  /** The texts of the cells that do not fit the type of their column. */
  readonly misfits: readonly { readonly column: string; readonly text: string }[];
}

/** A table as an import would store it: its columns and its first rows. */
export interface TablePreview {
  readonly columns: readonly PreviewColumn[];
  readonly rows: readonly PreviewRow[];
}

export const previewOf = ({ columns, firstRows }: Pick<BuildResult, 'columns' | 'firstRows'>): TablePreview => ({
  columns: columns.map(({ name, type, nulls, misfits }, index) => {
    const examples = examplesOf(firstRows.map(({ cells }) => cells[index] ?? null));
    return { name, type, nulls, misfits, examples };
  }),
  rows: firstRows.map(({ line, cells, misfits }) => ({
    line,
    cells,
    misfits: misfits.map(({ column, text }) => ({ column: columns[column]?.name ?? '', text })),
  })),
});

const examplesOf = (cells: readonly Cell[]): Cell[] => {
  const examples = new Map<string, Cell>();
  for (const cell of cells) {
    if (cell !== null) examples.set(JSON.stringify(cell), cell);
    if (examples.size === examplesMax) break;
  }
  return [...examples.values()];
};

/** The preview for `stringifyExact`: decimals and long whole numbers, which are texts internally, are exact numbers. */
export const previewJson = ({ columns, rows }: TablePreview) => {
  const exactCell = (cell: Cell, index: number): Cell | ExactNumber => {
    const type = columns[index]?.type;
    return typeof cell === 'string' && (type === 'DECIMAL' || type === 'INTEGER') ? new ExactNumber(cell) : cell;
  };
  return {
    columns: columns.map(({ examples, ...column }, index) => ({
      ...column,
      examples: examples.map((example) => exactCell(example, index)),
    })),
    rows: rows.map(({ cells, ...row }) => ({ ...row, cells: cells.map(exactCell) })),
  };
};
