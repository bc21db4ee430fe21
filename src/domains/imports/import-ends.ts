import type { Store } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { isOtherProcessAlive } from '../../lib/process-alive.ts';

/** Finds when an import ended, microseconds; null while it runs. One statement until it has ended. */
export const createImportEnds = (store: Store): ((importId: number) => number | null) => {
  const known = new Map<number, number>();
  return (importId) => {
    const ended = known.get(importId);
    if (ended !== undefined) return ended;
    const [row] = rowsByKey(store, imports, 'id', [importId]);
    const runs = row?.state === 'RUNNING' && (row.processId === process.pid || isOtherProcessAlive(row.processId));
    if (runs) return null;
    // An import whose process no longer runs gets no more records, but it has no end yet.
    if (!row || row.finishedAtUs === null) return Number.POSITIVE_INFINITY;
    known.set(importId, row.finishedAtUs);
    return row.finishedAtUs;
  };
};
