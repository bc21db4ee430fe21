import { randomUUID } from 'node:crypto';
import { DomainError } from '../../src/errors.ts';
import { type Connection, isTableMissing } from './connection.ts';
import { textLiteral } from './literals.ts';
import type { Rows } from './rows.ts';

/** The version of these tables: a database of another one is projected anew. */
const version = '5';

/** On a cluster, tables that only this program reads are on the first shard. */
const firstShard = '0';

/** Rows of these tables are on every shard: each has the slot that it is for, see `insertEverywhere`. */
const everyShard = 'slot';

/** What is copied from the ledger, and the columns that blocks of it have. */
export const tables = {
  transactions: {
    columns: ['seq', 'user_id', 'occurred_at_us', 'recorded_at_us', 'amount', 'product', 'ip'],
    types: [...['UInt64', 'String', 'Int64', 'Int64', 'Decimal(38, 0)', 'String', 'String']],
    order: 'user_id, occurred_at_us, seq',
  },
  /**
   * `batch`: see `FactKnowledge.batchOf`; `arrival_seq`: the last event of its transaction; `newest_before_us`: the latest time
   * of the events before it, each as if it had happened at its storing at the latest.
   */
  experiment_events: {
    columns: ['seq', 'user_id', 'occurred_at_us', 'recorded_at_us', 'amount', 'experiment', 'variant'].concat([
      ...['account_type', 'event_type', 'batch', 'arrival_seq', 'newest_before_us'],
    ]),
    types: ['UInt64', 'String', 'Int64', 'Int64', 'Nullable(Decimal(38, 0))', 'LowCardinality(String)'].concat([
      ...['LowCardinality(String)', 'LowCardinality(String)', 'LowCardinality(String)'],
      ...['UInt64', 'UInt64', 'Int64'],
    ]),
    order: 'user_id, occurred_at_us, seq',
  },
  /** The last event of each batch. */
  event_batches: {
    columns: ['batch', 'last_seq'],
    types: ['UInt64', 'SimpleAggregateFunction(max, UInt64)'],
    order: 'batch',
    engine: 'AggregatingMergeTree',
  },
  /** Starts of conversations, with the letter of each and whether the guess was wrong. */
  conversations: {
    columns: ['seq', 'recorded_at_us', 'symbol', 'is_wrong'],
    types: ['UInt64', 'Int64', 'LowCardinality(String)', 'UInt8'],
    order: 'symbol, seq',
    shardBy: 'cityHash64(seq)',
  },
  /**
   * From which record on follow-ups count to a conversation: their own, or its later start. Orphans have the symbol '', and
   * no start; those that a start ends are subtracted.
   */
  followup_counts: {
    columns: ['seq', 'symbol', 'start_seq', 'start_at_us', 'followups'],
    types: ['UInt64', 'LowCardinality(String)', 'UInt64', 'Int64', 'Int64'],
    order: 'symbol, start_seq, seq',
    shardBy: 'cityHash64(seq)',
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
    shardBy: everyShard,
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
  asof_owner: { columns: ['key', 'value'], types: ['String', 'String'], order: 'key', shardBy: everyShard },
} as const satisfies Readonly<Record<string, TableDefinition>>;

export interface TableDefinition {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly order: string;
  /** Default: MergeTree. */
  readonly engine?: string;
  /** On a cluster, the expression that says which shard a row belongs to. Default: by user, which keeps joins on a shard. */
  readonly shardBy?: string;
}

export type TableName = keyof typeof tables;

/** Number of the last blocks of a table whose repeats are recognized: only the last one is ever repeated. */
const repeatsRecognized = 1000;

/** What blocks and steps are found by in tables that are in the order of users: parts of other ranges are not read. */
const rangeColumns = ['seq', 'from_seq'];

/** Longer than any pause after which a block is repeated, seconds. */
const repeatsRecognizedS = 3_000_000_000;

/** Creates a table where it is missing; on a cluster that of each shard, and the one over all of them. */
export const createTable = async (connection: Connection, name: string, definition: TableDefinition): Promise<void> => {
  for (const sql of creationsOf(connection, name, definition)) await connection.command(sql);
};

const creationsOf = (connection: Connection, name: string, definition: TableDefinition): string[] => {
  const { columns, types, order, engine = 'MergeTree' } = definition;
  const shardBy = definition.shardBy ?? (columns.includes('user_id') ? 'cityHash64(user_id)' : firstShard);
  const { isCluster, onCluster } = connection;
  const fields = columns.map((column, index) => `${column} ${types[index]}`);
  if (isCluster && shardBy === everyShard) fields.push(`${everyShard} UInt32`);
  const ranges = columns
    .filter((column) => rangeColumns.includes(column))
    .map((column) => `INDEX ${column}_range ${column} TYPE minmax GRANULARITY 1`);
  const create = `CREATE TABLE IF NOT EXISTS`;
  const content = `(${[...fields, ...ranges].join(', ')}) ENGINE =`;
  if (!isCluster)
    return [
      `${create} ${connection.table(name)} ${content} ${engine} ORDER BY (${order}) SETTINGS non_replicated_deduplication_window = ${repeatsRecognized}`,
    ];
  const window = `replicated_deduplication_window = ${repeatsRecognized}, replicated_deduplication_window_seconds = ${repeatsRecognizedS}`;
  return [
    `${create} ${connection.local(name)}${onCluster} ${content} Replicated${engine} ORDER BY (${order}) SETTINGS ${window}`,
    `${create} ${connection.table(name)}${onCluster} (${fields.join(', ')}) ENGINE = ${connection.overShardsEngine(name, shardBy)}`,
  ];
};

/** Adds rows once, as `insert` of a connection; on a cluster to the table of every shard. */
export const insertEverywhere = async (
  connection: Connection,
  name: 'asof_owner' | 'ip_cities',
  rows: Rows,
  token: string,
): Promise<void> => {
  const { columns } = tables[name];
  if (!connection.isCluster) return connection.insert(name, columns, rows, token);
  const { slots } = await connection.shape();
  const ofSlots = slots.flatMap((_, slot) => rows.map((row) => [...row, slot]));
  return connection.insert(name, [...columns, everyShard], ofSlots, token);
};

const tableNames = Object.keys(tables) as readonly TableName[];

/** Creates the database and its tables where they are missing. Throws CONFLICT for a database of something else. */
export const createTables = async (connection: Connection, ledgerId: string | null): Promise<void> => {
  const { database, onCluster } = connection;
  connection.forgetShape();
  const existing = await tablesOf(connection);
  const isOurs = existing.includes(connection.localName('asof_owner'));
  if (existing.length > 0 && !isOurs) {
    const isOtherwise = existing.some((name) => name.startsWith('asof_owner'));
    throw new DomainError(
      'CONFLICT',
      `the database ${database} has tables ${isOtherwise ? 'made with another clickhouseCluster' : 'of something else'}: name an empty one (setting clickhouseDatabase)`,
    );
  }
  if (isOurs && (await areCurrent(connection, ledgerId))) return;
  await connection.command(`CREATE DATABASE IF NOT EXISTS ${database}${onCluster}`);
  await createTable(connection, 'asof_owner', tables.asof_owner);
  await readVersions(connection, ledgerId);
  if (isOurs) await dropTables(connection);
  await createAll(connection);
};

/** Whether all tables are there, and are of this version. */
const areCurrent = async (connection: Connection, ledgerId: string | null): Promise<boolean> => {
  if (!(await isOwnedOnEachShard(connection))) return false;
  try {
    const versions = await readVersions(connection, ledgerId);
    const areEqual = versions.length > 0 && versions.every((other) => other === version);
    return areEqual && (await areShardsAsMade(connection));
  } catch (error) {
    if (isTableMissing(error)) return false;
    throw error;
  }
};

/** The versions that are noted of the tables, on each shard. Throws CONFLICT when they are of another ledger. */
const readVersions = async (connection: Connection, ledgerId: string | null): Promise<string[]> => {
  const notes = await connection.rows<[string, string]>(`SELECT key, value FROM ${connection.table('asof_owner')}`);
  const valuesOf = (key: string): string[] => notes.filter((row) => row[0] === key).map(([, value]) => value);
  if (valuesOf('ledger').some((owner) => owner !== ledgerId))
    throw new DomainError(
      'CONFLICT',
      `the database ${connection.database} belongs to another ledger: name another one (setting clickhouseDatabase), or drop it`,
    );
  return valuesOf('version');
};

/** Whether each shard of a cluster has notes about the tables: reading them all fails otherwise, as of a shard that is away. */
const isOwnedOnEachShard = async (connection: Connection): Promise<boolean> => {
  if (!connection.isCluster) return true;
  const { slots } = await connection.shape();
  const from = await connection.systemTable('tables');
  const name = textLiteral(connection.localName('asof_owner'));
  const sql = `SELECT uniqExact(shardNum()) FROM ${from} WHERE database = ${connection.databaseText} AND name = ${name}`;
  const [row] = await connection.rows<[number]>(sql);
  return Number(row?.[0]) === new Set(slots).size;
};

/** Whether each slot of a cluster still is on the shard where it was when the tables were made. */
const areShardsAsMade = async (connection: Connection): Promise<boolean> => {
  if (!connection.isCluster) return true;
  const { slots } = await connection.shape();
  const found = await connection.rows<[number, number]>(
    `SELECT DISTINCT ${everyShard}, _shard_num FROM ${connection.table('asof_owner')} WHERE key = 'version'`,
  );
  return found.length === slots.length && found.every(([slot, shard]) => slots[Number(slot)] === Number(shard));
};

/** Drops what was copied, and creates the tables without rows. */
export const createAnew = async (connection: Connection): Promise<void> => {
  await dropTables(connection);
  await createAll(connection);
};

/** The names of the tables of the database, on any shard. */
export const tablesOf = async (connection: Connection): Promise<string[]> => {
  const sql = `SELECT DISTINCT name FROM ${await connection.systemTable('tables')} WHERE database = ${connection.databaseText}`;
  return (await connection.rows<[string]>(sql)).map(([name]) => name);
};

/** Drops a table; on a cluster what has this name on each of its servers. */
export const dropTable = (connection: Connection, name: string, how: '' | ' SYNC' = ''): Promise<void> =>
  connection.command(`DROP TABLE IF EXISTS ${connection.table(name)}${connection.onCluster}${how}`);

const dropTables = async (connection: Connection): Promise<void> => {
  const owner = connection.localName('asof_owner');
  // The owner stays: without it the tables would be those of something else.
  for (const name of await tablesOf(connection))
    if (name !== 'asof_owner' && name !== owner) await dropTable(connection, name, ' SYNC');
  await connection.command(`TRUNCATE TABLE ${connection.table(owner)}${connection.onCluster}`);
};

const createAll = async (connection: Connection): Promise<void> => {
  for (const name of tableNames) await createTable(connection, name, tables[name]);
  await setOwner(connection, 'version', version);
};

/** Notes something about the tables, once. */
export const setOwner = (connection: Connection, key: 'version' | 'ledger', value: string): Promise<void> =>
  insertEverywhere(connection, 'asof_owner', [[key, value]], `${key} ${value} ${randomUUID()}`);
