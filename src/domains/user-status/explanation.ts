import type { TimelineIndex } from '../../indices/timeline-index.ts';
import type { Users } from '../users/users.ts';
import type { StatusAsOf } from './timeline.ts';

export type StatusRule = 'LATEST_CHANGE_AT_OR_BEFORE' | 'NO_CHANGE_YET' | 'UNKNOWN_USER';
export type IgnoredReason = 'AFTER_THE_DATE' | 'SUPERSEDED' | 'DUPLICATE';

export interface IgnoredChange {
  readonly seq: number;
  readonly reason: IgnoredReason;
}

export interface StatusExplanation {
  readonly rule: StatusRule;
  readonly decidedBySeq: number | null;
  /** The user's other records of the snapshot, the newest `effectiveAt` first. */
  readonly ignored: IgnoredChange[];
}

/** Explains which record decided a status and why each other record of the snapshot did not. Later records do not exist. */
export const explainStatus = (index: TimelineIndex, users: Users, asOf: StatusAsOf): StatusExplanation => {
  const user = users.codes.codeOf(asOf.userId);
  const ignored: IgnoredChange[] = [];
  if (user === undefined || !users.isNamed(user, asOf.sequence))
    return { rule: 'UNKNOWN_USER', decidedBySeq: null, ignored };
  const decider = index.positionAt(user, asOf.atUs, asOf.sequence);
  for (let position = index.end(user) - 1; position >= index.start(user); position--) {
    if (position === decider || index.seqOf(position) > asOf.sequence) continue;
    ignored.push({ seq: index.seqOf(position), reason: reasonOf(index, position, decider, asOf) });
  }
  const rule = decider < 0 ? 'NO_CHANGE_YET' : 'LATEST_CHANGE_AT_OR_BEFORE';
  return { rule, decidedBySeq: asOf.decidedBySeq, ignored };
};

const reasonOf = (index: TimelineIndex, position: number, decider: number, asOf: StatusAsOf): IgnoredReason => {
  if (index.atUsOf(position) > asOf.atUs) return 'AFTER_THE_DATE';
  const repeats =
    index.atUsOf(position) === index.atUsOf(decider) && index.valueOf(position) === index.valueOf(decider);
  return repeats ? 'DUPLICATE' : 'SUPERSEDED';
};
