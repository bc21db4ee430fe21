import { z } from '@hono/zod-openapi';
import { asOfOf, snapshotParameters } from '../as-of.ts';
import { ip } from '../parameters.ts';
import { defineRoute, ledgerAlone } from '../route.ts';

const lookup = {
  subject: 'facts',
  basis: ledgerAlone,
  description:
    'The city of the narrowest range that contains the address, as written in the table in force, of an earlier snapshot in that of its time; `unknown` when no range does.',
  response: { schema: z.object({ city: z.string() }), example: { city: 'london' } },
} as const;

export const ipCityByPath = defineRoute({
  operationId: 'getIpCity',
  tag: 'IP addresses',
  ...lookup,
  path: '/ip_city/{ip}',
  // A block like 10.0.0.0/8 is a malformed address, not an unknown path.
  isCatchAll: true,
  summary: 'The city of an address',
  params: { ip },
  query: snapshotParameters,
  handle: async ({ ip, ...asOf }, { ipCity }) => ({ city: (await ipCity.cityAsOf(ip, asOfOf(asOf))).city }),
});

export const ipCityByQuery = defineRoute({
  operationId: 'getIpCityByQuery',
  tag: 'IP addresses',
  ...lookup,
  path: '/ip_city',
  summary: 'The city of an address, with the address in the query',
  query: { ip, ...snapshotParameters },
  handle: async ({ ip, ...asOf }, { ipCity }) => ({ city: (await ipCity.cityAsOf(ip, asOfOf(asOf))).city }),
});
