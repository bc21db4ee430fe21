import * as z from 'zod/mini';

/** What the address holds. */
export const lookupSearch = z.object({
  userId: z.catch(z.optional(z.string()), undefined),
});
