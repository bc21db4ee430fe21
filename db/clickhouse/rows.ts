/** Rows of a table, in the order of its columns. */
export type Rows = (readonly (string | number | null | readonly number[])[])[];

/** Records of the ledger after one sequence number and up to another. */
export interface RecordRange {
  readonly after: number;
  readonly upTo: number;
}
