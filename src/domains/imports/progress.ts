import { DomainError } from '../../errors.ts';
import { interval, throttledChanges } from '../../lib/change-stream.ts';
import type { Import } from './job.ts';

/** Imports are not part of the ledger and may run in another process, so their rows are polled. */
const pollMs = 500;

/**
 * The current state of an import, then again whenever its counts have changed, at most twice a second, until it has ended.
 * One statement per poll. Throws NOT_FOUND when no import has this id.
 */
export const followImport = (
  importsByIds: (ids: readonly number[]) => readonly (Import | null)[],
  importId: number,
): AsyncIterableIterator<Import> => {
  const current = (): Import => {
    const [found] = importsByIds([importId]);
    if (found) return found;
    throw new DomainError('NOT_FOUND', `no import has the id ${importId}`);
  };
  current();
  return throttledChanges(interval(pollMs), {
    everyMs: pollMs,
    answer: current,
    fingerprint: ({ state, bytesRead, read, accepted, unchanged, conflicts, rejected }) =>
      [state, bytesRead, read, accepted, unchanged, conflicts, rejected].join(' '),
    isLast: ({ state }) => state !== 'RUNNING',
  });
};
