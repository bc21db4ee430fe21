import * as z from 'zod/mini';
import { choice, flag, json, list, number, text } from '../../data/search.ts';

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
  market: text(),
  /** With it the selected cell. */
  variant: text(),
  /** Which events count; of `from` and `to` the time in which users were first seen. */
  where: json(eventFilter),
  /** The rows in the drawer; absent: it is closed. */
  rows: json(eventFilter),
  /** The row that is explained. */
  fact: text(),
  metric: choice(['ORDER_VALUE_PER_USER', 'ORDERS_PER_USER', 'CONVERSION']),
  cap: number(z.number().check(z.positive(), z.maximum(1))),
  orders: list(z.string()),
  difference: choice(['absolute', 'relative']),
  eachMarket: flag(),
  /** Whether arrival is drawn by the time of arrival rather than by that of the events. */
  received: flag(),
  grain: choice(['MINUTE', 'HOUR', 'DAY', 'WEEK']),
  panel: choice(panels),
  edit: flag(),
});

export type ExperimentSearch = z.infer<typeof experimentSearch>;

/** What the address of the list holds. */
export const experimentsSearch = z.object({
  verdict: choice(['BROKEN', 'WATCH', 'HEALTHY', 'NOT_ENOUGH_DATA', 'NO_DATA']),
  /** The form of a new plan is open. */
  create: flag(),
});
