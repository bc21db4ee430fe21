import type { z } from '@hono/zod-openapi';
import type { AsOf } from '../domains/facts/engine.ts';
import { parameter } from './parameters.ts';

/** The parameters that name an earlier snapshot; both together are refused. */
export const snapshotParameters = {
  sequence: parameter('sequence', (fields) => fields.integer('sequence', 0), {
    description:
      'The state of the data: only records up to this sequence number count. The same number always gives the same answer.',
    example: '5',
  }).optional(),
  known_at: parameter('known_at', (fields) => fields.instant('known_at'), {
    description: 'The state of the data: only what was recorded by then counts. Not together with `sequence`.',
    example: '2026-11-25T10:00:00Z',
  }).optional(),
};

/** Also the instant whose values are used. */
export const asOfParameters = {
  ...snapshotParameters,
  valid_at: parameter('valid_at', (fields) => fields.instant('valid_at'), {
    description: 'The instant whose status and attributes of users are used; default: the own time of each fact.',
    example: '2026-11-25T10:00:00Z',
  }).optional(),
};

type Sent = { readonly [Name in keyof typeof asOfParameters]?: z.output<(typeof asOfParameters)[Name]> };

/** The parameters with the names that the domains use. */
export const asOfOf = ({ sequence, known_at: knownAtUs, valid_at: validAtUs }: Sent): AsOf => ({
  sequence,
  knownAtUs,
  validAtUs,
});
