import type Database from 'better-sqlite3';
import type { Commit } from '../../store.ts';
import { type ChainedCommit, commitDigest } from '../digests/digests.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';

export interface StoredCommit extends Commit {
  readonly digest: Buffer;
}

/** The rows of commits, each with a digest that covers the one before it. */
export class CommitChain {
  readonly #last: Database.Statement<[], StoredCommit>;
  readonly #insert: Database.Statement;
  /** The last commit; undefined while others may append one. */
  #known: StoredCommit | undefined;
  #isAlone = false;

  constructor(client: SqlConnection) {
    const columns = 'last_seq as lastSeq, recorded_at_us as recordedAtUs, digest';
    this.#last = client.prepare(`select ${columns} from commits order by last_seq desc limit 1`);
    this.#insert = client.prepare(
      'insert into commits (last_seq, recorded_at_us, digest, record_digests) values (?, ?, ?, ?)',
    );
  }

  /** Call it with true when a transaction of many works begins, in which nobody else appends a commit, and with false at its end. */
  setAlone(isAlone: boolean): void {
    this.#isAlone = isAlone;
    this.#known = undefined;
  }

  last(): StoredCommit | undefined {
    if (this.#known) return this.#known;
    const last = this.#last.get();
    if (this.#isAlone) this.#known = last;
    return last;
  }

  /** Inserts a commit after the one with the digest `previous`; returns its own. */
  append(previous: Buffer, commit: ChainedCommit): Buffer {
    const digest = commitDigest(previous, commit);
    this.#insert.run(commit.lastSeq, commit.recordedAtUs, digest, commit.recordDigests);
    if (this.#isAlone) this.#known = { lastSeq: commit.lastSeq, recordedAtUs: commit.recordedAtUs, digest };
    return digest;
  }

  /** Inserts the commit without records after which a ledger begins whose first record is not record 1. */
  appendOrigin(previous: Buffer, lastSeq: number, recordedAtUs: number): Buffer {
    return this.append(previous, { lastSeq, recordedAtUs, recordDigests: Buffer.alloc(0) });
  }
}
