import * as z from 'zod/mini';

/** What the address holds. */
export const revenueSearch = z.object({
  rows: z.catch(z.optional(z.string()), undefined),
});
