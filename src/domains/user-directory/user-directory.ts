import { DomainError } from '../../errors.ts';
import { instantOf } from '../../ledger/as-of.ts';
import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import { SharedComputations } from '../../lib/shared-computations.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { UserDetails } from '../users/details-columns.ts';
import type { UserImage } from '../users/image-columns.ts';
import { fixFilter, type UserFilter, type UserSources, userTest } from './filter.ts';
import { createUserOrders, type UserKey, type UserOrderField } from './orders.ts';
import { createUserSelections } from './selections.ts';
import { type UserStatistics, userStatistics } from './statistics.ts';

/** Which state of users a question is about. */
export interface UsersAsOf extends KnownAsOf {
  /** The instant at which ages and statuses count, microseconds; default: now, of a snapshot its own time. */
  readonly validAtUs?: number | undefined;
}

export interface UserPageRequest {
  readonly where?: UserFilter | null | undefined;
  readonly orderBy: UserOrderField;
  readonly descending: boolean;
  readonly asOf?: UsersAsOf | undefined;
  /** Positions of rows, strictly between which the page lies; their page's instant is that of this page. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly fromEnd: boolean;
}

export interface UserPage {
  readonly rows: readonly { readonly userId: string; readonly position: string }[];
  readonly totalCount: number;
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  readonly sequence: number;
}

/** A user who has a file. */
export interface UserWithFile {
  readonly userId: string;
  readonly details: UserDetails;
  readonly image: UserImage | null;
}

/** All users that a record names, as of any sequence number. Costs no SQL. */
export interface UserDirectory {
  page(request: UserPageRequest, work: Work): Promise<UserPage>;
  statistics(where: UserFilter | null | undefined, asOf: UsersAsOf, work: Work): Promise<UserStatistics>;
  /** Users who have a file, by user id and code unit; by default as of the first call. */
  usersWithFiles(where: UserFilter, asOf: UsersAsOf, work: Work): AsyncGenerator<UserWithFile>;
}

const usersPerYield = 4096;
const cachedStatisticsMax = 4;

export const createUserDirectory = (sources: UserSources, ledger: Ledger, nowUs: () => number): UserDirectory => {
  const { users, userFiles } = sources;
  const ordered = createUserOrders(users, userFiles, () => ledger.snapshot().sequence);
  const select = createUserSelections(sources, ordered);
  const known = new SharedComputations<UserStatistics>({ max: cachedStatisticsMax });
  const instantFor = (asOf: UsersAsOf): number => asOf.validAtUs ?? instantOf(ledger, asOf, nowUs);

  return {
    async page({ where, orderBy, descending, asOf = {}, limit, fromEnd, ...bounds }, work) {
      const [after, before] = [positionOf(bounds.after), positionOf(bounds.before)];
      const atUs = (after ?? before)?.atUs ?? instantFor(asOf);
      const sequence = ledger.resolveSequence(asOf);
      const selection = await select({ where: fixFilter(where ?? {}, atUs), orderBy, sequence }, work);
      const { codes } = selection;
      const [low, high] = descending ? [before, after] : [after, before];
      // In ascending order; a page of a descending list is read from its end.
      const first = low ? selection.countUpTo(low.key) : 0;
      const end = Math.max(first, high ? selection.countBefore(high.key) : codes.length);
      const isFromTop = descending !== fromEnd;
      const [from, to] = isFromTop ? [Math.max(first, end - limit), end] : [first, Math.min(end, first + limit)];
      const page = Array.from(codes.subarray(from, to));
      if (descending) page.reverse();
      const rows = page.map((user) => ({
        userId: users.codes.textOf(user),
        position: JSON.stringify([atUs, ...selection.keyOf(user)]),
      }));
      const [hasLess, hasMore] = [from > 0, to < codes.length];
      const [hasBefore, hasAfter] = descending ? [hasMore, hasLess] : [hasLess, hasMore];
      return { rows, totalCount: codes.length, hasBefore, hasAfter, sequence };
    },
    async statistics(where, asOf, work) {
      const sequence = ledger.resolveSequence(asOf);
      const fixed = fixFilter(where ?? {}, instantFor(asOf));
      const key = JSON.stringify([sequence, fixed]);
      return known.find(key, work, (shared) => userStatistics(fixed, sources, { sequence, work: shared }));
    },
    async *usersWithFiles(where, asOf, work) {
      const sequence = ledger.resolveSequence(asOf);
      const test = userTest(fixFilter(where, instantFor(asOf)), sources, sequence);
      const { codes } = await ordered('USER_ID', sequence);
      const maybeYield = createYielder(work);
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

/** The instant of a walk and the place in it, from the position of a row. */
const positionOf = (position: string | undefined): { readonly atUs: number; readonly key: UserKey } | undefined => {
  if (position === undefined) return undefined;
  const parts = partsOf(position);
  if (Array.isArray(parts)) {
    const [atUs, ...key] = parts as unknown[];
    const isKey = key.every((part) => part === null || typeof part === 'string' || typeof part === 'number');
    if (Number.isSafeInteger(atUs) && key.length > 0 && isKey) return { atUs: atUs as number, key: key as UserKey };
  }
  throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
};

const partsOf = (position: string): unknown => {
  try {
    return JSON.parse(position);
  } catch {
    return undefined;
  }
};
