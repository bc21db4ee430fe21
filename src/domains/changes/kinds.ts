import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as tables from '../../../db/tables/index.ts';

/** Kinds whose changes are records of the ledger. */
const recordedKinds = [
  'TRANSACTIONS',
  'EVENTS',
  'STATUS_CHANGES',
  'USERS',
  'IP_RANGES',
  'CONVERSATIONS',
  'EXPERIMENTS',
  'EXCLUDED_USERS',
] as const;

export type RecordedKind = (typeof recordedKinds)[number];

/** Kinds of which some changes have no sequence number. */
export const unrecordedKinds = [
  'IMPORTS',
  'REJECTED_RECORDS',
  'DATASETS',
  'ALERTS',
  'USER_SYNC',
  'API_KEYS',
  'DOCUMENTS',
] as const;

export const changeKinds = [...recordedKinds, ...unrecordedKinds] as const;

/** What a client can show and has to query again when it changes. */
export type ChangeKind = (typeof changeKinds)[number];

/**
 * The kinds of each table; none for tables that no client can read. Staged user files count from their synchronization
 * on, and repeats of events show in the figures on their arrival.
 */
const kindsByTable: Readonly<Record<keyof typeof tables, readonly ChangeKind[]>> = {
  alertRules: ['ALERTS'],
  alertChanges: ['ALERTS'],
  alertAttempts: ['ALERTS'],
  alertDeliveries: ['ALERTS'],
  alertCursors: [],
  apiKeys: ['API_KEYS'],
  commits: [],
  rowDigests: [],
  storeState: [],
  erasedRecords: [],
  ledgerSegments: [],
  archivedKeys: [],
  conversations: ['CONVERSATIONS'],
  followups: ['CONVERSATIONS'],
  datasets: ['DATASETS'],
  datasetVersions: ['DATASETS'],
  excludedUsers: ['EXCLUDED_USERS'],
  experiments: ['EXPERIMENTS'],
  experimentEvents: ['EVENTS'],
  experimentRepeats: ['EVENTS'],
  idempotencyKeys: [],
  imports: ['IMPORTS'],
  rejectedRecords: ['REJECTED_RECORDS'],
  rejectGroups: ['REJECTED_RECORDS'],
  ipRanges: [],
  ipTables: ['IP_RANGES'],
  transactions: ['TRANSACTIONS'],
  userFiles: [],
  userFileSyncs: ['USERS', 'USER_SYNC'],
  userFileOutputs: ['USER_SYNC'],
  statusChanges: ['STATUS_CHANGES'],
  userProfiles: ['USERS'],
};

const kindsOf = new Map<SQLiteTable, readonly ChangeKind[]>(
  Object.entries(tables).map(([name, table]) => [table, kindsByTable[name as keyof typeof tables]]),
);

/** The kinds that a change of a table is a change of. */
export const kindsOfTable = (table: SQLiteTable): readonly ChangeKind[] => kindsOf.get(table) ?? [];
