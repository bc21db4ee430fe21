import type { ColumnPlan } from './column.ts';

/** A column of a dataset version, as the catalogue of the version describes it. */
export interface DatasetColumn extends ColumnPlan {
  /** The header as written, or with a number appended where another column has the same header. */
  readonly name: string;
  /** The header as written. */
  readonly header: string;
  /** The name of the column in the file of the version: its name, changed where the file could not have it. */
  readonly field: string;
  /** Whether all texts of the column are ASCII, so that their case can be ignored without Unicode's rules. */
  readonly isAscii: boolean;
  /** Number of cells without a value, misfits included. */
  readonly nulls: number;
  /** Number of cells whose text does not fit the type. */
  readonly misfits: number;
}
