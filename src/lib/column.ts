import type { DateOrder, Delimiter } from './import-options.ts';

export const columnTypes = [
  'STRING',
  'INTEGER',
  'DECIMAL',
  'FLOAT',
  'BOOLEAN',
  'DATE',
  'DATE_TIME',
  'STRING_LIST',
] as const;
export type ColumnType = (typeof columnTypes)[number];

/** The most digits that an exact number of a column may have, on both sides of the point. */
export const exactDigitsMax = 38;

/** How the texts of a column are read: one reading for all cells of a column. It is stored as JSON with the column. */
export interface ColumnReading {
  readonly decimal: '.' | ',';
  /** The signs that may group digits by three; empty when none may. */
  readonly thousands: string;
  /** The order of dates in digits with the year last, or two digits for the year; null when the column has none. */
  readonly dateOrder: DateOrder | null;
  /** The texts that stand for a missing value besides the empty cell; null for the usual ones. */
  readonly nullMarkers: readonly string[] | null;
  /** Sentences about the reading that a person should know, such as that per cent are kept as written. */
  readonly notes: readonly string[];
}

/** The type of a column and how its cells are read. */
export interface ColumnPlan {
  readonly type: ColumnType;
  /** INTEGER and DECIMAL: the number of digits of the longest value, at most 38; 0 for other types. */
  readonly precision: number;
  /** DECIMAL: digits after the point. */
  readonly scale: number;
  /** Whether the client has stated the type, which then accepts more spellings: `yes` for BOOLEAN, `12 €` for DECIMAL. */
  readonly isExplicit: boolean;
  readonly reading: ColumnReading;
}

/** A type that is not inferred: stated by the client, or that of the earlier version to which rows are appended. */
export interface FixedType {
  readonly type: ColumnType;
  readonly isExplicit: boolean;
}

/** What the file or an earlier version of the dataset says about what a column leaves open. */
export interface FileHints {
  readonly decimal?: '.' | ',' | undefined;
  readonly dateOrder?: DateOrder | undefined;
  readonly delimiter?: Delimiter | undefined;
}

/** Whether the cells of a column are numbers. */
export const isNumeric = ({ type }: Pick<ColumnPlan, 'type'>): boolean =>
  type === 'INTEGER' || type === 'DECIMAL' || type === 'FLOAT';

/** Whether the cells of a column are texts or lists of texts. */
export const isTextual = ({ type }: Pick<ColumnPlan, 'type'>): boolean => type === 'STRING' || type === 'STRING_LIST';
