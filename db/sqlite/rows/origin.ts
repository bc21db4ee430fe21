import type Database from 'better-sqlite3';

/**
 * The sequence number after which the records of a store begin: that of its first commit when this has no records, otherwise
 * 0. Such a commit begins the chain of a ledger whose first record is not record 1.
 */
export const originOf = (client: Database.Database): number => {
  const first = client
    .prepare<[], { lastSeq: number; isOrigin: number }>(
      "select last_seq as lastSeq, record_digests = x'' as isOrigin from commits order by last_seq limit 1",
    )
    .get();
  return first?.isOrigin === 1 ? first.lastSeq : 0;
};
