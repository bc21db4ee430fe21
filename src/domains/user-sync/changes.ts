import type { Store } from '../../../db/store.ts';
import { userFiles as table } from '../../../db/tables/user-files.ts';
import { yieldToEventLoop } from '../../lib/yielding.ts';
import type { ListedObject } from '../../sources/object-source.ts';
import type { UserFileRow, UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import { type ListedUser, type Listing, userOfName } from './listing.ts';

/** An object that differs from its last known version. */
export interface ChangedObject {
  readonly userId: string;
  readonly kind: 'CSV' | 'IMAGE';
  readonly object: ListedObject;
  /** Why the object is rejected without being read. */
  readonly rejection?: string;
  /** The row of the last synchronization. */
  readonly before: UserFileRow | undefined;
}

export interface RemovedObject {
  readonly userId: string;
  readonly kind: 'CSV' | 'IMAGE';
  readonly name: string;
}

export interface Changes {
  readonly changed: readonly ChangedObject[];
  readonly removed: readonly RemovedObject[];
  /** The number of unchanged objects. */
  readonly unchanged: number;
}

interface KnownFiles {
  readonly store: Store;
  readonly users: Users;
  readonly userFiles: UserFiles;
}

const usersPerStatement = 300;
const usersPerYield = 4096;

const rejections = {
  withoutCsv: 'is an image of a user without a CSV file',
  surplus: 'is one file too many: a user has one CSV file and one image',
} as const;

/** Marks the version of an object that could not be read, so that the next synchronization reads it again. */
export const unreadVersion = (version: string): string => `unread ${version}`;

/** The version that is stored for an object. One that was rejected unread gets another when the reason no longer applies. */
export const rejectedVersion = ({ object, rejection }: Pick<ChangedObject, 'object' | 'rejection'>): string => {
  if (rejection === undefined) return object.version;
  return rejection === rejections.withoutCsv ? `without csv ${object.version}` : `surplus ${object.version}`;
};

/** Compares a listing with the known objects, with one statement per few hundred users. */
export const findChanges = async (listing: Listing, known: KnownFiles): Promise<Changes> => {
  const changed: ChangedObject[] = [];
  let unchanged = 0;
  for (let from = 0; from < listing.users.length; from += usersPerStatement) {
    const page = listing.users.slice(from, from + usersPerStatement);
    const rows = newestRows(page, known);
    for (const user of page)
      for (const candidate of candidatesOf(user)) {
        const before = rows.get(candidate.object.name);
        if (before?.version === rejectedVersion(candidate) && isCurrent(before, known)) unchanged++;
        else changed.push({ ...candidate, before });
      }
    await yieldToEventLoop();
  }
  return { changed, removed: await findRemoved(listing, known), unchanged };
};

/** The newest published row of each object of these users. */
const newestRows = (page: readonly ListedUser[], { store, userFiles }: KnownFiles): Map<string, UserFileRow> => {
  const names = page.flatMap(({ csv, image, surplus }) => [csv, image, ...surplus].flatMap((each) => each?.name ?? []));
  const newest = new Map<string, UserFileRow>();
  for (const row of store.rowsIn(table, 'name', names)) {
    const other = newest.get(row.name);
    if (userFiles.isPublished(row.importId ?? 0) && (!other || other.seq < row.seq)) newest.set(row.name, row);
  }
  return newest;
};

const candidatesOf = ({ userId, csv, image, surplus }: ListedUser): Omit<ChangedObject, 'before'>[] => [
  ...(csv ? [{ userId, kind: 'CSV' as const, object: csv }] : []),
  ...(image
    ? [{ userId, kind: 'IMAGE' as const, object: image, ...(csv ? {} : { rejection: rejections.withoutCsv }) }]
    : []),
  ...surplus.map((object) => ({ userId, kind: 'IMAGE' as const, object, rejection: rejections.surplus })),
];

/** Whether a row still holds: another file of the user may have replaced this one since. */
const isCurrent = ({ outcome, kind, name, userId }: UserFileRow, { users, userFiles }: KnownFiles): boolean => {
  if (outcome !== 'TAKEN') return outcome === 'REJECTED' && userFiles.rejectedObjects.has(name);
  const user = users.codes.codeOf(userId) ?? -1;
  if (kind === 'CSV') return userFiles.detailsCodeAt(user) !== 0;
  return userFiles.imageOf(userFiles.imageCodeAt(user))?.name === name;
};

/** Known objects that the listing no longer has. */
const findRemoved = async (listing: Listing, { users, userFiles }: KnownFiles): Promise<RemovedObject[]> => {
  const withCsv = new Set(listing.users.filter(({ csv }) => csv).map(({ userId }) => userId));
  const removed = new Map<string, RemovedObject>();
  const add = (userId: string, kind: RemovedObject['kind'], name: string) =>
    void removed.set(name, { userId, kind, name });
  for (let user = 0; user < users.codes.size; user++) {
    if (user % usersPerYield === 0) await yieldToEventLoop();
    const userId = users.codes.textOf(user);
    if (userFiles.detailsCodeAt(user) !== 0 && !withCsv.has(userId)) add(userId, 'CSV', `${userId}.csv`);
    const image = userFiles.imageOf(userFiles.imageCodeAt(user));
    // Removing a user's CSV file removes the image, too.
    if (image && !(withCsv.has(userId) && listing.names.has(image.name))) add(userId, 'IMAGE', image.name);
  }
  for (const name of userFiles.rejectedObjects) {
    const found = listing.names.has(name) ? null : userOfName(name);
    if (!found || removed.has(name)) continue;
    // A surplus CSV file is not the one that describes the user.
    const describesUser = found.extension === 'csv' && !withCsv.has(found.userId);
    add(found.userId, describesUser ? 'CSV' : 'IMAGE', name);
  }
  return [...removed.values()];
};
