import type { Tx } from '../../../db/store.ts';
import { excludedUsers } from '../../../db/tables/excluded-users.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { RecordOrigin, RecordOutcome } from '../../ledger/record.ts';

/** The half-open time `[fromUs, toUs)` of an exclusion, microseconds since 1970 UTC, null without bound; and why. */
export interface ExclusionTerms {
  readonly fromUs: number | null;
  readonly toUs: number | null;
  readonly reason: string | null;
}

/**
 * EXCLUDED: experiments leave out what the user does in that time. INCLUDED: all earlier exclusions of the user end; it has
 * no time of its own.
 */
export interface ExclusionRecord extends ExclusionTerms {
  readonly userId: string;
  readonly kind: 'EXCLUDED' | 'INCLUDED';
}

const reasonLengthMax = 1000;

/** Why terms cannot be stored; none when they can. */
export const termsProblems = ({ fromUs, toUs, reason }: ExclusionTerms): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  if (fromUs !== null && toUs !== null && toUs <= fromUs)
    problems.push({ path: 'to', code: 'OUT_OF_RANGE', message: 'to must be after from' });
  if (reason !== null && (reason.length > reasonLengthMax || reason.includes('\0') || !reason.isWellFormed())) {
    const message = `reason must be at most ${reasonLengthMax} characters of well-formed text without NUL`;
    problems.push({ path: 'reason', code: 'MALFORMED', message });
  }
  return problems;
};

/** A reason without the blanks around it; null when nothing is left. */
export const reasonOf = (text: string | null): string | null => text?.trim() || null;

/** The terms as they are stored. Throws VALIDATION_FAILED with the fields at fault. */
export const normalizeTerms = (terms: ExclusionTerms): ExclusionTerms => {
  const normalized = { ...terms, reason: reasonOf(terms.reason) };
  const problems = termsProblems(normalized);
  if (problems.length === 0) return normalized;
  throw new DomainError('VALIDATION_FAILED', problems.map(({ message }) => message).join('; '), { problems });
};

/**
 * Records one exclusion or inclusion. A current exclusion of the same user and time is a duplicate, unless the new one
 * states another reason: it then replaces the earlier one. An inclusion of a user without current exclusions is a duplicate.
 */
export const recordExclusion = (tx: Tx, record: ExclusionRecord, origin: RecordOrigin): RecordOutcome => {
  const { userId, kind, fromUs, toUs, reason } = record;
  const duplicate = kind === 'INCLUDED' ? duplicateInclusion(tx, userId) : duplicateExclusion(tx, record);
  if (duplicate) return duplicate;
  return { kind: 'CREATED', seq: tx.append(excludedUsers, { userId, kind, fromUs, toUs, reason, ...origin }) };
};

const duplicateInclusion = (tx: Tx, userId: string): RecordOutcome | null => {
  const latest = tx.findLatest(excludedUsers, { userId });
  return latest?.kind === 'EXCLUDED' ? null : { kind: 'DUPLICATE', storedSeq: latest?.seq };
};

const duplicateExclusion = (tx: Tx, { userId, kind, fromUs, toUs, reason }: ExclusionRecord): RecordOutcome | null => {
  const known = tx.findLatest(excludedUsers, { userId, kind, fromUs, toUs });
  if (!known || (reason !== null && reason !== known.reason)) return null;
  const inclusion = tx.findLatest(excludedUsers, { userId, kind: 'INCLUDED' });
  return inclusion && inclusion.seq > known.seq ? null : { kind: 'DUPLICATE', storedSeq: known.seq };
};
