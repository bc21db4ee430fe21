import type { Store, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { datasetTarget, syncTarget } from '../../lib/import-targets.ts';
import { isOtherProcessAlive } from '../../lib/process-alive.ts';
import type { Import } from './job.ts';

/** Marks an import as failed whose process no longer runs; an import that has ended since stays as it is. */
export const endInterruptedImport = (
  tx: Tx,
  { id, target, rejected }: Pick<Import, 'id' | 'target' | 'rejected'>,
): void => {
  const isAtomic = target === syncTarget.target || target === datasetTarget.target;
  const outcome = isAtomic ? 'nothing of it was stored' : 'what it had stored is kept';
  tx.update(
    imports,
    { id, state: 'RUNNING' },
    {
      state: 'FAILED',
      // The counts of a dataset announce rows that would have been stored at the end; its rejects are stored already.
      ...(target === datasetTarget.target ? { accepted: 0, read: rejected } : {}),
      finishedAtUs: tx.nowUs,
      failureCode: 'INTERNAL',
      failureMessage: `the importing process ended before the import did; ${outcome}, import it again`,
    },
  );
};

/** Imports of this process: it can tell by them alone that an import with its own process id runs. */
export type RunningImports = ReadonlySet<number>;

/** Ends matching imports that no process runs any more. */
export const endInterruptedImports = async (
  { store, running }: { readonly store: Store; readonly running: RunningImports },
  content: Partial<Pick<Import, 'target' | 'digest'>>,
): Promise<void> => {
  const match = { ...content, state: 'RUNNING' } as const;
  const unfinished = store.page(imports, { key: 'id', direction: 'desc', match, limit: 1000 });
  const interrupted = unfinished.filter(({ id, processId }) => !running.has(id) && !isOtherProcessAlive(processId));
  if (interrupted.length === 0) return;
  await store.write((tx) => {
    for (const each of interrupted) endInterruptedImport(tx, each);
  });
};
