import type { Ledger } from '../../ledger/ledger.ts';
import type { TablePage } from '../../ledger/table-page.ts';
import { dayOfUs } from '../../lib/age.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { UserDetails } from '../users/details-columns.ts';
import type { UserImage } from '../users/image-columns.ts';
import type { User } from '../users/users.ts';
import { type UserFilter, type UserSources, type UserTest, userTest } from './filter.ts';
import { createUserOrders, type UserOrderField } from './orders.ts';
import { type UserStatistics, userStatistics } from './statistics.ts';

export interface UserPageRequest {
  readonly where?: UserFilter | null | undefined;
  readonly orderBy: UserOrderField;
  readonly descending: boolean;
  /** Cursors, as `cursorOf` returns them, strictly between which the page lies. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly fromEnd: boolean;
}

export interface UserPage extends TablePage<User> {
  readonly totalCount: number;
  /** The cursor of one of the rows. */
  cursorOf(user: User): string;
}

/** A user who has a file. */
export interface UserWithFile {
  readonly userId: string;
  readonly details: UserDetails;
  readonly image: UserImage | null;
}

/** All users that a record names. Costs no SQL. */
export interface UserDirectory {
  page(request: UserPageRequest): Promise<UserPage>;
  statistics(where?: UserFilter | null): Promise<UserStatistics>;
  /** Users who have a file, by user id and code unit, as of the first call. */
  usersWithFiles(where?: UserFilter): AsyncGenerator<UserWithFile>;
}

const usersPerYield = 4096;

export const createUserDirectory = (sources: UserSources, ledger: Ledger, nowUs: () => number): UserDirectory => {
  const { users, userFiles } = sources;
  const newest = (): number => ledger.snapshot().sequence;
  const ordered = createUserOrders(users, userFiles, newest);
  const testOf = (where: UserFilter, sequence: number): UserTest => {
    return userTest(where, sources, { sequence, nowUs: nowUs() });
  };

  return {
    async page({ where, orderBy, descending, after, before, limit, fromEnd }) {
      const order = await ordered(orderBy);
      const test = testOf(where ?? {}, order.sequence);
      const isBeyond = (cursor: string | undefined, later: boolean) => {
        if (cursor === undefined) return () => true;
        const compare = order.compareToCursor(cursor);
        return (user: number) => (later === descending ? compare(user) < 0 : compare(user) > 0);
      };
      const [isAfter, isBefore] = [isBeyond(after, true), isBeyond(before, false)];
      const maybeYield = createYielder();
      const found: number[] = [];
      let [totalCount, hasBefore, hasAfter] = [0, false, false];
      const { codes } = order;
      for (let index = 0; index < codes.length; index++) {
        if (index % usersPerYield === 0) await maybeYield();
        // From the end of the order towards its beginning when the last users are requested.
        const user = codes[descending === fromEnd ? index : codes.length - 1 - index] as number;
        if (!test(user)) continue;
        totalCount++;
        if (!isAfter(user)) hasBefore = true;
        else if (!isBefore(user)) hasAfter = true;
        else if (found.length < limit) found.push(user);
        else if (fromEnd) hasBefore = true;
        else hasAfter = true;
      }
      if (fromEnd) found.reverse();
      const rows = found.flatMap((user) => users.userOf(users.codes.textOf(user)) ?? []);
      const cursorOf = ({ userId }: User): string => order.cursorOf(users.codes.codeOf(userId) as number);
      return { rows, totalCount, hasBefore, hasAfter, cursorOf };
    },
    async statistics(where) {
      const sequence = newest();
      const day = dayOfUs(where?.ageAtUs ?? nowUs());
      return userStatistics(testOf(where ?? {}, sequence), sources, sequence, day);
    },
    async *usersWithFiles(where = {}) {
      const { codes, sequence } = await ordered('USER_ID');
      const test = testOf(where, sequence);
      const maybeYield = createYielder();
      for (const [index, user] of codes.entries()) {
        if (index % usersPerYield === 0) await maybeYield();
        const details = userFiles.detailsOf(userFiles.detailsCodeAt(user, sequence));
        if (!details || !test(user)) continue;
        const image = userFiles.imageOf(userFiles.imageCodeAt(user, sequence));
        yield { userId: users.codes.textOf(user), details, image };
      }
    },
  };
};
