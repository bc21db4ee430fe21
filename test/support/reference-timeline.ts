import type { Status } from '../../src/domains/user-status/status.ts';

/** Status changes as a plain list in the order they were recorded in, and the questions answered by walking it. */
export interface DullRecord {
  readonly userId: string;
  readonly effectiveAtUs: number;
  readonly status: Status;
  readonly seq: number;
  readonly recordedAtUs: number;
}

type Change = Pick<DullRecord, 'userId' | 'effectiveAtUs' | 'status'>;

/** Whether a change adds nothing: it says what holds for its instant. */
export const dullRepeats = (records: readonly DullRecord[], change: Change): boolean =>
  records.findLast(({ userId, effectiveAtUs }) => userId === change.userId && effectiveAtUs === change.effectiveAtUs)
    ?.status === change.status;

/** The records that count for a user, one an instant, oldest first. */
const counting = (records: readonly DullRecord[], userId: string, sequence: number): DullRecord[] => {
  const known = records.filter((record) => record.userId === userId && record.seq <= sequence);
  const instants = [...new Set(known.map(({ effectiveAtUs }) => effectiveAtUs))].sort((a, b) => a - b);
  return instants.map((atUs) => known.filter(({ effectiveAtUs }) => effectiveAtUs === atUs).at(-1) as DullRecord);
};

export interface DullPeriod {
  readonly status: Status;
  readonly validFromUs: number | null;
  readonly validToUs: number | null;
}

export const dullPeriods = (records: readonly DullRecord[], userId: string, sequence: number): DullPeriod[] => {
  const begins: { status: Status; validFromUs: number | null }[] = [{ status: 'non-paying', validFromUs: null }];
  for (const { status, effectiveAtUs } of counting(records, userId, sequence)) {
    const last = begins.at(-1);
    if (last?.status !== status || last.validFromUs === null) begins.push({ status, validFromUs: effectiveAtUs });
  }
  return begins.map((begin, place) => ({ ...begin, validToUs: begins[place + 1]?.validFromUs ?? null }));
};

/** Whether a period holds an instant, or overlaps a half-open span. */
export const holds = ({ validFromUs, validToUs }: DullPeriod, atUs: number): boolean =>
  (validFromUs ?? Number.NEGATIVE_INFINITY) <= atUs && atUs < (validToUs ?? Number.POSITIVE_INFINITY);

export const dullDecider = (records: readonly DullRecord[], userId: string, atUs: number, sequence: number) =>
  counting(records, userId, sequence).findLast(({ effectiveAtUs }) => effectiveAtUs <= atUs);

/** Every record of the user but the decider, the latest first, each with its reason. */
export const dullIgnored = (records: readonly DullRecord[], userId: string, atUs: number, sequence: number) => {
  const decider = dullDecider(records, userId, atUs, sequence);
  return records
    .filter((record) => record.userId === userId && record.seq !== decider?.seq)
    .sort((a, b) => b.effectiveAtUs - a.effectiveAtUs || b.seq - a.seq)
    .map(({ seq, effectiveAtUs, status }) => {
      const repeats = decider?.effectiveAtUs === effectiveAtUs && decider.status === status;
      const taken = repeats ? 'DUPLICATE' : 'SUPERSEDED';
      return { seq, reason: seq > sequence ? 'NOT_YET_KNOWN' : effectiveAtUs > atUs ? 'AFTER_THE_DATE' : taken };
    });
};
