import { is } from 'drizzle-orm';
import { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { LedgerTable } from '../../store.ts';
import * as tables from '../../tables/index.ts';

/** Every table whose rows are records of the ledger: it has the columns of `ledgerColumns`. */
export const ledgerTables: readonly LedgerTable[] = Object.values(tables).filter(
  (table): table is typeof table & LedgerTable => is(table, SQLiteTable) && 'seq' in table && 'recordedAtUs' in table,
);
