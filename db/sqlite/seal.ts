import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { LedgerTable } from '../store.ts';
import { columnsOf } from './columns.ts';
import { commitDigest, noDigest, RowDigest, rowDigestBytes } from './digests.ts';
import { ledgerTables } from './ledger-tables.ts';
import { SideRows } from './side-rows.ts';
import { sideTables } from './side-tables.ts';

/** Gives the commits and rows of a store of before the hash chain their digests: what it holds then is taken as it is. */
export const sealOlderStore = (client: Database.Database): void => {
  const unsealed = client.prepare('select 1 from commits where digest is null limit 1').get();
  if (unsealed) sealCommits(client);
  if (client.prepare('select 1 from store_state').get()) return;
  const sideRows = new SideRows(client);
  for (const { table, name } of sideTables)
    for (const id of client.prepare<[], number>(`select id from "${name}"`).pluck().all()) sideRows.inserted(table, id);
  sideRows.seal();
};

/** Computes all digests again, after work that went past the transactions of the store. */
export const sealAnew = (client: Database.Database): void => {
  client.exec('update commits set digest = null; delete from row_digests; delete from store_state');
  sealOlderStore(client);
};

const sealCommits = (client: Database.Database): void => {
  const digestsUpTo = prepareRecordDigests(client);
  const seal = client.prepare('update commits set digest = ?, record_digests = ? where last_seq = ?');
  const commits = client.prepare('select last_seq as lastSeq, recorded_at_us as recordedAtUs from commits order by 1');
  let digest = noDigest;
  let after = 0;
  for (const commit of commits.all() as { lastSeq: number; recordedAtUs: number }[]) {
    const recordDigests = digestsUpTo(after, commit.lastSeq);
    digest = commitDigest(digest, { ...commit, recordDigests });
    seal.run(digest, recordDigests, commit.lastSeq);
    after = commit.lastSeq;
  }
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
  client: Database.Database,
  table: LedgerTable & SQLiteTable,
): Database.Statement<[number, number], unknown[]> => {
  const names = columnsOf(table).map(([, { name }]) => `"${name}"`);
  return client
    .prepare<[number, number], unknown[]>(
      `select ${names.join(', ')} from "${getTableName(table)}" where seq > ? and seq <= ? order by seq`,
    )
    .raw();
};
