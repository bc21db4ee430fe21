import type Database from 'better-sqlite3';
import type { Commit } from '../../store.ts';
import { type ChainedCommit, commitDigest } from '../digests/digests.ts';
import { HeldState } from '../digests/held-state.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';

export interface StoredCommit extends Commit {
  readonly digest: Buffer;
}

/** The rows of commits, each with a digest that covers the one before it. */
export class CommitChain {
  /** The last commit. */
  readonly last: HeldState<StoredCommit | undefined>;
  readonly #insert: Database.Statement;

  constructor(client: SqlConnection) {
    const columns = 'last_seq as lastSeq, recorded_at_us as recordedAtUs, digest';
    const read = client.prepare<[], StoredCommit>(`select ${columns} from commits order by last_seq desc limit 1`);
    this.last = new HeldState(() => read.get());
    this.#insert = client.prepare(
      'insert into commits (last_seq, recorded_at_us, digest, record_digests) values (?, ?, ?, ?)',
    );
  }

  /** Inserts a commit after the one with the digest `previous`; returns its own. */
  append(previous: Buffer, commit: ChainedCommit): Buffer {
    const digest = commitDigest(previous, commit);
    this.#insert.run(commit.lastSeq, commit.recordedAtUs, digest, commit.recordDigests);
    this.last.set({ lastSeq: commit.lastSeq, recordedAtUs: commit.recordedAtUs, digest });
    return digest;
  }

  /** Inserts the commit without records after which a ledger begins whose first record is not record 1. */
  appendOrigin(previous: Buffer, lastSeq: number, recordedAtUs: number): Buffer {
    return this.append(previous, { lastSeq, recordedAtUs, recordDigests: Buffer.alloc(0) });
  }
}
