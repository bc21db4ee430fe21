import * as z from 'zod/mini';

/** What the address holds. */
export const usersSearch = z.object({
  search: z.catch(z.optional(z.string()), undefined),
});

/** What the address holds. */
export const userSearch = z.object({
  open: z.catch(z.optional(z.string()), undefined),
});
