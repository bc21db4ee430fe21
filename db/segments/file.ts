/** A column of a segment's file. */
export interface SegmentColumn {
  readonly name: string;
  readonly type: 'BIGINT' | 'VARCHAR';
}

/** The column with the name of the table that a record belongs to. */
export const tableColumn = 'ledger_table';

export type SegmentValue = number | string | null;

/** A file of records, and what it must still be. */
export interface SegmentFile {
  readonly path: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** Which records of a file to read: a range, or those with these sequence numbers. */
export type RecordSelection =
  | { readonly after: number; readonly upTo: number; readonly sequences?: never }
  | { readonly sequences: readonly number[]; readonly after?: never; readonly upTo?: never };

/** Records in the order of their sequence numbers, column by column. */
export interface SegmentRows {
  readonly names: readonly string[];
  readonly columns: readonly (readonly SegmentValue[])[];
}

/** Rows of a row group: few, so that one record is read fast, and a page of records is one or two of them. */
export const rowGroupRows = 8192;

/** A text as an SQL literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
