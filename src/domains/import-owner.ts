import { syncTarget } from '../lib/import-targets.ts';

/** A process of our own number that does not run the import is a container's former life. */
export const isAlive = (processId: number): boolean => {
  if (processId === process.pid) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** What is to be noted of an import whose process is gone. */
export const interrupted = (nowUs: number, target: string) =>
  ({
    state: 'FAILED',
    finishedAtUs: nowUs,
    failureCode: 'INTERNAL',
    failureMessage: `the importing process ended in the middle; ${
      target === syncTarget.target ? 'nothing of it counts' : 'what it had stored is kept, import the file again'
    }`,
  }) as const;
