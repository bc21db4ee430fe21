import { ascendingFloat64 } from './ascending.ts';

/** Which sequence number the ledger had reached at which time. Both ascend, so either finds the other. */
export interface CommitLog {
  add(lastSeq: number, recordedAtUs: number): void;
  /** The last sequence number recorded at or before an instant; 0 when there was none. */
  sequenceAt(atUs: number): number;
  /** When the record `seq` was committed; null for 0 and for the future. */
  recordedAtUs(seq: number): number | null;
}

export const createCommitLog = (): CommitLog => {
  const lastSeqs = ascendingFloat64();
  const times = ascendingFloat64();
  return {
    add(lastSeq, recordedAtUs) {
      lastSeqs.push(lastSeq);
      times.push(recordedAtUs);
    },
    sequenceAt(atUs) {
      const after = times.upTo(atUs);
      return after === 0 ? 0 : lastSeqs.at(after - 1);
    },
    recordedAtUs(seq) {
      if (seq < 1) return null;
      const position = lastSeqs.upTo(seq - 1);
      return position < times.length ? times.at(position) : null;
    },
  };
};
