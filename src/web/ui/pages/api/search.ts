import * as z from 'zod/mini';

/** What the address holds. */
export const apiSearch = z.object({
  tab: z.catch(z.optional(z.enum(['documents', 'keys'])), undefined),
  /** The id of the trusted document that is open. */
  open: z.catch(z.optional(z.string()), undefined),
});
