import { SharedComputations } from '../../lib/shared-computations.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { type FixedUserFilter, type UserSources, userTest } from './filter.ts';
import type { OrderedUsers, UserKey, UserOrderField } from './orders.ts';

/** The users that pass a filter, in an order, as of a sequence number. */
export interface UserSelection {
  /** Ascending. */
  readonly codes: Uint32Array;
  keyOf(user: number): UserKey;
  /** The number of users before a key. */
  countBefore(key: UserKey): number;
  /** The number of users before a key or at it. */
  countUpTo(key: UserKey): number;
}

interface SelectionRequest {
  readonly where: FixedUserFilter;
  readonly orderBy: UserOrderField;
  readonly sequence: number;
}

/** A page of a walk costs a search once its selection is known; four bytes a user. */
const cachedSelectionsMax = 4;
const usersPerYield = 4096;

/** Selections of users. The last ones are kept, because the pages of a walk are of the same one. */
export const createUserSelections = (
  sources: UserSources,
  ordered: (by: UserOrderField, sequence: number) => Promise<OrderedUsers>,
): ((request: SelectionRequest, work: Work) => Promise<UserSelection>) => {
  const cached = new SharedComputations<UserSelection>({ max: cachedSelectionsMax });

  const select = async ({ where, orderBy, sequence }: SelectionRequest, work: Work): Promise<UserSelection> => {
    const { codes, keyOf, compareTo } = await ordered(orderBy, sequence);
    const test = userTest(where, sources, sequence);
    const found = new Uint32Array(codes.length);
    const maybeYield = createYielder(work);
    let count = 0;
    for (let index = 0; index < codes.length; index++) {
      if (index % usersPerYield === 0) await maybeYield();
      const user = codes[index] as number;
      if (test(user)) found[count++] = user;
    }
    const selected = found.slice(0, count);
    const countWhere = (isBefore: (user: number) => boolean): number => partitionPoint(selected, isBefore);
    return {
      codes: selected,
      keyOf,
      countBefore(key) {
        const compare = compareTo(key);
        return countWhere((user) => compare(user) < 0);
      },
      countUpTo(key) {
        const compare = compareTo(key);
        return countWhere((user) => compare(user) <= 0);
      },
    };
  };

  return (request, work) => cached.find(JSON.stringify(request), work, (shared) => select(request, shared));
};

/** The number of leading values that pass a test, which no value after one that fails passes. */
const partitionPoint = (values: Uint32Array, passes: (value: number) => boolean): number => {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(values[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
};
