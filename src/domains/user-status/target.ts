import type { ImportTarget } from '../../lib/import-target.ts';

export const statusChangesTarget = {
  name: 'STATUS_CHANGES',
  command: 'user-status',
  description: 'Rows of user_id, created_at, status.',
  input: 'RECORDS',
  readOptions: ['delimiter', 'encoding', 'headerLine', 'dateOrder', 'nullMarkers', 'statusWords'],
} as const satisfies ImportTarget;
