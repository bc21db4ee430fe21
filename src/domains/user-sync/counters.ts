import type { SyncCounts, UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import type { RemovedObject } from './changes.ts';
import type { Listing } from './listing.ts';
import type { ObjectResult } from './read-object.ts';

/** What happened to a user's objects, in ascending precedence: a user with several counts under the last. */
const userOutcomes = ['unchanged', 'updated', 'imageRemoved', 'rejected', 'removed'] as const;
type UserOutcome = (typeof userOutcomes)[number];

export type SyncCounters = ReturnType<typeof createSyncCounters>;

/** The counts of one synchronization: by user, each counted once, and by object. */
export const createSyncCounters = ({ users: listed }: Listing, users: Users, userFiles: UserFiles) => {
  const byUser = new Map<string, UserOutcome>(listed.map(({ userId }) => [userId, 'unchanged']));
  const objects = { accepted: 0, unchanged: 0, rejected: 0 };

  const raise = (userId: string, outcome: UserOutcome): void => {
    const before = byUser.get(userId);
    if (!before || userOutcomes.indexOf(before) < userOutcomes.indexOf(outcome)) byUser.set(userId, outcome);
  };

  return {
    unchanged(count: number): void {
      objects.unchanged += count;
    },
    /** A CSV file or image was read. */
    read(result: ObjectResult): void {
      if (isSameContent(result, users, userFiles)) {
        objects.unchanged++;
        return;
      }
      objects.accepted++;
      raise(result.changed.userId, 'updated');
    },
    removed({ userId, kind }: RemovedObject): void {
      objects.accepted++;
      raise(userId, kind === 'CSV' ? 'removed' : 'imageRemoved');
    },
    rejected({ changed: { userId } }: ObjectResult): void {
      objects.rejected++;
      raise(userId, 'rejected');
    },
    /** An object was listed but had disappeared when it was read: a user with no other object does not count. */
    disappeared(userId: string): void {
      const isKnown = userFiles.detailsCodeAt(users.codes.codeOf(userId) ?? -1) !== 0;
      if (!isKnown && byUser.get(userId) === 'unchanged') byUser.delete(userId);
    },
    counts(): SyncCounts {
      const count = (...outcomes: UserOutcome[]): number =>
        [...byUser.values()].filter((each) => outcomes.includes(each)).length;
      return {
        processed: byUser.size,
        updated: count('updated'),
        unchanged: count('unchanged'),
        removed: count('removed', 'imageRemoved'),
        rejected: count('rejected'),
      };
    },
    objects: () => ({ ...objects, read: objects.accepted + objects.unchanged + objects.rejected }),
  };
};

/** Whether a file was rewritten with the same content. */
const isSameContent = (result: ObjectResult, users: Users, userFiles: UserFiles): boolean => {
  const user = users.codes.codeOf(result.changed.userId) ?? -1;
  if ('details' in result) {
    const known = userFiles.detailsOf(userFiles.detailsCodeAt(user));
    const { firstName, lastName, birthMs } = result.details;
    return known?.firstName === firstName && known.lastName === lastName && known.birthMs === birthMs;
  }
  const known = userFiles.imageOf(userFiles.imageCodeAt(user));
  return 'image' in result && known?.sha256 === result.image.sha256 && known.name === result.changed.object.name;
};
