import type Database from 'better-sqlite3';
import { readRange } from '../digests/seal.ts';
import { columnsOf } from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import { type ArchivedTable, archivedTables, keyHash } from './tables.ts';

/** Records of one transaction: other writers wait for it. */
export const transactionRecords = 2000;

/** Removes the oldest records that are in segments from their tables. Returns how many; 0 when none is left. */
export const removeArchived = (client: Database.Database, lastSeq: number): number => {
  const first = firstOf(client, lastSeq);
  if (first === null) return 0;
  const [after, upTo] = [first - 1, Math.min(first - 1 + transactionRecords, lastSeq)];
  let removed = 0;
  for (const { name } of archivedTables)
    removed += client.prepare(`delete from "${name}" where seq > ? and seq <= ?`).run(after, upTo).changes;
  return removed;
};

const firstOf = (client: Database.Database, lastSeq: number): number | null => {
  const firsts = archivedTables.flatMap(
    ({ name }) =>
      client
        .prepare<[number], number>(`select seq from "${name}" where seq <= ? order by seq limit 1`)
        .pluck()
        .get(lastSeq) ?? [],
  );
  return firsts.length === 0 ? null : Math.min(...firsts);
};

/** Adds the keys of the records of a range that are in tables; those that are known stay. */
export const addKeys = (client: Database.Database, after: number, upTo: number): void => {
  const add = client.prepare('insert or ignore into archived_keys (hash, sequence) values (?, ?)');
  for (const archived of archivedTables) {
    const seq = columnsOf(archived.table).findIndex(([key]) => key === 'seq');
    const hashes = hashesOf(archived);
    for (const values of readRange(client, archived.table).all(after, upTo))
      for (const hash of hashes(values)) add.run(hash, values[seq]);
  }
};

/** Removes the keys of a record. */
export const removeKeys = (client: SqlConnection, archived: ArchivedTable, values: readonly unknown[]): void => {
  const remove = client.prepare('delete from archived_keys where hash = ? and sequence = ?');
  const seq = columnsOf(archived.table).findIndex(([key]) => key === 'seq');
  for (const hash of hashesOf(archived)(values)) remove.run(hash, values[seq]);
};

/** The hashes of the keys of a record. */
export const hashesOf = ({ table, name, keys }: ArchivedTable): ((values: readonly unknown[]) => number[]) => {
  const columns = columnsOf(table).map(([key]) => key);
  const positions = keys.map((key) => ({ key, at: key.map((column) => columns.indexOf(column)) }));
  return (values) =>
    positions.flatMap(({ key, at }) => {
      const own = at.map((position) => values[position]);
      return own.includes(null) ? [] : [keyHash(name, key, own)];
    });
};
