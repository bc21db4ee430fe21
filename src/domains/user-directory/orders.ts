import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors.ts';
import { cooperativeSort, mergeInto } from '../../indices/cooperative-sort.ts';
import { rowNumbers } from '../../indices/row-numbers.ts';
import { compareTexts } from '../../lib/compare.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { NameColumn } from '../users/details-columns.ts';
import type { UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';

export type UserOrderField = 'USER_ID' | 'NAME' | 'AGE';

/** A user's place in an order: it stays valid when other users are added or removed. */
export type UserKey = readonly (string | number | null)[];

/** All users in an order as of a sequence number, among them some whom no record up to it names. */
export interface OrderedUsers {
  readonly codes: Uint32Array;
  keyOf(user: number): UserKey;
  /** Compares users with a key: negative before it. Throws BAD_REQUEST for a key of another order. */
  compareTo(key: UserKey): (user: number) => number;
}

/** An order and the newest sequence number when it was begun: it has all users of earlier ones. */
interface KnownOrder {
  readonly begunAt: number;
  readonly ordered: Promise<OrderedUsers>;
}

/** Orders of the last states that were requested: pages of one walk request the same one again. */
const cachedOrdersMax = 3;

/** Orders of all users, as of any sequence number. Each is computed when it is first requested for a state of the files. */
export const createUserOrders = (users: Users, userFiles: UserFiles, newestSequence: () => number) => {
  const idOf = users.codes.textOf;
  const inOrderOfIds = createIdOrder(users);

  const byUserId = async (): Promise<OrderedUsers> => ({
    codes: await inOrderOfIds(),
    keyOf: (user) => [idOf(user)],
    compareTo([id, ...others]) {
      if (typeof id !== 'string' || others.length > 0) throw foreignCursor();
      return (user) => compareTexts(idOf(user), id);
    },
  });

  /** An order by details, then by user id; users without a file come last. */
  const byDetails = (
    comparisonOf: (detailsOf: (user: number) => number) => DetailsComparison | Promise<DetailsComparison>,
  ) => {
    const cached = new LRUCache<number, KnownOrder>({ max: cachedOrdersMax });
    const order = async (sequence: number): Promise<OrderedUsers> => {
      const ids = await inOrderOfIds();
      const detailsOf = (user: number): number => userFiles.detailsCodeAt(user, sequence);
      const { compare, keyOf, compareKeys, isKey } = await comparisonOf(detailsOf);
      return {
        // A stable sort of users that are in order of ids.
        codes: await cooperativeSort(Uint32Array.from(ids), compare, createYielder(undefined)),
        keyOf: (user) => [...keyOf(user), idOf(user)],
        compareTo(cursor) {
          const [id, key] = [cursor.at(-1), cursor.slice(0, -1)];
          if (typeof id !== 'string' || !isKey(key)) throw foreignCursor();
          return (user) => compareKeys(keyOf(user), key) || compareTexts(idOf(user), id);
        },
      };
    };
    return (sequence: number): Promise<OrderedUsers> => {
      const revision = userFiles.revisionAt(sequence);
      const known = cached.get(revision);
      if (known && known.begunAt >= sequence) return known.ordered;
      const made = { begunAt: newestSequence(), ordered: order(sequence) };
      cached.set(revision, made);
      made.ordered.catch(() => {
        if (cached.peek(revision) === made) cached.delete(revision);
      });
      return made.ordered;
    };
  };

  const orders: Readonly<Record<UserOrderField, (sequence: number) => Promise<OrderedUsers>>> = {
    USER_ID: byUserId,
    NAME: byDetails((detailsOf) => nameOrder(userFiles, detailsOf)),
    AGE: byDetails((detailsOf) => birthOrder(userFiles, detailsOf)),
  };
  return (by: UserOrderField, sequence: number): Promise<OrderedUsers> => orders[by](sequence);
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
      const maybeYield = createYielder(undefined);
      const sorted = await cooperativeSort(rowNumbers(before.length, size), compare, maybeYield);
      const merged = new Uint32Array(size);
      await mergeInto(merged, [before, sorted], compare, maybeYield);
      return merged;
    });
    byId = next.catch(() => known);
    return next;
  };
};

interface DetailsComparison {
  compare(a: number, b: number): number;
  keyOf(user: number): UserKey;
  /** Whether a key, without its user id, is of this order. */
  isKey(key: UserKey): boolean;
  compareKeys(a: UserKey, b: UserKey): number;
}

/** By last name, then first name, by code unit. */
const nameOrder = async (
  { firstNames, lastNames }: UserFiles,
  detailsOf: (user: number) => number,
): Promise<DetailsComparison> => {
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
    isKey: (key) => key.length === 2 && key.every((name) => name === null || typeof name === 'string'),
    compareKeys([last = null, first = null], [otherLast = null, otherFirst = null]) {
      if (last === null || otherLast === null) return Number(last === null) - Number(otherLast === null);
      return compareTexts(String(last), String(otherLast)) || compareTexts(String(first), String(otherFirst));
    },
  };
};

/** The youngest first. */
const birthOrder = ({ birthMsOf }: UserFiles, detailsOf: (user: number) => number): DetailsComparison => {
  const unknown = (birthMs: number | null): boolean => birthMs === null || Number.isNaN(birthMs);
  const compareBirths = (a: number, b: number): number =>
    unknown(a) || unknown(b) ? Number(unknown(a)) - Number(unknown(b)) : b - a;
  return {
    compare: (a, b) => compareBirths(birthMsOf(detailsOf(a)), birthMsOf(detailsOf(b))),
    keyOf: (user) => [birthMsOf(detailsOf(user))],
    isKey: (key) => key.length === 1 && (key[0] === null || typeof key[0] === 'number'),
    compareKeys: ([a], [b]) => compareBirths(a === null ? Number.NaN : Number(a), b === null ? Number.NaN : Number(b)),
  };
};

/** The rank of each name by code unit, so that sorting millions of users compares numbers. */
const ranksOf = async ({ size, textOf }: NameColumn): Promise<Uint32Array> => {
  const all = rowNumbers(0, size);
  const codes = await cooperativeSort(all, (a, b) => compareTexts(textOf(a), textOf(b)), createYielder(undefined));
  const ranks = new Uint32Array(size);
  for (const [rank, code] of codes.entries()) ranks[code] = rank;
  return ranks;
};

const foreignCursor = (): DomainError => new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
