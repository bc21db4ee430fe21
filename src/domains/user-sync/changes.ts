import type { Store } from '../../../db/store.ts';
import { userFiles as table } from '../../../db/tables/user-files.ts';
import { yieldToEventLoop } from '../../lib/yielding.ts';
import type { ListedObject } from '../../sources/object-source.ts';
import type { UserFileRow, UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import { type ListedUser, type Listing, userOfName } from './listing.ts';

/** An object that differs from what is known of it. */
export interface ChangedObject {
  readonly userId: string;
  readonly kind: 'CSV' | 'IMAGE';
  readonly object: ListedObject;
  /** Why it is refused without being read. */
  readonly fault?: string;
  /** What was found of it the last time. */
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
  /** Objects that are as they were. */
  readonly unchanged: number;
}

const usersPerLook = 300;

/** Versions of objects that were not read: they are another object once they may be. */
const withoutCsv = (version: string): string => `without csv ${version}`;
const surplusTo = (version: string): string => `surplus ${version}`;
/** The version of an object that could not be read: it is tried again the next time. */
export const unreadVersion = (version: string): string => `unread ${version}`;

/** The version that a listed object is remembered by, when it is refused for what it is or could not be read. */
export const refusedVersion = ({ object, fault }: Pick<ChangedObject, 'object' | 'fault'>): string =>
  fault === faults.withoutCsv ? withoutCsv(object.version) : fault ? surplusTo(object.version) : object.version;

const faults = {
  withoutCsv: 'is an image of a user without a CSV file',
  surplus: 'is one file too many: a user has one CSV file and one image',
} as const;

/** Tells what is new in a listing, at one statement for some hundred users. */
export const changesOf = async (
  listing: Listing,
  store: Store,
  users: Users,
  userFiles: UserFiles,
): Promise<Changes> => {
  const changed: ChangedObject[] = [];
  let unchanged = 0;
  for (let from = 0; from < listing.users.length; from += usersPerLook) {
    const page = listing.users.slice(from, from + usersPerLook);
    const known = knownOf(page, store, userFiles);
    for (const user of page)
      for (const candidate of candidatesOf(user)) {
        const { name } = candidate.object;
        const before = known.get(name);
        if (before?.version === refusedVersion(candidate) && stands(before, users, userFiles)) unchanged++;
        else changed.push({ ...candidate, before });
      }
    await yieldToEventLoop();
  }
  return { changed, removed: await removedFrom(listing, users, userFiles), unchanged };
};

/** What is known of the objects of some users: the newest row of each that is in force. */
const knownOf = (page: readonly ListedUser[], store: Store, userFiles: UserFiles): Map<string, UserFileRow> => {
  const names = page.flatMap(({ csv, image, surplus }) => [csv, image, ...surplus].flatMap((each) => each?.name ?? []));
  const known = new Map<string, UserFileRow>();
  for (const row of store.rowsIn(table, 'name', names)) {
    const other = known.get(row.name);
    if (userFiles.isInForce(row.importId ?? 0) && (!other || other.seq < row.seq)) known.set(row.name, row);
  }
  return known;
};

const candidatesOf = ({ userId, csv, image, surplus }: ListedUser): Omit<ChangedObject, 'before'>[] => [
  ...(csv ? [{ userId, kind: 'CSV' as const, object: csv }] : []),
  ...(image ? [{ userId, kind: 'IMAGE' as const, object: image, ...(csv ? {} : { fault: faults.withoutCsv }) }] : []),
  ...surplus.map((object) => ({ userId, kind: 'IMAGE' as const, object, fault: faults.surplus })),
];

/** Whether a row still says what is so: another file of the user may have taken its place since. */
const stands = ({ outcome, kind, name, userId }: UserFileRow, users: Users, userFiles: UserFiles): boolean => {
  if (outcome !== 'TAKEN') return outcome === 'REJECTED' && userFiles.rejectedObjects.has(name);
  const user = users.codes.codeOf(userId) ?? -1;
  if (kind === 'CSV') return userFiles.detailsCodeAt(user) !== 0;
  return userFiles.imageOf(userFiles.imageCodeAt(user))?.name === name;
};

const removedFrom = async (listing: Listing, users: Users, userFiles: UserFiles): Promise<RemovedObject[]> => {
  const withCsv = new Set(listing.users.filter(({ csv }) => csv).map(({ userId }) => userId));
  const removed = new Map<string, RemovedObject>();
  const note = (userId: string, kind: RemovedObject['kind'], name: string) =>
    void removed.set(name, { userId, kind, name });
  for (let user = 0; user < users.codes.size; user++) {
    if (user % 4096 === 0) await yieldToEventLoop();
    const userId = users.codes.textOf(user);
    if (userFiles.detailsCodeAt(user) !== 0 && !withCsv.has(userId)) note(userId, 'CSV', `${userId}.csv`);
    const image = userFiles.imageOf(userFiles.imageCodeAt(user));
    // An image goes with its user's file.
    if (image && !(withCsv.has(userId) && listing.names.has(image.name))) note(userId, 'IMAGE', image.name);
  }
  for (const name of userFiles.rejectedObjects) {
    const found = listing.names.has(name) ? null : userOfName(name);
    if (!found || removed.has(name)) continue;
    // One file too many is nothing that a user has.
    const isUsers = found.ending === 'csv' && !withCsv.has(found.userId);
    note(found.userId, isUsers ? 'CSV' : 'IMAGE', name);
  }
  return [...removed.values()];
};
