import { DomainError } from '../../errors.ts';
import { cooperativeSort } from '../../indices/cooperative-sort.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { NameColumn, UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';

export type UserOrderField = 'USER_ID' | 'NAME' | 'AGE';

/** Everyone in an order, as known up to a sequence number. */
export interface OrderedUsers {
  readonly codes: Uint32Array;
  readonly sequence: number;
  /** What a place in the order is remembered by, whoever comes and goes. */
  cursorOf(user: number): string;
  /** Where a user stands to a place: below 0 before it. Throws BAD_REQUEST for a place of another order. */
  compareToCursor(place: string): (user: number) => number;
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Orders of all users. Each is made when it is first asked for, and anew once users have changed. */
export const createUserOrders = (users: Users, userFiles: UserFiles, newestSequence: () => number) => {
  const idOf = users.codes.textOf;
  let byId: Promise<Uint32Array> = Promise.resolve(new Uint32Array());

  /** Codes of everyone by user id; those that are new since the last time are sorted and merged in. */
  const inOrderOfIds = (): Promise<Uint32Array> => {
    const known = byId;
    const next = known.then(async (before) => {
      const { size } = users.codes;
      if (size === before.length) return before;
      const compare = (a: number, b: number): number => compareTexts(idOf(a), idOf(b));
      const added = Uint32Array.from({ length: size - before.length }, (_, place) => before.length + place);
      return mergeInTurns(before, await cooperativeSort(added, compare, createYielder()), compare);
    });
    byId = next.catch(() => known);
    return next;
  };

  const byUserId = async (): Promise<OrderedUsers> => ({
    codes: await inOrderOfIds(),
    sequence: newestSequence(),
    cursorOf: idOf,
    compareToCursor: (place) => (user) => compareTexts(idOf(user), place),
  });

  /** An order by what user files say; whoever says the same is in order of ids, and those without a file come last. */
  const byDetails = (keys: (detailsOf: (user: number) => number) => DetailsOrder | Promise<DetailsOrder>) => {
    let kept: { revision: number; size: number; ordered: Promise<OrderedUsers> } | undefined;
    const order = async (): Promise<OrderedUsers> => {
      const ids = await inOrderOfIds();
      const sequence = newestSequence();
      const detailsOf = (user: number): number => userFiles.detailsCodeAt(user, sequence);
      const { compare, keyOf, compareKeys } = await keys(detailsOf);
      return {
        sequence,
        // A stable sort of what is in order of ids.
        codes: await cooperativeSort(Uint32Array.from(ids), compare, createYielder()),
        cursorOf: (user) => JSON.stringify([...keyOf(user), idOf(user)]),
        compareToCursor(place) {
          const wanted = keyOfPlace(place);
          const id = String(wanted.pop());
          return (user) => compareKeys(keyOf(user), wanted) || compareTexts(idOf(user), id);
        },
      };
    };
    return async (): Promise<OrderedUsers> => {
      const { revision } = userFiles;
      const { size } = users.codes;
      const sequence = newestSequence();
      if (kept?.revision !== revision || kept.size !== size) {
        const ordered = order();
        const made = { revision, size, ordered };
        kept = made;
        ordered.catch(() => {
          if (kept === made) kept = undefined;
        });
      }
      // What else is asked of users may have changed since it was made.
      return { ...(await kept.ordered), sequence };
    };
  };

  const orders: Readonly<Record<UserOrderField, () => Promise<OrderedUsers>>> = {
    USER_ID: byUserId,
    NAME: byDetails((detailsOf) => nameOrder(userFiles, detailsOf)),
    AGE: byDetails((detailsOf) => birthOrder(userFiles, detailsOf)),
  };
  return (by: UserOrderField): Promise<OrderedUsers> => orders[by]();
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

/** The place of each name among all by code unit, so that sorting millions compares numbers. */
const ranksOf = async ({ size, textOf }: NameColumn): Promise<Uint32Array> => {
  const all = Uint32Array.from({ length: size }, (_, code) => code);
  const codes = await cooperativeSort(all, (a, b) => compareTexts(textOf(a), textOf(b)), createYielder());
  const ranks = new Uint32Array(size);
  for (const [rank, code] of codes.entries()) ranks[code] = rank;
  return ranks;
};

const keyOfPlace = (place: string): Key => {
  try {
    const key: unknown = JSON.parse(place);
    if (Array.isArray(key)) return key as Key;
  } catch {
    // Said below.
  }
  throw new DomainError('BAD_REQUEST', 'the cursor is not one of this list');
};

const mergedPerLook = 4096;

const mergeInTurns = async (
  a: Uint32Array,
  b: Uint32Array,
  compare: (x: number, y: number) => number,
): Promise<Uint32Array> => {
  const maybeYield = createYielder();
  const all = new Uint32Array(a.length + b.length);
  let [i, j] = [0, 0];
  for (let place = 0; place < all.length; place++) {
    if (place % mergedPerLook === 0) await maybeYield();
    const takesA = j === b.length || (i < a.length && compare(a[i] as number, b[j] as number) < 0);
    all[place] = (takesA ? a[i++] : b[j++]) as number;
  }
  return all;
};
