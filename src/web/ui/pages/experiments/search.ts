import * as z from 'zod/mini';

/** What the address holds. */
export const experimentSearch = z.object({
  market: z.catch(z.optional(z.string()), undefined),
});
