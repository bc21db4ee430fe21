import * as z from 'zod/mini';

const optional = <Schema extends z.core.$ZodType>(schema: Schema) => z.catch(z.optional(schema), undefined);

const texts = optional(z.array(z.coerce.string()));

/** Which events: the same conditions as the server's filter, those that this page offers. */
const eventFilter = z.object({
  countries: texts,
  variants: texts,
  accountTypes: texts,
  eventTypes: texts,
  genders: texts,
  userStatus: optional(z.array(z.enum(['PAYING', 'CANCELLED', 'NON_PAYING']))),
  hasImage: optional(z.boolean()),
  userIds: texts,
  /** When the events happened, `[from, to)`. */
  from: optional(z.string()),
  to: optional(z.string()),
  /** Those dated outside of the period of the experiment, which do not count; for rows only. */
  outside: optional(z.boolean()),
  /** How they arrived; for rows only. */
  arrival: optional(z.enum(['IN_TIME', 'LATE', 'FUTURE'])),
});

export type EventFilterSearch = z.infer<typeof eventFilter>;

export const panels = ['plan', 'filter', 'excluded', 'alerts'] as const;

/** What the address of an experiment holds. */
export const experimentSearch = z.object({
  /** The selected market: the rest of the page shows only it. */
  market: optional(z.coerce.string()),
  /** With it the selected cell. */
  variant: optional(z.coerce.string()),
  /** Which events count; of `from` and `to` the time in which users were first seen. */
  where: optional(eventFilter),
  /** The rows in the drawer; absent: it is closed. */
  rows: optional(eventFilter),
  /** The row that is explained. */
  fact: optional(z.string()),
  metric: optional(z.enum(['ORDER_VALUE_PER_USER', 'ORDERS_PER_USER', 'CONVERSION'])),
  cap: optional(z.coerce.number().check(z.positive(), z.maximum(1))),
  orders: texts,
  difference: optional(z.enum(['absolute', 'relative'])),
  eachMarket: optional(z.boolean()),
  /** Whether arrival is drawn by the time of arrival rather than by that of the events. */
  received: optional(z.boolean()),
  grain: optional(z.enum(['MINUTE', 'HOUR', 'DAY', 'WEEK'])),
  panel: optional(z.enum(panels)),
  edit: optional(z.boolean()),
});

export type ExperimentSearch = z.infer<typeof experimentSearch>;

/** What the address of the list holds. */
export const experimentsSearch = z.object({
  verdict: optional(z.enum(['BROKEN', 'WATCH', 'HEALTHY', 'NOT_ENOUGH_DATA', 'NO_DATA'])),
  /** The form of a new plan is open. */
  create: optional(z.boolean()),
});
