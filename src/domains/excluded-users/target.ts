import type { ImportTarget } from '../../lib/import-target.ts';

export const excludedUsersTarget = {
  name: 'EXCLUDED_USERS',
  command: 'excluded-users',
  description:
    'Rows of user_id, and optionally from, to, reason: users that experiments leave out, such as bots and staff.',
  input: 'RECORDS',
  readOptions: ['delimiter', 'encoding', 'headerLine', 'dateOrder', 'nullMarkers'],
} as const satisfies ImportTarget;
