import { growableFloat64 } from '../indices/growable.ts';

/** Which sequence number the ledger had reached at which time. Both ascend, so either finds the other. */
export interface CommitLog {
  add(lastSeq: number, recordedAtUs: number): void;
  /** The last sequence number recorded at or before an instant; 0 when there was none. */
  sequenceAt(atUs: number): number;
  /** When the record `seq` was committed; null for 0 and for the future. */
  recordedAtUs(seq: number): number | null;
}

export const createCommitLog = (): CommitLog => {
  const lastSeqs = growableFloat64();
  const times = growableFloat64();
  return {
    add(lastSeq, recordedAtUs) {
      lastSeqs.push(lastSeq);
      times.push(recordedAtUs);
    },
    sequenceAt(atUs) {
      const after = firstAbove(times.values, times.length, atUs);
      return after === 0 ? 0 : (lastSeqs.values[after - 1] as number);
    },
    recordedAtUs(seq) {
      if (seq < 1) return null;
      const position = firstAbove(lastSeqs.values, lastSeqs.length, seq - 1);
      return position < times.length ? (times.values[position] as number) : null;
    },
  };
};

/** The first position whose value is greater than `bound`; `length` when none is. */
const firstAbove = (values: Float64Array, length: number, bound: number): number => {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) > bound) high = middle;
    else low = middle + 1;
  }
  return low;
};
