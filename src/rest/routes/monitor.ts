import { z } from '@hono/zod-openapi';
import { asOfOf, snapshotParameters } from '../as-of.ts';
import { accountType, country, eventType, experiment } from '../parameters.ts';
import { defineRoute } from '../route.ts';

export const monitorOfCountry = defineRoute({
  operationId: 'getMonitor',
  tag: 'Experiments',
  path: '/monitor',
  subject: 'facts',
  // Which experiment runs changes with the clock. What is counted of it does not: only records and its plan decide.
  basis: ({ ledger, experiments, nowUs }) => ({
    state: ledger.snapshot(),
    parts: [experiments.current(nowUs()).key],
  }),
  summary: 'Events of the running experiment by country and variant',
  description:
    'The default is all countries; users without a country in the users files are in `unknown`. Only countries and variants with events, ordered by both. With `sequence` or `known_at` everything is as it was known then: events, countries, exclusions and plans. The GraphQL API has the complete monitor.',
  query: {
    country: country.optional(),
    experiment: experiment.optional(),
    account_type: accountType.optional(),
    event_type: eventType.optional(),
    ...snapshotParameters,
  },
  response: {
    schema: z.array(z.object({ country: z.string(), version: z.string(), nbr_events: z.int().min(1) })),
    example: [
      { country: 'SE', version: 'A', nbr_events: 1201 },
      { country: 'SE', version: 'B', nbr_events: 1198 },
    ],
  },
  async handle({ country, experiment: key, account_type: account, event_type: event, ...asOf }, { monitor }, { work }) {
    const where = {
      ...(account === undefined ? {} : { accountTypes: [account] }),
      ...(event === undefined ? {} : { eventTypes: [event] }),
    };
    const hasFilter = Object.keys(where).length > 0;
    const request = { country, experiment: key, where: hasFilter ? where : undefined, timeZone: 'UTC' };
    const cells = await monitor.exposures({ ...request, asOf: asOfOf(asOf) }, work);
    return cells
      .filter(({ eventCount }) => eventCount > 0)
      .map((cell) => ({ country: cell.country, version: cell.variant, nbr_events: cell.eventCount }));
  },
});
