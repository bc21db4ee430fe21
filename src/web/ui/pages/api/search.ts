import * as z from 'zod/mini';
import { choice, text } from '../../data/search.ts';

/** What the address holds. */
export const apiSearch = z.object({
  tab: choice(['documents', 'keys']),
  /** The id of the trusted document that is open. */
  open: text(),
});
