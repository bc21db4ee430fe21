import { DomainError } from '../../errors.ts';
import { cooperativeSort, mergeInto } from '../../indices/cooperative-sort.ts';
import { compareTexts } from '../../lib/compare.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { NameColumn } from '../users/details-columns.ts';
import type { UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';

export type UserOrderField = 'USER_ID' | 'NAME' | 'AGE';

/** All users in an order, as of a sequence number. */
export interface OrderedUsers {
  readonly codes: Uint32Array;
  readonly sequence: number;
  /** The cursor of a user: their sort key, so that it stays valid when other users are added or removed. */
  cursorOf(user: number): string;
  /** Compares users with a cursor: negative before it. Throws BAD_REQUEST for a cursor of another order. */
  compareToCursor(cursor: string): (user: number) => number;
}

/** Orders of all users. Each is computed when it is first requested, and again after users have changed. */
export const createUserOrders = (users: Users, userFiles: UserFiles, newestSequence: () => number) => {
  const idOf = users.codes.textOf;
  const inOrderOfIds = createIdOrder(users);

  const byUserId = async (): Promise<OrderedUsers> => ({
    codes: await inOrderOfIds(),
    sequence: newestSequence(),
    cursorOf: idOf,
    compareToCursor: (cursor) => (user) => compareTexts(idOf(user), cursor),
  });

  /** An order by details, then by user id; users without a file come last. */
  const byDetails = (keys: (detailsOf: (user: number) => number) => DetailsOrder | Promise<DetailsOrder>) => {
    let cached: { revision: number; size: number; ordered: Promise<OrderedUsers> } | undefined;
    const order = async (): Promise<OrderedUsers> => {
      const ids = await inOrderOfIds();
      const sequence = newestSequence();
      const detailsOf = (user: number): number => userFiles.detailsCodeAt(user, sequence);
      const { compare, keyOf, compareKeys } = await keys(detailsOf);
      return {
        sequence,
        // A stable sort of users that are in order of ids.
        codes: await cooperativeSort(Uint32Array.from(ids), compare, createYielder()),
        cursorOf: (user) => JSON.stringify([...keyOf(user), idOf(user)]),
        compareToCursor(cursor) {
          const key = keyOfCursor(cursor);
          const id = String(key.pop());
          return (user) => compareKeys(keyOf(user), key) || compareTexts(idOf(user), id);
        },
      };
    };
    return async (): Promise<OrderedUsers> => {
      const { revision } = userFiles;
      const { size } = users.codes;
      const sequence = newestSequence();
      if (cached?.revision !== revision || cached.size !== size) {
        const ordered = order();
        const made = { revision, size, ordered };
        cached = made;
        ordered.catch(() => {
          if (cached === made) cached = undefined;
        });
      }
      // Other data of users may have changed since the order was computed.
      return { ...(await cached.ordered), sequence };
    };
  };

  const orders: Readonly<Record<UserOrderField, () => Promise<OrderedUsers>>> = {
    USER_ID: byUserId,
    NAME: byDetails((detailsOf) => nameOrder(userFiles, detailsOf)),
    AGE: byDetails((detailsOf) => birthOrder(userFiles, detailsOf)),
  };
  return (by: UserOrderField): Promise<OrderedUsers> => orders[by]();
};

/** The codes of all users by user id; users added since the last call are sorted and merged in. */
const createIdOrder = ({ codes }: Users): (() => Promise<Uint32Array>) => {
  const compare = (a: number, b: number): number => compareTexts(codes.textOf(a), codes.textOf(b));
  let byId: Promise<Uint32Array> = Promise.resolve(new Uint32Array());
  return () => {
    const known = byId;
    const next = known.then(async (before) => {
      const { size } = codes;
      if (size === before.length) return before;
      const added = Uint32Array.from({ length: size - before.length }, (_, index) => before.length + index);
      const maybeYield = createYielder();
      const sorted = await cooperativeSort(added, compare, maybeYield);
      const merged = new Uint32Array(size);
      await mergeInto(merged, [before, sorted], compare, maybeYield);
      return merged;
    });
    byId = next.catch(() => known);
    return next;
  };
};

type Key = (string | number | null)[];

interface DetailsOrder {
  compare(a: number, b: number): number;
  keyOf(user: number): Key;
  compareKeys(a: Key, b: Key): number;
}

/** By last name, then first name, by code unit. */
const nameOrder = async (
  { firstNames, lastNames }: UserFiles,
  detailsOf: (user: number) => number,
): Promise<DetailsOrder> => {
  const [first, last] = [await ranksOf(firstNames), await ranksOf(lastNames)];
  return {
    compare(a, b) {
      const [x, y] = [detailsOf(a), detailsOf(b)];
      if (x === 0 || y === 0) return Number(x === 0) - Number(y === 0);
      const byLast = (last[lastNames.codeBy(x)] as number) - (last[lastNames.codeBy(y)] as number);
      return byLast || (first[firstNames.codeBy(x)] as number) - (first[firstNames.codeBy(y)] as number);
    },
    keyOf(user) {
      const code = detailsOf(user);
      if (code === 0) return [null, null];
      return [lastNames.textOf(lastNames.codeBy(code)), firstNames.textOf(firstNames.codeBy(code))];
    },
    compareKeys([last = null, first = null], [otherLast = null, otherFirst = null]) {
      if (last === null || otherLast === null) return Number(last === null) - Number(otherLast === null);
      return compareTexts(String(last), String(otherLast)) || compareTexts(String(first), String(otherFirst));
    },
  };
};

/** The youngest first. */
const birthOrder = ({ birthMsOf }: UserFiles, detailsOf: (user: number) => number): DetailsOrder => {
  const unknown = (birthMs: number | null): boolean => birthMs === null || Number.isNaN(birthMs);
  const compareBirths = (a: number, b: number): number =>
    unknown(a) || unknown(b) ? Number(unknown(a)) - Number(unknown(b)) : b - a;
  return {
    compare: (a, b) => compareBirths(birthMsOf(detailsOf(a)), birthMsOf(detailsOf(b))),
    keyOf: (user) => [birthMsOf(detailsOf(user))],
    compareKeys: ([a], [b]) => compareBirths(a === null ? Number.NaN : Number(a), b === null ? Number.NaN : Number(b)),
  };
};

/** The rank of each name by code unit, so that sorting millions of users compares numbers. */
const ranksOf = async ({ size, textOf }: NameColumn): Promise<Uint32Array> => {
  const all = Uint32Array.from({ length: size }, (_, code) => code);
  const codes = await cooperativeSort(all, (a, b) => compareTexts(textOf(a), textOf(b)), createYielder());
  const ranks = new Uint32Array(size);
  for (const [rank, code] of codes.entries()) ranks[code] = rank;
  return ranks;
};

const keyOfCursor = (cursor: string): Key => {
  try {
    const key: unknown = JSON.parse(cursor);
    if (Array.isArray(key)) return key as Key;
  } catch {
    // Reported below.
  }
  throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
};
