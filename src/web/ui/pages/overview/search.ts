import * as z from 'zod/mini';
import { choice, flag } from '../../data/search.ts';

export const periods = ['day', 'week', 'month'] as const;

export type Period = (typeof periods)[number];

export const defaultPeriod: Period = 'week';

/** What the address holds. */
export const overviewSearch = z.object({
  /** The length of the periods of the trends; absent: `defaultPeriod`. */
  period: choice(periods),
  /** Whether the trends are shown as a table. */
  table: flag(),
});
