import { ipRanges, ipTables } from './ip-city.ts';
import { transactions } from './transactions.ts';
import { statusChanges } from './user-status.ts';

export * from './commits.ts';
export * from './intake.ts';
export * from './ip-city.ts';
export * from './transactions.ts';
export * from './user-status.ts';

/** Every table whose rows are records of the ledger. */
export const ledgerTables = [statusChanges, ipRanges, ipTables, transactions];
