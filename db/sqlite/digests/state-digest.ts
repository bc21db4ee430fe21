import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { bytesOf } from './digests.ts';

/** As `Store.stateDigest`: the digest of the commit stays when records are erased, so what was erased is part of it. */
export const stateDigestOf = (client: Database.Database, sequence: number): string | null => {
  const digest = client
    .prepare<[number], unknown>('select digest from commits where last_seq = ?')
    .pluck()
    .get(sequence);
  if (digest === undefined || digest === null) return null;
  const hash = createHash('sha256').update(bytesOf(digest));
  const erased = client
    .prepare<[number], [number, string | null]>('select id, left_digest from erased_records where id <= ? order by id')
    .raw();
  for (const [id, left] of erased.iterate(sequence)) hash.update(`${id} ${left ?? ''}\n`);
  return hash.digest('hex');
};
