import { type FigureValue, formatFigure, missing } from '../format/numbers.ts';

/** What a chart draws. A column of figures is `{ header, numeric: true }`; their values are exact, as the server sends them. */
export interface ChartTableData {
  readonly columns: readonly (string | { readonly header: string; readonly numeric?: boolean })[];
  readonly rows: readonly (readonly FigureValue[])[];
}

export const columnNames = ({ columns }: ChartTableData): string[] =>
  columns.map((column) => (typeof column === 'string' ? column : column.header));

const isNumeric = ({ columns }: ChartTableData, index: number): boolean => {
  const column = columns[index];
  return typeof column === 'object' && column.numeric === true;
};

/** A value as it is exported: exact, nothing for what is missing. */
export const rawText = (value: FigureValue): string => (value === null || value === undefined ? '' : String(value));

/** A cell as it is shown: figures with separators, other text as it is. */
export const shownText = (table: ChartTableData, cells: readonly FigureValue[], index: number): string => {
  const value = cells[index];
  if (isNumeric(table, index)) return formatFigure(value);
  return value === null || value === undefined ? missing : String(value);
};

/** A row in words: `2025-10-07; revenue: 1,234.50`. */
export const spokenRow = (table: ChartTableData, index: number): string => {
  const cells = table.rows[index] ?? [];
  return columnNames(table)
    .map((name, column) => (column === 0 ? shownText(table, cells, 0) : `${name}: ${shownText(table, cells, column)}`))
    .join('; ');
};

/** Where a point is, in the values of the chart's scales. */
export interface PointPosition {
  readonly x?: unknown;
  readonly y?: unknown;
  readonly fx?: unknown;
  readonly fy?: unknown;
}

interface ScaledDrawing {
  scale(name: 'x' | 'y' | 'fx' | 'fy'): { apply(value: unknown): unknown; readonly bandwidth?: number } | undefined;
}

/** Where a point is, in pixels of the drawing; null where a scale has no value for it. */
export const positionIn = (
  drawing: ScaledDrawing,
  position: PointPosition | undefined,
): { readonly x: number; readonly y: number | null } | null => {
  if (!position) return null;
  const pixelOf = (name: 'x' | 'y' | 'fx' | 'fy', isCentred: boolean): number | null => {
    const scale = position[name] === undefined ? undefined : drawing.scale(name);
    const pixel = scale?.apply(position[name]);
    if (typeof pixel !== 'number' || !Number.isFinite(pixel)) return null;
    return pixel + (isCentred ? (scale?.bandwidth ?? 0) / 2 : 0);
  };
  const x = pixelOf('x', true) ?? pixelOf('fx', true);
  const y = pixelOf('y', true) ?? pixelOf('fy', true);
  if (x === null) return null;
  // Positions inside of a facet are counted from where the facet begins.
  const facetX = pixelOf('x', true) === null ? 0 : facetStart(drawing, 'fx', position.fx);
  const facetY = pixelOf('y', true) === null ? 0 : facetStart(drawing, 'fy', position.fy);
  return { x: x + facetX, y: y === null ? null : y + facetY };
};

/** How far a facet is moved from the first one, whose scales are those of the drawing. */
const facetStart = (drawing: ScaledDrawing, name: 'fx' | 'fy', value: unknown): number => {
  const scale = value === undefined ? undefined : drawing.scale(name);
  const [start, first] = [scale?.apply(value), (scale as { range?: readonly number[] } | undefined)?.range?.[0]];
  return typeof start === 'number' && typeof first === 'number' ? start - first : 0;
};
