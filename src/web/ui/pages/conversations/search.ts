import * as z from 'zod/mini';

export const grains = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const;

/** What the address holds. */
export const conversationsSearch = z.object({
  /** Days in the zone of the page, both inclusive. */
  first: z.catch(z.optional(z.iso.date()), undefined),
  last: z.catch(z.optional(z.iso.date()), undefined),
  grain: z.catch(z.optional(z.enum(grains)), undefined),
  /** The letter whose conversations are listed; absent: all. */
  symbol: z.catch(z.optional(z.string().check(z.regex(/^[a-z]$/))), undefined),
  /** The conversation whose follow-ups are open. */
  open: z.catch(z.optional(z.string()), undefined),
});
