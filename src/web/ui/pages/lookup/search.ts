import * as z from 'zod/mini';
import { text } from '../../data/search.ts';

/** What the address holds. */
export const lookupSearch = z.object({
  userId: text(),
  /** The instant of the status. */
  date: text(),
  /** The addresses as they were pasted, when there are few enough for a link. */
  addresses: text(),
  /** The address whose explanation is open. */
  ip: text(),
});
