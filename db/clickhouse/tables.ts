import { randomUUID } from 'node:crypto';
import { DomainError } from '../../src/errors.ts';
import type { Connection } from './connection.ts';

/** The version of these tables: a database of another one is projected anew. */
const version = '3';

/** What is copied from the ledger, and the columns that blocks of it have. */
export const tables = {
  transactions: {
    columns: ['seq', 'user_id', 'occurred_at_us', 'recorded_at_us', 'amount', 'product', 'ip'],
    types: [...['UInt64', 'String', 'Int64', 'Int64', 'Decimal(38, 0)', 'String', 'String']],
    order: 'user_id, occurred_at_us, seq',
  },
  experiment_events: {
    columns: ['seq', 'user_id', 'occurred_at_us', 'recorded_at_us', 'amount', 'experiment', 'variant'].concat([
      ...['account_type', 'event_type'],
    ]),
    types: ['UInt64', 'String', 'Int64', 'Int64', 'Nullable(Decimal(38, 0))', 'LowCardinality(String)'].concat([
      ...['LowCardinality(String)', 'LowCardinality(String)', 'LowCardinality(String)'],
    ]),
    order: 'user_id, occurred_at_us, seq',
  },
  /** Starts of conversations, with the letter of each and whether the guess was wrong. */
  conversations: {
    columns: ['seq', 'recorded_at_us', 'symbol', 'is_wrong'],
    types: ['UInt64', 'Int64', 'LowCardinality(String)', 'UInt8'],
    order: 'symbol, seq',
  },
  /**
   * From which record on follow-ups count to a conversation: their own, or its later start. Orphans have the symbol '', and
   * no start; those that a start ends are subtracted.
   */
  followup_counts: {
    columns: ['seq', 'symbol', 'start_seq', 'start_at_us', 'followups'],
    types: ['UInt64', 'LowCardinality(String)', 'UInt64', 'Int64', 'Int64'],
    order: 'symbol, start_seq, seq',
  },
  status_changes: {
    columns: ['user_id', 'at_us', 'seq', 'status'],
    types: ['String', 'Int64', 'UInt64', 'LowCardinality(String)'],
    order: 'user_id, at_us, seq',
  },
  user_attributes: {
    columns: ['user_id', 'seq', 'country', 'gender'],
    types: ['String', 'UInt64', 'LowCardinality(String)', 'LowCardinality(String)'],
    order: 'user_id, seq',
  },
  /** The days on which a user enters each band of ages; empty for an unknown birth. */
  user_births: {
    columns: ['user_id', 'seq', 'band_days'],
    types: ['String', 'UInt64', 'Array(Int32)'],
    order: 'user_id, seq',
  },
  user_images: {
    columns: ['user_id', 'seq', 'has_image'],
    types: ['String', 'UInt64', 'UInt8'],
    order: 'user_id, seq',
  },
  /** The days of UTC that facts are dated on, with the `seq` of the first fact of each. */
  fact_days: {
    columns: ['source', 'day', 'first_seq'],
    types: ['LowCardinality(String)', 'Int32', 'SimpleAggregateFunction(min, UInt64)'],
    order: 'source, day',
    engine: 'AggregatingMergeTree',
  },
  /** The cities of the addresses of facts by a table of addresses, `unknown` for none. */
  ip_cities: {
    columns: ['table_seq', 'ip', 'city'],
    types: ['UInt64', 'String', 'LowCardinality(String)'],
    order: 'table_seq, ip',
  },
  /** Up to which sequence number the addresses of facts have their cities by a table. */
  ip_cities_progress: {
    columns: ['table_seq', 'covered_seq'],
    types: ['UInt64', 'UInt64'],
    order: 'table_seq, covered_seq',
  },
  /**
   * The ranges of the ledger that are copied. A range is PLANNED before its first row is inserted and DONE after the last one,
   * so that after a crash the same range is inserted again, of which ClickHouse drops what it has.
   */
  progress: {
    columns: ['after_seq', 'last_seq', 'state', 'digest', 'erased'],
    types: ['UInt64', 'UInt64', 'LowCardinality(String)', 'String', 'UInt64'],
    order: 'last_seq, state',
  },
  /**
   * The generations of stored enrichment (see `enrichment.ts`). A generation is BUILT up to `last_seq`, then advanced by
   * steps: PLANNED before the first row, DONE after the last. Rows of an attempt that is not DONE do not count.
   */
  enrichment_progress: {
    columns: ['generation', 'address_table', 'after_seq', 'last_seq', 'attempt', 'state', 'superseded'],
    types: ['UInt64', 'UInt64', 'UInt64', 'UInt64', 'UInt32', 'LowCardinality(String)', 'UInt64'],
    order: 'generation, last_seq, state',
  },
  /** The version of the tables, and the digest of the first commit of the ledger that they are copied from. */
  asof_owner: { columns: ['key', 'value'], types: ['String', 'String'], order: 'key' },
} as const satisfies Readonly<Record<string, TableDefinition>>;

