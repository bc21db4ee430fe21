import * as z from 'zod/mini';

export const periods = ['day', 'week', 'month'] as const;

export type Period = (typeof periods)[number];

export const defaultPeriod: Period = 'week';

/** What the address holds. */
export const overviewSearch = z.object({
  /** The length of the periods of the trends; absent: `defaultPeriod`. */
  period: z.catch(z.optional(z.enum(periods)), undefined),
  /** Whether the trends are shown as a table. */
  table: z.catch(z.optional(z.boolean()), undefined),
});
