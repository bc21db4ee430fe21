import { growableFloat64 } from '../indices/growable.ts';
import type { HasState } from '../indices/state-columns.ts';
import { upperBound } from '../lib/upper-bound.ts';

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
  const lastSeqs = growableFloat64();
  const times = growableFloat64();
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
      const after = upperBound(times.values, atUs, 0, times.length);
      return after === 0 ? 0 : (lastSeqs.values[after - 1] as number);
    },
    recordedAtUs(seq) {
      if (seq < 1) return null;
      const position = upperBound(lastSeqs.values, seq - 1, 0, lastSeqs.length);
      return position < times.length ? (times.values[position] as number) : null;
    },
    exchange(columns) {
      lastSeqs.exchange(columns, 'lastSeqs');
      times.exchange(columns, 'times');
    },
  };
};
