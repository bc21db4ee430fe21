import type { TimelineIndex } from '../../indices/timeline-index.ts';
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

/** The periods of many users as columns; NaN for what is null in `StatusPeriod`. */
export interface StatusPeriods {
  readonly fromUs: Float64Array;
  readonly toUs: Float64Array;
  readonly decidedBySeqs: Float64Array;
}

/** Reads status periods from timelines. Of several records for one instant the last known one counts; repeats extend a period. */
export const createStatusTimelines = (index: TimelineIndex) => ({
  /** The status period that contains an instant, found outwards from it: no more of the history is read. */
  periodAt(user: number, atUs: number, sequence: number): StatusPeriod {
    const decider = user < 0 ? -1 : index.positionAt(user, atUs, sequence);
    const value = decider < 0 ? 0 : index.valueOf(decider);
    const begin = beginOf(index, user, decider, sequence);
    return {
      status: statusCodes[value] as Status,
      validFromUs: begin < 0 ? null : index.atUsOf(begin),
      validToUs: user < 0 ? null : endOf(index, user, decider, sequence),
      decidedBySeq: decider < 0 ? null : index.seqOf(decider),
    };
  },

  /** The periods of many users that contain an instant; a user without a code has one above all others. */
  periodsAt(users: Uint32Array, atUs: number, sequence: number): StatusPeriods {
    const deciders = index.positionsAt(users, new Float64Array(users.length).fill(atUs), sequence);
    const fromUs = new Float64Array(users.length).fill(Number.NaN);
    const toUs = fromUs.slice();
    const decidedBySeqs = fromUs.slice();
    for (let each = 0; each < users.length; each++) {
      const user = users[each] as number;
      const decider = deciders[each] as number;
      if (decider >= 0) {
        fromUs[each] = index.atUsOf(beginOf(index, user, decider, sequence));
        decidedBySeqs[each] = index.seqOf(decider);
      }
      toUs[each] = endOf(index, user, decider, sequence) ?? Number.NaN;
    }
    return { fromUs, toUs, decidedBySeqs };
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

/** The first of the entries up to `decider` between which the status does not change. */
const beginOf = (index: TimelineIndex, user: number, decider: number, sequence: number): number => {
  let begin = decider;
  const start = index.start(user);
  for (let position = decider - 1; position >= start; position--) {
    // Of the entries of an instant the last known one counts, which was met first.
    if (index.seqOf(position) > sequence || index.atUsOf(position) === index.atUsOf(begin)) continue;
    if (index.valueOf(position) !== index.valueOf(decider)) break;
    begin = position;
  }
  return begin;
};

/** The first instant after `decider` at which another status counts; null when there is none. */
const endOf = (index: TimelineIndex, user: number, decider: number, sequence: number): number | null => {
  const value = decider < 0 ? -1 : index.valueOf(decider);
  const end = index.end(user);
  // The last known entry of the instant that is being read.
  let last = -1;
  for (let position = decider < 0 ? index.start(user) : decider + 1; position < end; position++) {
    if (index.seqOf(position) > sequence) continue;
    if (last >= 0 && index.atUsOf(last) !== index.atUsOf(position) && index.valueOf(last) !== value) break;
    last = position;
  }
  return last >= 0 && index.valueOf(last) !== value ? index.atUsOf(last) : null;
};
