import { z } from '@hono/zod-openapi';
import { statusCodes } from '../../domains/user-status/status.ts';
import { formatMicros } from '../../lib/decimal.ts';
import { ExactNumber } from '../../lib/exact-json.ts';
import { asOfOf, asOfParameters } from '../as-of.ts';
import { defineRoute, ledgerAlone } from '../route.ts';

const group = z.object({
  user_status: z.enum(statusCodes).openapi({ description: 'Status of the user at the time of the transaction.' }),
  city: z.string().openapi({
    description:
      'City of the address, by the table in force, of an earlier snapshot that of its time; `unknown` is a group of its own.',
  }),
  sum: z.number().openapi({ description: 'The exact sum; read it as a decimal where a double is too imprecise.' }),
  count: z.int().min(1),
});

export const transactionsAggregate = defineRoute({
  operationId: 'aggregateTransactions',
  tag: 'Transactions',
  path: '/transactions/aggregate',
  subject: 'facts',
  basis: ledgerAlone,
  summary: 'All transactions by status and city',
  description:
    'Every transaction is in exactly one group. Ordered by status (non-paying, paying, cancelled), then by city. A status change that arrives late and a new table of addresses correct every affected sum.',
  response: {
    schema: z.array(group),
    example: [
      { user_status: 'non-paying', city: 'london', sum: 241, count: 2 },
      { user_status: 'paying', city: 'munich', sum: 20.5, count: 1 },
    ],
  },
  query: asOfParameters,
  errorCodes: ['FACTS_UNAVAILABLE'],
  async handle(asOf, { enrichedAggregate }, { work }) {
    const byStatusAndCity = {
      source: 'TRANSACTIONS',
      groupBy: ['USER_STATUS', 'CITY'],
      timeZone: 'UTC',
      asOf: asOfOf(asOf),
      orderBy: [],
    } as const;
    const aggregation = await enrichedAggregate.aggregate(byStatusAndCity, work);
    const groups = await aggregation.groups();
    return groups.map(({ key, measures: { sum, count } }) => ({
      user_status: key.USER_STATUS,
      city: key.CITY,
      sum: new ExactNumber(formatMicros(sum)),
      count,
    }));
  },
});
