import type { ImportTarget } from '../../lib/import-target.ts';

export const experimentEventsTarget = {
  name: 'EXPERIMENT_EVENTS',
  command: 'events',
  description: 'Rows of user_id, account_type, date, event_type, order_value, version.',
  input: 'RECORDS',
  readOptions: ['delimiter', 'encoding', 'headerLine', 'decimal', 'dateOrder', 'nullMarkers'],
} as const satisfies ImportTarget;
