import type { ImportTarget } from '../../lib/import-target.ts';

export const transactionsTarget = {
  name: 'TRANSACTIONS',
  command: 'transactions',
  description: 'Rows of click_id, created_at, product_id, product_price, user_id, ip.',
  input: 'RECORDS',
  readOptions: ['delimiter', 'encoding', 'headerLine', 'decimal', 'dateOrder', 'nullMarkers'],
} as const satisfies ImportTarget;
