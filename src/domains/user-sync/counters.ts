import type { SyncCounts, UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import type { RemovedObject } from './changes.ts';
import type { Listing } from './listing.ts';
import type { Found } from './reading.ts';

/** What became of a user's objects; of several the greatest counts. */
const ranks = ['unchanged', 'updated', 'imageRemoved', 'rejected', 'removed'] as const;
type Became = (typeof ranks)[number];

/** The accounts of one synchronisation: in users, each counted once, and in objects. */
export const createSyncCounters = ({ users: listed }: Listing, users: Users, userFiles: UserFiles) => {
  const became = new Map<string, Became>(listed.map(({ userId }) => [userId, 'unchanged']));
  const objects = { accepted: 0, unchanged: 0, rejected: 0 };

  const note = (userId: string, what: Became): void => {
    const before = became.get(userId);
    if (!before || ranks.indexOf(before) < ranks.indexOf(what)) became.set(userId, what);
  };

  /** Whether a file was written anew without saying anything else. */
  const isSame = (found: Found): boolean => {
    const user = users.codes.codeOf(found.changed.userId) ?? -1;
    if ('details' in found) {
      const known = userFiles.detailsOf(userFiles.detailsCodeAt(user));
      const { firstName, lastName, birthMs } = found.details;
      return known?.firstName === firstName && known.lastName === lastName && known.birthMs === birthMs;
    }
    const known = userFiles.imageOf(userFiles.imageCodeAt(user));
    return 'image' in found && known?.sha256 === found.image.sha256 && known.name === found.changed.object.name;
  };

  return {
    unchanged(count: number): void {
      objects.unchanged += count;
    },
    taken(found: Found): void {
      if (isSame(found)) {
        objects.unchanged++;
        return;
      }
      objects.accepted++;
      note(found.changed.userId, 'updated');
    },
    removed({ userId, kind }: RemovedObject): void {
      objects.accepted++;
      note(userId, kind === 'CSV' ? 'removed' : 'imageRemoved');
    },
    rejected({ changed: { userId } }: Found): void {
      objects.rejected++;
      note(userId, 'rejected');
    },
    /** A file was listed and gone before it could be read: a user who is not known otherwise does not count. */
    vanished(userId: string): void {
      const isKnown = userFiles.detailsCodeAt(users.codes.codeOf(userId) ?? -1) !== 0;
      if (!isKnown && became.get(userId) === 'unchanged') became.delete(userId);
    },
    counts(): SyncCounts {
      const count = (...of: Became[]): number => [...became.values()].filter((each) => of.includes(each)).length;
      return {
        processed: became.size,
        updated: count('updated'),
        unchanged: count('unchanged'),
        removed: count('removed', 'imageRemoved'),
        rejected: count('rejected'),
      };
    },
    objects: () => ({ ...objects, read: objects.accepted + objects.unchanged + objects.rejected }),
  };
};
