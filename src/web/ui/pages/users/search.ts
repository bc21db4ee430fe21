import * as z from 'zod/mini';

export const statuses = ['PAYING', 'NON_PAYING', 'CANCELLED'] as const;

const optional = <Type>(schema: z.ZodMiniType<Type>) => z.catch(z.optional(schema), undefined);
const age = z.number().check(z.int(), z.nonnegative());

/** What the address holds. */
export const usersSearch = z.object({
  /** The start of an id or a part of a name. */
  search: optional(z.string()),
  countries: optional(z.array(z.string())),
  genders: optional(z.array(z.string())),
  statuses: optional(z.array(z.enum(statuses))),
  /** The instant at which `statuses` and ages count; absent: now, or the time of the snapshot. */
  at: optional(z.string()),
  ageFrom: optional(age),
  ageTo: optional(age),
  /** False: only users of unknown age. */
  ageKnown: optional(z.boolean()),
  image: optional(z.boolean()),
  sort: optional(z.enum(['NAME', 'AGE'])),
  descending: optional(z.boolean()),
});

export type UsersSearch = z.infer<typeof usersSearch>;

export const userSearch = z.object({
  /** Which of the user's facts are listed. */
  list: optional(z.enum(['events'])),
  /** The fact whose explanation is open. */
  open: optional(z.string()),
});
