import type { Store, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import type { ImportTarget } from '../../lib/import-target.ts';
import { isOtherProcessAlive } from '../../lib/process-alive.ts';
import { type Import, interrupted } from './job.ts';

/** Marks an import as failed whose process no longer runs; an import that has ended since stays as it is. */
export const endInterruptedImport = (
  tx: Tx,
  { id, rejected }: Pick<Import, 'id' | 'rejected'>,
  target: ImportTarget | undefined,
): void => {
  const isAtomic = target !== undefined && target.input !== 'RECORDS';
  const fault = interrupted(isAtomic ? 'nothing of it was stored' : 'the records that it stored remain');
  tx.update(
    imports,
    { id, state: 'RUNNING' },
    {
      state: 'FAILED',
      // These counts announce what would have been stored at the end; the rejects are stored already.
      ...(isAtomic ? { accepted: 0, read: rejected } : {}),
      finishedAtUs: tx.nowUs,
      failureCode: fault.code,
      failureMessage: fault.message,
    },
  );
};

export interface RecoveryServices {
  readonly store: Store;
  readonly targets: readonly ImportTarget[];
  /** The imports that this process runs; other imports with its process id are those of a predecessor. */
  readonly running: ReadonlySet<number>;
}

/** Ends matching imports that no process runs any more; in a restored store these are all, whatever their process ids. */
export const endInterruptedImports = async (
  { store, targets, running }: RecoveryServices,
  { isRestored = false, ...content }: Partial<Pick<Import, 'target' | 'digest'>> & { readonly isRestored?: boolean },
): Promise<void> => {
  const match = { ...content, state: 'RUNNING' } as const;
  const unfinished = store.page(imports, { key: 'id', direction: 'desc', match, limit: 1000 });
  const interrupted = unfinished.filter(
    ({ id, processId }) => !running.has(id) && (isRestored || !isOtherProcessAlive(processId)),
  );
  if (interrupted.length === 0) return;
  await store.write((tx) => {
    for (const each of interrupted)
      endInterruptedImport(
        tx,
        each,
        targets.find(({ name }) => name === each.target),
      );
  });
};
