import type { ImportTarget } from '../../lib/import-target.ts';

export const usersTarget = {
  name: 'USERS',
  command: 'users',
  description: 'Rows of user_id, country, gender; the later row of a user wins.',
  input: 'RECORDS',
  readOptions: ['delimiter', 'encoding', 'headerLine', 'nullMarkers'],
} as const satisfies ImportTarget;
