import type { Row } from '../../../db/store.ts';
import type { imports } from '../../../db/tables/imports.ts';
import { DomainError } from '../../errors.ts';
import { interval, throttledChanges } from '../../lib/change-stream.ts';

type Import = Row<typeof imports>;

/** Imports are no records of the ledger and may run in another process, so they are looked at; this often. */
const lookEveryMs = 500;

/**
 * An import as it stands, then anew whenever its counts have moved, at most twice a second, until it has ended; one
 * statement a look. Throws NOT_FOUND when there is none with this id.
 */
export const followImport = (
  importsByIds: (ids: readonly number[]) => readonly (Import | null)[],
  importId: number,
): AsyncIterableIterator<Import> => {
  const standing = (): Import => {
    const [found] = importsByIds([importId]);
    if (found) return found;
    throw new DomainError('NOT_FOUND', `importId ${importId} names no import`);
  };
  standing();
  return throttledChanges(interval(lookEveryMs), {
    everyMs: lookEveryMs,
    answer: standing,
    fingerprint: ({ state, bytesRead, read, accepted, unchanged, conflicts, rejected }) =>
      [state, bytesRead, read, accepted, unchanged, conflicts, rejected].join(' '),
    isLast: ({ state }) => state !== 'RUNNING',
  });
};
