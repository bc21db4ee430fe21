import type Database from 'better-sqlite3';
import type { Commit } from '../store.ts';
import { type ChainedCommit, commitDigest } from './digests.ts';

export interface StoredCommit extends Commit {
  readonly digest: Buffer;
}

/** The rows of commits, each with a digest that covers the one before it. */
export class CommitChain {
  readonly #last: Database.Statement<[], StoredCommit>;
  readonly #insert: Database.Statement;

  constructor(client: Database.Database) {
    const columns = 'last_seq as lastSeq, recorded_at_us as recordedAtUs, digest';
    this.#last = client.prepare(`select ${columns} from commits order by last_seq desc limit 1`);
    this.#insert = client.prepare(
      'insert into commits (last_seq, recorded_at_us, digest, record_digests) values (?, ?, ?, ?)',
    );
  }

  last(): StoredCommit | undefined {
    return this.#last.get();
  }

  /** Inserts a commit after the one with the digest `previous`; returns its own. */
  append(previous: Buffer, commit: ChainedCommit): Buffer {
    const digest = commitDigest(previous, commit);
    this.#insert.run(commit.lastSeq, commit.recordedAtUs, digest, commit.recordDigests);
    return digest;
  }
}
