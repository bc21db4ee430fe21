import Database from 'better-sqlite3';
import type { SideState } from '../digests/side-rows.ts';
import type { CommittedRecords } from '../digests/store-state.ts';

/** Nobody knows whether a transaction was committed: what it should store must not be stored again. */
export class UnknownOutcome extends Error {
  constructor(cause: unknown) {
    super('the thread of a transaction has ended, and whether it had committed is not known', { cause });
  }
}

/**
 * Whether the store at a path has a transaction whose thread has ended before it said whether it had committed. `works` are
 * those of the transaction, of which the last one states what the store holds after it. Throws `UnknownOutcome` when that
 * cannot be found out.
 */
export const wasCommitted = (path: string, works: readonly CommittedRecords[]): boolean => {
  const withRecords = works.findLast(({ records }) => records.length > 0);
  const last = works.at(-1);
  try {
    // Not a connection that may be in the middle of reading an earlier state.
    const client = new Database(path, { readonly: true, fileMustExist: true });
    try {
      if (withRecords) return hasCommit(client, withRecords.state.lastSeq, withRecords.state.digest);
      return last === undefined || hasSideState(client, last.state.side);
    } finally {
      client.close();
    }
  } catch (error) {
    throw new UnknownOutcome(error);
  }
};

/** The digest of a commit covers its records and all commits before it. */
const hasCommit = (client: Database.Database, lastSeq: number, digest: Buffer): boolean => {
  const found = client.prepare<[number], Buffer>('select digest from commits where last_seq = ?').pluck().get(lastSeq);
  return found !== undefined && digest.equals(found);
};

const hasSideState = (client: Database.Database, { changes, digest }: SideState): boolean => {
  const found = client.prepare<[], SideState>('select changes, digest from store_state where id = 1').get();
  if (found === undefined || found.changes < changes) return changes === 0;
  if (found.changes === changes) return digest.equals(found.digest);
  throw new Error('another process has written since');
};
