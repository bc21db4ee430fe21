import type { ImportTarget } from '../../lib/import-target.ts';

export const ipRangesTarget = {
  name: 'IP_RANGES',
  command: 'ip-ranges',
  description: 'A complete table of IP ranges; it replaces the current one.',
  input: 'RECORDS',
  readOptions: ['delimiter', 'encoding', 'headerLine', 'nullMarkers'],
  joinsFiles: true,
} as const satisfies ImportTarget;
