import type { Tx } from '../../../db/store.ts';
import { rejectedRecords } from '../../../db/tables/imports.ts';
import { userFiles as table } from '../../../db/tables/user-files.ts';
import { settleRejectedRecord } from '../imports/reject-groups.ts';

/** Discards the open reject of an object that has changed since or no longer exists. */
export const closeRejection = (tx: Tx, name: string): void => {
  const rejection = tx.findLatest(table, { name, outcome: 'REJECTED' });
  if (!rejection) return;
  const open = tx.findLatest(rejectedRecords, { importId: rejection.importId, source: name, state: 'OPEN' });
  if (!open) return;
  const settlement = 'the source no longer holds this file, or holds another version of it';
  settleRejectedRecord(tx, open, { state: 'DISCARDED', settlement, settledSeq: null });
};
