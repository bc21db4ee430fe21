import { sortInTurns } from '../indices/sort-in-turns.ts';
import { takeTurns } from '../lib/turns.ts';
import { type Status, statusCodes } from './status.ts';
import type { TablePage } from './table-page.ts';
import type { UserStatus } from './user-status.ts';
import type { User, Users } from './users.ts';

/** Conditions that must all hold; an empty list of values holds for nobody. */
export interface UserFilter {
  readonly userIds?: readonly string[] | null | undefined;
  readonly countries?: readonly string[] | null | undefined;
  readonly genders?: readonly string[] | null | undefined;
  /** The status at an instant, microseconds; default now. */
  readonly status?: { readonly in: readonly Status[]; readonly at?: number | null | undefined } | null | undefined;
}

export interface UserPageRequest {
  readonly where?: UserFilter | null | undefined;
  readonly descending: boolean;
  /** User ids strictly between which the page lies, in its order. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly fromEnd: boolean;
}

/** Everyone, in the order of user ids by code unit. */
export interface UserDirectory {
  page(request: UserPageRequest): Promise<TablePage<User> & { readonly totalCount: number }>;
}

const usersPerLook = 4096;

export const createUserDirectory = (users: Users, userStatus: UserStatus, nowUs: () => number): UserDirectory => {
  let sorted: Promise<Uint32Array> = Promise.resolve(new Uint32Array());

  const compare = (a: number, b: number): number => {
    const [x, y] = [users.codes.textOf(a), users.codes.textOf(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  };

  /** Codes of everyone in order; those that are new since the last time are sorted and merged in. */
  const inOrder = (): Promise<Uint32Array> => {
    const known = sorted;
    const next = known.then(async (before) => {
      const { size } = users.codes;
      if (size === before.length) return before;
      const added = Uint32Array.from({ length: size - before.length }, (_, place) => before.length + place);
      return merged(before, await sortInTurns(added, compare, takeTurns()), compare);
    });
    sorted = next.catch(() => known);
    return next;
  };

  return {
    async page({ where, descending, after, before, limit, fromEnd }) {
      const order = await inOrder();
      const test = testOf(where ?? {}, users, userStatus, nowUs());
      const turn = takeTurns();
      const rows: User[] = [];
      let [totalCount, hasBefore, hasAfter] = [0, false, false];
      for (let index = 0; index < order.length; index++) {
        if (index % usersPerLook === 0) await turn();
        // From the end of the page's order towards its beginning when the last ones are wanted.
        const user = order[descending === fromEnd ? index : order.length - 1 - index] as number;
        if (!test(user)) continue;
        totalCount++;
        const userId = users.codes.textOf(user);
        const isBeyond = (bound: string, later: boolean) => (later === descending ? userId < bound : userId > bound);
        if (after !== undefined && !isBeyond(after, true)) hasBefore = true;
        else if (before !== undefined && !isBeyond(before, false)) hasAfter = true;
        else if (rows.length < limit) rows.push(users.userOf(userId) as User);
        else if (fromEnd) hasBefore = true;
        else hasAfter = true;
      }
      if (fromEnd) rows.reverse();
      return { rows, totalCount, hasBefore, hasAfter };
    },
  };
};

const merged = (a: Uint32Array, b: Uint32Array, compare: (x: number, y: number) => number): Uint32Array => {
  const all = new Uint32Array(a.length + b.length);
  let [i, j] = [0, 0];
  for (let place = 0; place < all.length; place++) {
    const takesA = j === b.length || (i < a.length && compare(a[i] as number, b[j] as number) < 0);
    all[place] = (takesA ? a[i++] : b[j++]) as number;
  }
  return all;
};

const testOf = (
  { userIds, countries, genders, status }: UserFilter,
  users: Users,
  userStatus: UserStatus,
  nowUs: number,
): ((user: number) => boolean) => {
  const tests: ((user: number) => boolean)[] = [];
  const among = (values: readonly string[], attribute: Users['countries']) => {
    const wanted = new Set(values.map(attribute.names.codeOf));
    tests.push((user) => wanted.has(attribute.codeBy(users.attributesCodeAt(user))));
  };
  if (userIds) {
    const wanted = new Set(userIds.map(users.codes.codeOf));
    tests.push((user) => wanted.has(user));
  }
  if (countries) among(countries, users.countries);
  if (genders) among(genders, users.genders);
  if (status) {
    const atUs = status.at ?? nowUs;
    tests.push((user) => status.in.includes(statusCodes[userStatus.codeAt(user, atUs, 0xffffffff)] as Status));
  }
  return (user) => tests.every((test) => test(user));
};
