import type { RecordOutcome } from '../../ledger/record.ts';

/** What became of records that were sent together. */
export interface IngestResult {
  /** The outcome of each record, in the order they were sent. */
  readonly outcomes: readonly RecordOutcome[];
  /** The records stored among the rejects, conflicts included. */
  readonly rejectedIds: readonly number[];
}
