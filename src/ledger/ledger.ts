import type { Commit, LedgerTable, Row, Store, Tx } from '../../db/store.ts';
import { DomainError } from '../errors.ts';
import { type CommitLog, createCommitLog } from './commit-log.ts';

/** How one table's records get into memory. */
export interface Projection<R> {
  /** Work that takes time; memory still answers as before. Runs for every step, ahead of `apply`. */
  prepare?(rows: R[], rebuilding: boolean): Promise<void>;
  /** Takes the records in, at once: no awaiting, so that no reader sees half a commit. Replaying a row is harmless. */
  apply(rows: R[]): void;
  /** Called once, when the rebuild on start is done. */
  rebuilt?(): Promise<void>;
}

export interface Snapshot {
  readonly sequence: number;
  /** When its last record was committed, microseconds since 1970 UTC; null while the ledger is empty. */
  readonly atUs: number | null;
}

/** Which records an answer may rest on; default: all. */
export interface KnownAsOf {
  /** Only what had been recorded by this instant, microseconds since 1970 UTC. */
  readonly knownAtUs?: number | undefined;
  /** Only records up to this sequence number: the state of an earlier snapshot. */
  readonly sequence?: number | undefined;
}

/** Memory's copy of the ledger: indices follow it, and all of them stand at the same sequence number at any moment. */
export interface Ledger {
  /** Follows a table's records by the columns that are needed of them. */
  subscribe<T extends LedgerTable, C extends keyof Row<T> & string>(
    table: T,
    columns: readonly C[],
    follower: Projection<Pick<Row<T>, C>>,
  ): void;
  /** Brings every index level with the store. The first call is the rebuild on start. */
  catchUp(): Promise<void>;
  /** Store first, then memory: resolves when the records are durable and every index has them. */
  write<R>(work: (tx: Tx) => R): Promise<R>;
  snapshot(): Snapshot;
  /** The state up to an earlier sequence number. */
  snapshotAt(sequence: number): Snapshot;
  /** The sequence number up to which records may be used, at most that of the newest snapshot. */
  resolveSequence(knowledge: KnownAsOf): number;
  /**
   * Calls back after every step, when all of its records are in memory; often, so do little. Gives what ends it.
   */
  onAdvance(listener: () => void): () => void;
  /** How many want to be told of moves. */
  readonly listeners: number;
  /** True once the rebuild is done. */
  readonly ready: boolean;
  /** Resolves when no catch-up runs any more. */
  idle(): Promise<void>;
}

/** Records taken into memory in one go: small enough to hold the thread for a few milliseconds only. */
const stepRecords = 1000;

interface Subscription {
  readonly table: LedgerTable;
  readonly columns: readonly string[];
  readonly follower: Projection<never>;
}

export const createLedger = (store: Store): Ledger => {
  const followed: Subscription[] = [];
  /** Those that had the newest records: the next ones will probably be theirs, too. */
  let recent: Subscription[] = [];
  const log: CommitLog = createCommitLog();
  const listeners = new Set<() => void>();
  let sequence = 0;
  let ready = false;
  let following = false;
  let running: Promise<void> | undefined;
  let again: Promise<void> | undefined;

  /** The new records of each table. They have no gaps: once all are found, no other table is asked. */
  const recordsUpTo = (upTo: number): Map<Subscription, never[]> => {
    const found = new Map<Subscription, never[]>();
    let left = upTo - sequence;
    for (const each of new Set([...recent, ...followed])) {
      if (left === 0) break;
      const rows = store.records(each.table, each.columns as never, sequence, upTo) as never[];
      if (rows.length > 0) found.set(each, rows);
      left -= rows.length;
    }
    recent = [...found.keys()];
    return found;
  };

  const step = async (commits: Commit[]): Promise<void> => {
    const upTo = (commits.at(-1) as Commit).lastSeq;
    const found = recordsUpTo(upTo);
    const batches = followed.map((each) => ({ follower: each.follower, rows: found.get(each) ?? [] }));
    for (const { follower, rows } of batches) if (rows.length > 0) await follower.prepare?.(rows, !ready);
    for (const { follower, rows } of batches) if (rows.length > 0) follower.apply(rows);
    for (const { lastSeq, recordedAtUs } of commits) log.add(lastSeq, recordedAtUs);
    sequence = upTo;
    for (const listener of listeners) listener();
  };

  const run = async (): Promise<void> => {
    following = true;
    for (;;) {
      const commits = store.commitsAfter(sequence, stepRecords);
      if (commits.length === 0) break;
      for (const part of steps(commits, sequence)) {
        // Between two steps others have their turn.
        if (part[0] !== commits[0]) await new Promise((resolve) => setImmediate(resolve));
        await step(part);
      }
      // What was committed since then is for the catch-up that its writer asks for.
      if (ready && commits.length < stepRecords) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (ready) return;
    for (const { follower } of followed) await follower.rebuilt?.();
    ready = true;
  };

  /** A caller's records may have been committed after a running catch-up looked, so it gets one that starts later. */
  const catchUp = (): Promise<void> => {
    if (!running) {
      running = run().finally(() => {
        running = undefined;
      });
      return running;
    }
    again ??= running
      .catch(() => undefined)
      .then(() => {
        again = undefined;
        return catchUp();
      });
    return again;
  };

  const snapshotAt = (upTo: number): Snapshot => ({ sequence: upTo, atUs: log.recordedAtUs(upTo) });

  return {
    subscribe: (table, columns, follower) => {
      followed.push({ table, columns, follower: follower as unknown as Projection<never> });
    },
    catchUp,
    async write(work) {
      const result = await store.write(work);
      if (following) await catchUp();
      return result;
    },
    snapshot: () => snapshotAt(sequence),
    snapshotAt,
    resolveSequence({ knownAtUs, sequence: asked }) {
      if (asked !== undefined && (asked < 0 || asked > sequence))
        throw new DomainError('BAD_REQUEST', `sequence ${asked} is outside of the ledger, which ends at ${sequence}`);
      const known = knownAtUs === undefined ? sequence : log.sequenceAt(knownAtUs);
      return Math.min(known, asked ?? sequence);
    },
    onAdvance(listener) {
      // One and the same function may be given twice, and ended once.
      const told = () => listener();
      listeners.add(told);
      return () => void listeners.delete(told);
    },
    get listeners() {
      return listeners.size;
    },
    get ready() {
      return ready;
    },
    async idle() {
      // `again` first: between the two there is a moment at which nothing runs yet.
      while (again ?? running) await (again ?? running)?.catch(() => undefined);
    },
  };
};

/** Cuts commits into steps of about `stepRecords` records, never within a commit. */
function* steps(commits: Commit[], from: number): Iterable<Commit[]> {
  let part: Commit[] = [];
  let first = from;
  for (const commit of commits) {
    part.push(commit);
    if (commit.lastSeq - first < stepRecords) continue;
    yield part;
    part = [];
    first = commit.lastSeq;
  }
  if (part.length > 0) yield part;
}
