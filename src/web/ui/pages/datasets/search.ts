import * as z from 'zod/mini';

/** What the address holds. */
export const datasetsSearch = z.object({
  import: z.catch(z.optional(z.string()), undefined),
});

/** What the address holds. */
export const datasetSearch = z.object({
  search: z.catch(z.optional(z.string()), undefined),
});
