import { formatDecimal, formatFigure, missing } from '../../../format/numbers.ts';
import { formatTime } from '../../../format/times.ts';
import type { ColumnType } from '../../../generated/graphql.ts';

/** A cell as the server sends it: exact decimals and large whole numbers are text. */
export type Cell = string | number | boolean | readonly string[] | null;

const numeric: ReadonlySet<ColumnType> = new Set(['INTEGER', 'DECIMAL', 'FLOAT']);

export const isNumeric = (type: ColumnType): boolean => numeric.has(type);

export const isTemporal = (type: ColumnType): boolean => type === 'DATE' || type === 'DATE_TIME';

/** A cell for a person: numbers with their separators, instants in the zone. */
export const formatCell = (cell: Cell | undefined, type: ColumnType, zone: string): string => {
  if (cell === null || cell === undefined) return missing;
  if (typeof cell === 'object') return cell.join(', ');
  if (typeof cell === 'boolean') return cell ? 'true' : 'false';
  if (isNumeric(type)) return typeof cell === 'number' ? formatFigure(cell) : formatDecimal(cell);
  if (type === 'DATE_TIME') return formatTime(String(cell), zone);
  return String(cell);
};

/** A cell for files and the clipboard, exactly as the server sends it. */
export const cellText = (cell: Cell | undefined): string => {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
};

export const typeLabels: Readonly<Record<ColumnType, string>> = {
  BOOLEAN: 'boolean',
  DATE: 'date',
  DATE_TIME: 'instant',
  DECIMAL: 'decimal',
  FLOAT: 'float',
  INTEGER: 'integer',
  STRING: 'text',
  STRING_LIST: 'list of text',
};

/** A column's name on the screen; a header may be empty. */
export const columnLabel = (name: string): string => (name === '' ? '(no name)' : name);

/** The id of a column in tables on the screen, which must not be empty as a header may be. */
export const tableId = (name: string): string => `=${name}`;

export const nameOfTableId = (id: string): string => id.slice(1);
