import * as z from 'zod/mini';

/** What the address holds. */
export const overviewSearch = z.object({
  range: z.catch(z.optional(z.enum(['day', 'week', 'month'])), undefined),
});
