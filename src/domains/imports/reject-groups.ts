import type { Row, Tx } from '../../../db/store.ts';
import { rejectedRecords, rejectGroups } from '../../../db/tables/imports.ts';

/** Rejected records with the same target, source, import and first problem. Each record belongs to one group. */
export type RejectGroup = Row<typeof rejectGroups>;

/** Undefined fields match every group. */
export interface RejectGroupFilter {
  readonly target?: string | undefined;
  readonly importId?: number | undefined;
  /** Whether any of its records is open. */
  readonly isOpen?: boolean | undefined;
}

/** Which records of a group to settle, and how. */
export interface SettleGroupRequest {
  /** Why the records are discarded; without it they are retried. */
  readonly reason?: string | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

type RejectedRecord = Row<typeof rejectedRecords>;

export type NewRejectedRecord = Pick<RejectedRecord, 'importId' | 'target' | 'source' | 'line' | 'raw' | 'problems'>;

const countOfState = { OPEN: 'open', RESOLVED: 'resolved', DISCARDED: 'discarded' } as const;

/** Stores rejected records, each as the newest of its group, and returns their ids. */
export const insertRejectedRecords = (tx: Tx, records: readonly NewRejectedRecord[]): number[] => {
  const groups = new Map<string, OpenGroup>();
  const groupOfEach = records.map((record) => openGroupOf(tx, groups, record));
  const rows = records.map((record, index) => ({
    ...record,
    groupId: (groupOfEach[index] as OpenGroup).id,
    receivedAtUs: tx.nowUs,
  }));
  const ids = tx.insertAll(rejectedRecords, rows);
  for (const [index, group] of groupOfEach.entries()) {
    group.open++;
    group.newestId = ids[index] as number;
  }
  // Once for each group, whatever the number of its records.
  for (const { id, open, newestId } of groups.values())
    tx.update(rejectGroups, { id }, { open, isOpen: true, newestId, newestAtUs: tx.nowUs });
  return ids;
};

/** Ends the open state of a rejected record. */
export const settleRejectedRecord = (
  tx: Tx,
  reject: RejectedRecord,
  settlement: Pick<RejectedRecord, 'settlement' | 'settledSeq'> & { readonly state: 'RESOLVED' | 'DISCARDED' },
): RejectedRecord => {
  const changes = { ...settlement, settledAtUs: tx.nowUs };
  tx.update(rejectedRecords, { id: reject.id }, changes);
  const group = tx.findLatest(rejectGroups, { id: reject.groupId });
  if (!group) throw new Error(`the group of rejected record ${reject.id} no longer exists`);
  const to = countOfState[settlement.state];
  const newest = newestOf(tx, group, reject.id);
  tx.update(
    rejectGroups,
    { id: group.id },
    { open: group.open - 1, isOpen: group.open > 1, [to]: group[to] + 1, ...newest },
  );
  return { ...reject, ...changes };
};

/** The newest record that is still open, when it was another one. */
const newestOf = (tx: Tx, { id, newestId }: RejectGroup, settledId: number) => {
  if (newestId !== settledId) return {};
  const open = tx.findLatest(rejectedRecords, { groupId: id, state: 'OPEN' });
  return open ? { newestId: open.id, newestAtUs: open.receivedAtUs } : {};
};

/** A group that records are added to. */
interface OpenGroup {
  readonly id: number;
  open: number;
  newestId: number;
}

/** The group of a record, the same object for all that belong to it. */
const openGroupOf = (
  tx: Tx,
  groups: Map<string, OpenGroup>,
  { target, source, importId, problems }: NewRejectedRecord,
): OpenGroup => {
  const { path: field, code } = problems[0] ?? { path: '', code: '' };
  const key = JSON.stringify([target, source, importId, field, code]);
  let group = groups.get(key);
  if (!group) {
    group = storedGroupOf(tx, { target, source, importId, field, code });
    groups.set(key, group);
  }
  return group;
};

const storedGroupOf = (
  tx: Tx,
  key: Pick<RejectGroup, 'target' | 'source' | 'importId' | 'field' | 'code'>,
): OpenGroup => {
  const known = tx.findLatest(rejectGroups, key);
  if (known) return { ...known };
  const counts = { open: 0, resolved: 0, discarded: 0, isOpen: false, newestId: 0, newestAtUs: tx.nowUs };
  return { id: tx.insert(rejectGroups, { ...key, ...counts }), open: 0, newestId: 0 };
};
