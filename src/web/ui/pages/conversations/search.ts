import * as z from 'zod/mini';

/** What the address holds. */
export const conversationsSearch = z.object({
  from: z.catch(z.optional(z.string()), undefined),
});
