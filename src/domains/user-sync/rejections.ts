import type { Tx } from '../../../db/store.ts';
import { rejectedRecords } from '../../../db/tables/imports.ts';
import { userFiles as table } from '../../../db/tables/user-files.ts';

/** Puts the open reject of an object aside, which is another one by now or gone. */
export const closeRejection = (tx: Tx, name: string): void => {
  const refusal = tx.findLatest(table, { name, outcome: 'REJECTED' });
  if (!refusal) return;
  const open = tx.findLatest(rejectedRecords, { importId: refusal.importId, source: name, state: 'OPEN' });
  if (!open) return;
  const settlement = 'the source holds another file by now, or none';
  tx.update(rejectedRecords, { id: open.id }, { state: 'DISCARDED', settlement, settledAtUs: tx.nowUs });
};