export interface TableDefinition {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly order: string;
  /** Default: MergeTree. */
  readonly engine?: string;
}

export type TableName = keyof typeof tables;

/** Number of the last blocks of a table whose repeats are recognized: only the last one is ever repeated. */
const repeatsRecognized = 1000;

/** What blocks and steps are found by in tables that are in the order of users: parts of other ranges are not read. */
const rangeColumns = ['seq', 'from_seq'];

/** The statement that creates a table. */
export const creationOf = (connection: Connection, name: string, definition: TableDefinition): string => {
  const { columns, types, order, engine = 'MergeTree' } = definition;
  const fields = columns.map((column, index) => `${column} ${types[index]}`);
  const ranges = columns
    .filter((column) => rangeColumns.includes(column))
    .map((column) => `INDEX ${column}_range ${column} TYPE minmax GRANULARITY 1`);
  return `CREATE TABLE IF NOT EXISTS ${connection.table(name)} (${[...fields, ...ranges].join(', ')}) ENGINE = ${engine} ORDER BY (${order}) SETTINGS non_replicated_deduplication_window = ${repeatsRecognized}`;
};

const tableNames = Object.keys(tables) as readonly TableName[];

/** Creates the database and its tables where they are missing. Throws CONFLICT for a database of something else. */
export const createTables = async (connection: Connection, ledgerId: string | null): Promise<void> => {
  await connection.command(`CREATE DATABASE IF NOT EXISTS ${connection.database}`);
  const existing = await tablesOf(connection);
  const isOurs = existing.includes('asof_owner');
  if (existing.length > 0 && !isOurs)
    throw new DomainError(
      'CONFLICT',
      `the database ${connection.database} has tables of something else: name an empty one (setting clickhouseDatabase)`,
    );
  await connection.command(creationOf(connection, 'asof_owner', tables.asof_owner));
  const stored = new Map(
    await connection.rows<[string, string]>(`SELECT key, value FROM ${connection.table('asof_owner')}`),
  );
  const owner = stored.get('ledger');
  if (owner !== undefined && owner !== ledgerId)
    throw new DomainError(
      'CONFLICT',
      `the database ${connection.database} belongs to another ledger: name another one (setting clickhouseDatabase), or drop it`,
    );
  if (stored.get('version') === version) return;
  if (isOurs) await dropTables(connection);
  await createAll(connection);
};

/** Drops what was copied, and creates the tables without rows. */
export const createAnew = async (connection: Connection): Promise<void> => {
  await dropTables(connection);
  await createAll(connection);
};

/** The names of the tables of the database. */
export const tablesOf = async (connection: Connection): Promise<string[]> =>
  (await connection.rows<[string]>(`SHOW TABLES FROM ${connection.database}`)).map(([name]) => name);

const dropTables = async (connection: Connection): Promise<void> => {
  // The owner stays: without it the tables would be those of something else.
  for (const name of await tablesOf(connection))
    if (name !== 'asof_owner') await connection.command(`DROP TABLE IF EXISTS ${connection.table(name)} SYNC`);
  await connection.command(`TRUNCATE TABLE ${connection.table('asof_owner')}`);
};

const createAll = async (connection: Connection): Promise<void> => {
  for (const name of tableNames) await connection.command(creationOf(connection, name, tables[name]));
  await setOwner(connection, 'version', version);
};

/** Notes something about the tables, once. */
export const setOwner = (connection: Connection, key: 'version' | 'ledger', value: string): Promise<void> =>
  connection.insert('asof_owner', tables.asof_owner.columns, [[key, value]], `${key} ${value} ${randomUUID()}`);
