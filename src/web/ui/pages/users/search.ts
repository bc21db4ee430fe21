import * as z from 'zod/mini';
import { choice, flag, list, number, text } from '../../data/search.ts';

export const statuses = ['PAYING', 'NON_PAYING', 'CANCELLED'] as const;

const age = z.number().check(z.int(), z.nonnegative());

/** What the address holds. */
export const usersSearch = z.object({
  /** The start of an id or a part of a name. */
  search: text(),
  countries: list(z.string()),
  genders: list(z.string()),
  statuses: list(z.enum(statuses)),
  /** The instant at which `statuses` and ages count; absent: now, or the time of the snapshot. */
  at: text(),
  ageFrom: number(age),
  ageTo: number(age),
  /** False: only users of unknown age. */
  ageKnown: flag(),
  image: flag(),
  sort: choice(['NAME', 'AGE']),
  descending: flag(),
});

export type UsersSearch = z.infer<typeof usersSearch>;

export const userSearch = z.object({
  /** Which of the user's facts are listed. */
  list: choice(['events']),
  /** The fact whose explanation is open. */
  open: text(),
});
