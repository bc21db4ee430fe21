import type { Status } from '../../src/domains/user-status/status.ts';

/** The reference model of status changes: a list in the order of recording, searched for each question. */
export interface ReferenceRecord {
  readonly userId: string;
  readonly effectiveAtUs: number;
  readonly status: Status;
  readonly seq: number;
  readonly recordedAtUs: number;
}

type Change = Pick<ReferenceRecord, 'userId' | 'effectiveAtUs' | 'status'>;

/** Whether a change adds nothing, because it repeats the status of its instant. */
export const isRepeatedChange = (records: readonly ReferenceRecord[], change: Change): boolean =>
  records.findLast(({ userId, effectiveAtUs }) => userId === change.userId && effectiveAtUs === change.effectiveAtUs)
    ?.status === change.status;

/** The records that count for a user, one an instant, oldest first. */
const counting = (records: readonly ReferenceRecord[], userId: string, sequence: number): ReferenceRecord[] => {
  const known = records.filter((record) => record.userId === userId && record.seq <= sequence);
  const instants = [...new Set(known.map(({ effectiveAtUs }) => effectiveAtUs))].sort((a, b) => a - b);
  return instants.map((atUs) => known.filter(({ effectiveAtUs }) => effectiveAtUs === atUs).at(-1) as ReferenceRecord);
};

export interface ReferencePeriod {
  readonly status: Status;
  readonly validFromUs: number | null;
  readonly validToUs: number | null;
}

export const referencePeriods = (
  records: readonly ReferenceRecord[],
  userId: string,
  sequence: number,
): ReferencePeriod[] => {
  const starts: { status: Status; validFromUs: number | null }[] = [{ status: 'non-paying', validFromUs: null }];
  for (const { status, effectiveAtUs } of counting(records, userId, sequence)) {
    const last = starts.at(-1);
    if (last?.status !== status || last.validFromUs === null) starts.push({ status, validFromUs: effectiveAtUs });
  }
  return starts.map((start, index) => ({ ...start, validToUs: starts[index + 1]?.validFromUs ?? null }));
};

/** Whether a period holds an instant, or overlaps a half-open span. */
export const holds = ({ validFromUs, validToUs }: ReferencePeriod, atUs: number): boolean =>
  (validFromUs ?? Number.NEGATIVE_INFINITY) <= atUs && atUs < (validToUs ?? Number.POSITIVE_INFINITY);

export const referenceDecider = (records: readonly ReferenceRecord[], userId: string, atUs: number, sequence: number) =>
  counting(records, userId, sequence).findLast(({ effectiveAtUs }) => effectiveAtUs <= atUs);

/** Every record of the user up to the sequence but the decider, the latest first, each with its reason. */
export const referenceIgnored = (
  records: readonly ReferenceRecord[],
  userId: string,
  atUs: number,
  sequence: number,
) => {
  const decider = referenceDecider(records, userId, atUs, sequence);
  return records
    .filter((record) => record.userId === userId && record.seq <= sequence && record.seq !== decider?.seq)
    .sort((a, b) => b.effectiveAtUs - a.effectiveAtUs || b.seq - a.seq)
    .map(({ seq, effectiveAtUs, status }) => {
      const repeats = decider?.effectiveAtUs === effectiveAtUs && decider.status === status;
      return { seq, reason: effectiveAtUs > atUs ? 'AFTER_THE_DATE' : repeats ? 'DUPLICATE' : 'SUPERSEDED' };
    });
};
