import * as z from 'zod/mini';
import { choice, text } from '../../data/search.ts';

export const grains = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const;

/** What the address holds. */
export const conversationsSearch = z.object({
  /** Days in the zone of the page, both inclusive. */
  first: text(z.iso.date()),
  last: text(z.iso.date()),
  grain: choice(grains),
  /** The letter whose conversations are listed; absent: all. */
  symbol: text(z.string().check(z.regex(/^[a-z]$/))),
  /** The conversation whose follow-ups are open. */
  open: text(),
});
