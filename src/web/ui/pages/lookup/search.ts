import * as z from 'zod/mini';

/** What the address holds. */
export const lookupSearch = z.object({
  // Written by hand, `userId=17` is a number.
  userId: z.catch(z.optional(z.coerce.string()), undefined),
  /** The instant of the status. */
  date: z.catch(z.optional(z.string()), undefined),
  /** The addresses as they were pasted, when there are few enough for a link. */
  addresses: z.catch(z.optional(z.string()), undefined),
  /** The address whose explanation is open. */
  ip: z.catch(z.optional(z.string()), undefined),
});
