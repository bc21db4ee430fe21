import { z } from '@hono/zod-openapi';
import { country } from '../parameters.ts';
import { defineRoute } from '../route.ts';

export const monitorOfCountry = defineRoute({
  path: '/monitor',
  subject: 'facts',
  summary: 'Events of the running experiment by country and variant',
  description:
    'Without a country all of them; users that no users file names are in the country `unknown`. Only what has events, ordered by country and variant. The whole monitor is in GraphQL.',
  query: { country: country.optional() },
  answer: {
    schema: z.array(z.object({ country: z.string(), version: z.string(), nbr_events: z.int().min(1) })),
    example: [
      { country: 'SE', version: 'A', nbr_events: 1201 },
      { country: 'SE', version: 'B', nbr_events: 1198 },
    ],
  },
  async handle({ country }, { monitor }) {
    const cells = await monitor.exposures({ country, timeZone: 'UTC' });
    return cells
      .filter(({ eventCount }) => eventCount > 0)
      .map((cell) => ({ country: cell.country, version: cell.variant, nbr_events: cell.eventCount }));
  },
});
