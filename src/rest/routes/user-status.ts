import { z } from '@hono/zod-openapi';
import { statusCodes } from '../../domains/user-status/status.ts';
import { asOfOf, snapshotParameters } from '../as-of.ts';
import { date, userId } from '../parameters.ts';
import { defineRoute, ledgerAlone } from '../route.ts';

const lookup = {
  subject: 'facts',
  basis: ledgerAlone,
  description:
    'The status of the last change at or before the date; of several changes at the same instant the later record counts. A user without a change by then, or an unknown user, is `non-paying`.',
  response: { schema: z.object({ user_status: z.enum(statusCodes) }), example: { user_status: 'paying' } },
} as const;

export const userStatusByPath = defineRoute({
  operationId: 'getUserStatus',
  tag: 'User status',
  ...lookup,
  path: '/user_status/{user_id}',
  summary: 'The status of a user at an instant',
  params: { user_id: userId },
  query: { date, ...snapshotParameters },
  handle: ({ user_id, date, ...asOf }, { userStatus }) => ({
    user_status: userStatus.statusAt(user_id, date, asOfOf(asOf)).status,
  }),
});

export const userStatusByQuery = defineRoute({
  operationId: 'getUserStatusByQuery',
  tag: 'User status',
  ...lookup,
  path: '/user_status',
  summary: 'The status of a user at an instant, with the id in the query; a path cannot contain ids like `.` and `..`',
  query: { user_id: userId, date, ...snapshotParameters },
  handle: ({ user_id, date, ...asOf }, { userStatus }) => ({
    user_status: userStatus.statusAt(user_id, date, asOfOf(asOf)).status,
  }),
});
