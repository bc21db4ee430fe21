import { datasetTarget, syncTarget } from '../../lib/import-targets.ts';

/** A process of our own number that does not run the import is a container's former life. */
export const isProcessAlive = (processId: number): boolean => {
  if (processId === process.pid) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** What is to be noted of an import whose process is gone; `rejected` records of it are kept in any case. */
export const interruptedImport = (nowUs: number, target: string, rejected: number) => {
  const isWhole = target === syncTarget.target || target === datasetTarget.target;
  return {
    state: 'FAILED',
    // What was read of a dataset was only going to be accepted.
    ...(target === datasetTarget.target ? { accepted: 0, read: rejected } : {}),
    finishedAtUs: nowUs,
    failureCode: 'INTERNAL',
    failureMessage: `the importing process ended in the middle; ${isWhole ? 'nothing of it counts' : 'what it had stored is kept'}, import it again`,
  } as const;
};
