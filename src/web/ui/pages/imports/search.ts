import * as z from 'zod/mini';

/** What the address holds. */
export const importsSearch = z.object({
  tab: z.catch(z.optional(z.enum(['imports', 'rejects', 'sync', 'alerts'])), undefined),
});
