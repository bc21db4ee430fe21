import type { TimelineIndex } from '../../indices/as-of.ts';
import type { TimeSpan } from '../../lib/time-range.ts';
import { type Status, statusCodes } from './status.ts';

/** A status with the half-open time `[validFromUs, validToUs)` in which it held; null ends are open. */
export interface StatusPeriod {
  readonly status: Status;
  readonly validFromUs: number | null;
  readonly validToUs: number | null;
  /** The record that decides at the asked instant (or begins the period); null before the first change. */
  readonly decidedBySeq: number | null;
}

/** A user's status at an instant, and the half-open time in which it held; null ends are open. */
export interface StatusAsOf extends StatusPeriod {
  readonly userId: string;
  readonly atUs: number;
  /** Records up to this sequence number were used. */
  readonly sequence: number;
}

/** Reads periods out of timelines: of several records for one instant the last known counts, and repeats go on. */
export const createStatusTimelines = (index: TimelineIndex) => {
  /** Positions of a user's records that count, oldest first: the last known one of each instant. */
  const counting = (user: number, sequence: number): number[] => {
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

  /** The status period that holds an instant, found outwards from it: no more of the history is read. */
  const periodAt = (user: number, atUs: number, sequence: number): StatusPeriod => {
    const decider = user < 0 ? -1 : index.positionAt(user, atUs, sequence);
    const value = decider < 0 ? 0 : index.valueOf(decider);
    let begin = decider;
    while (begin >= 0) {
      const earlier = index.positionAt(user, before(index.atUsOf(begin)), sequence);
      if (earlier < 0 || index.valueOf(earlier) !== value) break;
      begin = earlier;
    }
    return {
      status: statusCodes[value] as Status,
      validFromUs: begin < 0 ? null : index.atUsOf(begin),
      validToUs: user < 0 ? null : endOf(user, decider, value, sequence),
      decidedBySeq: decider < 0 ? null : index.seqOf(decider),
    };
  };

  /** When the first instant after `decider` comes at which another status counts; null when none does. */
  const endOf = (user: number, decider: number, value: number, sequence: number): number | null => {
    let position = decider < 0 ? index.start(user) : decider + 1;
    while (position < index.end(user)) {
      const atUs = index.atUsOf(position);
      const counts = index.positionAt(user, atUs, sequence);
      const differs = counts >= 0 && (index.valueOf(counts) !== value || decider < 0);
      if (differs && index.atUsOf(counts) === atUs && counts !== decider) return atUs;
      while (position < index.end(user) && index.atUsOf(position) === atUs) position++;
    }
    return null;
  };

  return {
    periodAt,
    periods(
      user: number,
      { fromUs = Number.NEGATIVE_INFINITY, toUs = Number.POSITIVE_INFINITY }: TimeSpan,
      sequence: number,
    ) {
      const periods: StatusPeriod[] = [];
      let open: { status: Status; from: number | null; seq: number | null } = {
        status: statusCodes[0],
        from: null,
        seq: null,
      };
      const close = (untilUs: number | null) => {
        const begins = open.from ?? Number.NEGATIVE_INFINITY;
        if (begins >= toUs || (untilUs ?? Number.POSITIVE_INFINITY) <= fromUs) return;
        periods.push({ status: open.status, validFromUs: open.from, validToUs: untilUs, decidedBySeq: open.seq });
      };
      for (const position of counting(user, sequence)) {
        const status = statusCodes[index.valueOf(position)] as Status;
        if (open.from !== null && status === open.status) continue;
        close(index.atUsOf(position));
        open = { status, from: index.atUsOf(position), seq: index.seqOf(position) };
      }
      close(null);
      return periods;
    },
  };
};

/** The microsecond before an instant. */
const before = (atUs: number): number => atUs - 1;
