import type { TimelineIndex } from '../../indices/timeline-index.ts';
import { beginOf, endUsOf, spansOf, type TimelineSpans, valuesOf } from '../../indices/timeline-spans.ts';
import type { TimeSpan } from '../../lib/time-range.ts';
import { type Status, statusCodes } from './status.ts';

/** A status with the half-open time `[validFromUs, validToUs)` in which it held; null ends are open. */
export interface StatusPeriod {
  readonly status: Status;
  readonly validFromUs: number | null;
  readonly validToUs: number | null;
  /** The record that decides at the requested instant (or begins the period); null before the first change. */
  readonly decidedBySeq: number | null;
}

/** A user's status at an instant, and the half-open time in which it held; null ends are open. */
export interface StatusAsOf extends StatusPeriod {
  readonly userId: string;
  readonly atUs: number;
  /** Records up to this sequence number were used. */
  readonly sequence: number;
}

/** The records that decide on many users at an instant, by their positions in the index; -1 for none. */
export interface Deciders {
  readonly users: Uint32Array;
  readonly sequence: number;
  /** Valid until the next record; finds them again after one. */
  positions(): Int32Array;
}

/** Reads status periods from timelines. Of several records for one instant the last known one counts; repeats extend a period. */
export const createStatusTimelines = (index: TimelineIndex) => ({
  /** The status period that contains an instant, found outwards from it: no more of the history is read. */
  periodAt(user: number, atUs: number, sequence: number): StatusPeriod {
    const decider = user < 0 ? -1 : index.positionAt(user, atUs, sequence);
    const value = decider < 0 ? 0 : index.valueOf(decider);
    const entries = index.entriesUpTo(sequence);
    const begin = beginOf(entries, decider, index.start(user));
    const endUs = endUsOf(entries, decider, index.start(user), index.end(user));
    return {
      status: statusCodes[value] as Status,
      validFromUs: begin < 0 ? null : index.atUsOf(begin),
      validToUs: Number.isNaN(endUs) ? null : endUs,
      decidedBySeq: decider < 0 ? null : index.seqOf(decider),
    };
  },

  /** The deciding records of many users; a user without a code has one above all others. */
  decidersAt(users: Uint32Array, atUs: number, sequence: number): Deciders {
    const find = () => index.positionsAt(users, atUs, sequence);
    let [positions, { changes }] = [find(), index];
    return {
      users,
      sequence,
      positions() {
        if (index.changes !== changes) [positions, { changes }] = [find(), index];
        return positions;
      },
    };
  },

  /** The status codes that these records state. */
  codesOf: ({ sequence, positions }: Deciders): Uint8Array => valuesOf(index.entriesUpTo(sequence), positions()),

  /** From when until when the statuses hold that these records decide; NaN for an open end. */
  spansOf({ users, sequence, positions }: Deciders): TimelineSpans {
    return spansOf(index.entriesUpTo(sequence), users, positions());
  },

  /** The sequence number of one of these records; null for none. */
  decidedBySeqAt({ positions }: Deciders, each: number): number | null {
    const position = positions()[each] as number;
    return position < 0 ? null : index.seqOf(position);
  },

  /** All periods of a user that overlap a span, oldest first. */
  periods(user: number, span: TimeSpan, sequence: number): StatusPeriod[] {
    const { fromUs = Number.NEGATIVE_INFINITY, toUs = Number.POSITIVE_INFINITY } = span;
    const periods: StatusPeriod[] = [];
    let open: Omit<StatusPeriod, 'validToUs'> = { status: statusCodes[0], validFromUs: null, decidedBySeq: null };
    const close = (validToUs: number | null) => {
      const startUs = open.validFromUs ?? Number.NEGATIVE_INFINITY;
      if (startUs >= toUs || (validToUs ?? Number.POSITIVE_INFINITY) <= fromUs) return;
      periods.push({ ...open, validToUs });
    };
    for (const position of effectivePositions(index, user, sequence)) {
      const status = statusCodes[index.valueOf(position)] as Status;
      if (open.validFromUs !== null && status === open.status) continue;
      close(index.atUsOf(position));
      open = { status, validFromUs: index.atUsOf(position), decidedBySeq: index.seqOf(position) };
    }
    close(null);
    return periods;
  },
});

/** Positions of a user's effective records, oldest first: the last known one of each instant. */
const effectivePositions = (index: TimelineIndex, user: number, sequence: number): number[] => {
  const positions: number[] = [];
  if (user < 0) return positions;
  for (let position = index.start(user); position < index.end(user); position++) {
    if (index.seqOf(position) > sequence) continue;
    const last = positions.at(-1);
    if (last !== undefined && index.atUsOf(last) === index.atUsOf(position)) positions.pop();
    positions.push(position);
  }
  return positions;
};
