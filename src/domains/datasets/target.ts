import type { ImportTarget } from '../../lib/import-target.ts';

export const datasetTarget = {
  name: 'DATASET',
  command: 'dataset',
  description: 'Any CSV file: it becomes a table of its own, with inferred column types.',
  input: 'TABLE',
  readOptions: ['delimiter', 'encoding', 'headerLine', 'decimal', 'dateOrder', 'nullMarkers'],
} as const satisfies ImportTarget;
