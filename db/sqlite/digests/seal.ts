import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { LedgerTable } from '../../store.ts';
import { columnsOf } from '../rows/columns.ts';
import { ledgerTables } from '../rows/ledger-tables.ts';
import { originOf } from '../rows/origin.ts';
import { archivedCommitEnd } from '../rows/segment-catalogue.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import { combineChanges, commitDigest, noDigest, RowDigest, rowDigestBytes } from './digests.ts';
import { SideRows } from './side-rows.ts';
import { sideTables } from './side-tables.ts';

/** Transactions that changed rows of side tables so far; 0 for a store of before the hash chain. */
export const sideChangesOf = (client: Database.Database): number => {
  if (!client.prepare("select 1 from sqlite_master where name = 'store_state'").get()) return 0;
  return Number(client.prepare('select changes from store_state').pluck().get() ?? 0);
};

/**
 * Gives commits and rows digests after migrations that made the tables of digests or emptied them: what the store holds then
 * is taken as it is. The number of changes goes on from `changes`, those of before, so that the mark, which only grows, does
 * not see a loss.
 */
export const sealMigrated = (client: Database.Database, changes: number): void => {
  const unsealed = client.prepare('select 1 from commits where digest is null limit 1').get();
  if (unsealed) sealCommits(client);
  if (client.prepare('select 1 from store_state').get()) return;
  const sideRows = new SideRows(client);
  client.exec('delete from row_digests');
  const counters = new Set(client.prepare('select name from sqlite_sequence').pluck().all());
  for (const { table, name } of sideTables) {
    if (counters.has(name)) sideRows.counted(table);
    for (const id of client.prepare<[], number>(`select id from "${name}"`).pluck().all()) sideRows.inserted(table, id);
  }
  const digest = Buffer.alloc(rowDigestBytes);
  combineChanges(digest, changes);
  sideRows.sealAfter({ changes, digest });
};

/** Computes all digests again, after work that went past the transactions of the store; not those of archived records. */
export const sealAnew = (client: Database.Database): void => {
  client.prepare('update commits set digest = null where last_seq > ?').run(archivedCommitEnd(client));
  client.exec('delete from store_state');
  sealMigrated(client, 0);
};

const sealCommits = (client: Database.Database): void => {
  const digestsUpTo = prepareRecordDigests(client);
  const seal = client.prepare('update commits set digest = ?, record_digests = ? where last_seq = ?');
  const sealed = client
    .prepare<[], { lastSeq: number; digest: Buffer }>(
      'select last_seq as lastSeq, digest from commits where digest is not null order by last_seq desc limit 1',
    )
    .get();
  const commits = client.prepare(
    'select last_seq as lastSeq, recorded_at_us as recordedAtUs from commits where digest is null order by 1',
  );
  let digest = sealed?.digest ?? noDigest;
  let after = sealed?.lastSeq ?? 0;
  const origin = sealed ? 0 : originToSeal(client);
  for (const commit of commits.all() as { lastSeq: number; recordedAtUs: number }[]) {
    const recordDigests = commit.lastSeq === origin ? Buffer.alloc(0) : digestsUpTo(after, commit.lastSeq);
    digest = commitDigest(digest, { ...commit, recordDigests });
    seal.run(digest, recordDigests, commit.lastSeq);
    after = commit.lastSeq;
  }
};

/** As `originOf`, also where digests are missing: a first commit up to which nothing was ever recorded. */
const originToSeal = (client: Database.Database): number => {
  const first = client.prepare<[], number>('select last_seq from commits order by last_seq limit 1').pluck().get() ?? 0;
  if (originOf(client) === first) return first;
  const recorded = [...ledgerTables.map((table) => [getTableName(table), 'seq']), ['erased_records', 'id']].map(
    ([table, key]) => `exists (select 1 from "${table}" where ${key} <= ?)`,
  );
  const isRecorded = client.prepare(`select ${recorded.join(' or ')}`).pluck();
  return isRecorded.get(recorded.map(() => first)) === 0 ? first : 0;
};

/** Reads the records with `after < seq <= upTo` and returns their digests in order; a missing record has that of zeros. */
const prepareRecordDigests = (client: Database.Database): ((after: number, upTo: number) => Buffer) => {
  const readers = ledgerTables.map((table) => ({
    rowDigest: new RowDigest(table),
    read: readRange(client, table),
    seqPosition: columnsOf(table).findIndex(([key]) => key === 'seq'),
  }));
  return (after, upTo) => {
    const digests = Buffer.alloc((upTo - after) * rowDigestBytes);
    for (const { rowDigest, read, seqPosition } of readers)
      for (const row of read.all(after, upTo))
        rowDigest.write(row, digests, (Number(row[seqPosition]) - after - 1) * rowDigestBytes);
    return digests;
  };
};

/** The rows of a ledger table with `after < seq <= upTo`, as values in the order of its columns. */
export const readRange = (
  client: SqlConnection,
  table: LedgerTable & SQLiteTable,
): Database.Statement<[number, number], unknown[]> => {
  const names = columnsOf(table).map(([, { name }]) => `"${name}"`);
  return client
    .prepare<[number, number], unknown[]>(
      `select ${names.join(', ')} from "${getTableName(table)}" where seq > ? and seq <= ? order by seq`,
    )
    .raw();
};
