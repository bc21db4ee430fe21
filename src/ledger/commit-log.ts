import { PackedColumn } from '../indices/packed-column.ts';
import { exchangeColumns, type HasState } from '../indices/state-columns.ts';

/** Which sequence number the ledger had reached at which time. Both ascend, so either finds the other. */
export interface CommitLog extends HasState {
  readonly commits: number;
  readonly byteLength: number;
  add(lastSeq: number, recordedAtUs: number): void;
  /** The last sequence number recorded at or before an instant; 0 when there was none. */
  sequenceAt(atUs: number): number;
  /** When the record `seq` was committed; null for 0 and for the future. */
  recordedAtUs(seq: number): number | null;
}

export const createCommitLog = (): CommitLog => {
  const lastSeqs = new PackedColumn();
  const times = new PackedColumn();
  return {
    get commits() {
      return times.length;
    },
    get byteLength() {
      return lastSeqs.byteLength + times.byteLength;
    },
    add(lastSeq, recordedAtUs) {
      lastSeqs.push(lastSeq);
      times.push(recordedAtUs);
    },
    sequenceAt(atUs) {
      const after = times.upperBound(atUs);
      return after === 0 ? 0 : lastSeqs.at(after - 1);
    },
    recordedAtUs(seq) {
      if (seq < 1) return null;
      const position = lastSeqs.upperBound(seq - 1);
      return position < times.length ? times.at(position) : null;
    },
    exchange(columns) {
      exchangeColumns(columns, { lastSeqs, times });
    },
  };
};
