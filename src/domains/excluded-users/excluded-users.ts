import type { Row, Store, Tx } from '../../../db/store.ts';
import { excludedUsers } from '../../../db/tables/excluded-users.ts';
import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import type { RecordOrigin, RecordOutcome } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import type { TablePage, TablePageRequest } from '../../ledger/table-page.ts';
import { upperBound } from '../../lib/upper-bound.ts';
import type { Users } from '../users/users.ts';
import { ExclusionIndex } from './exclusion-index.ts';
import { type ExclusionRecord, type ExclusionTerms, normalizeTerms, recordExclusion } from './exclusion-record.ts';

/** An exclusion or inclusion as it is stored. */
export type StoredExclusion = Row<typeof excludedUsers>;

/** Who is excluded, as of one sequence number. */
export interface Exclusions {
  /**
   * Whether what a user did at an instant is left out. `user` is a code of `Users`, and one that it does not know is not
   * excluded. One step for users without exclusions, otherwise a binary search among the user's exclusions.
   */
  isExcludedAt(user: number, atUs: number): boolean;
  /** How many users have a current exclusion, of whatever time. */
  readonly userCount: number;
  /** The users who are excluded at any time, with the bounds of these times: see `ExclusionIndex.boundsOf`. */
  times(): { readonly user: number; readonly bounds: readonly number[] }[];
}

/** Which exclusions a list has. Default: all that have not ended, whatever their time. */
export interface ExclusionFilter extends KnownAsOf {
  readonly userId?: string | undefined;
  /** Only exclusions whose time contains this instant, microseconds since 1970 UTC. */
  readonly validAtUs?: number | undefined;
  /** True: also exclusions that have ended. */
  readonly includesEnded?: boolean | undefined;
}

/**
 * The users that experiments leave out, such as bots and staff. An exclusion names a user in the registry without making
 * the user known: a list of bots is no proof of users. As of a sequence number a user is excluded at an instant when an
 * exclusion recorded by then, and not followed by an inclusion of the user, contains the instant.
 */
export interface ExcludedUsers extends Exclusions {
  /** The exclusions as of a sequence number. Never changes. */
  at(sequence: number): Exclusions;
  /** Calls `listener` with the code of each user whose exclusions have changed. */
  onChange(listener: (user: number) => void): void;
  /** Exclusions in the order they were recorded, and their total count. */
  page(filter: ExclusionFilter, page: TablePageRequest): TablePage<StoredExclusion> & { totalCount(): number };
  /** Stored exclusions and inclusions by `seq`, in the order of the keys. */
  bySeqs(seqs: readonly number[]): (StoredExclusion | null)[];
  /** The `seq` of the record that ended the exclusion stored as `seq`; null for a current one. */
  endSeqOf(seq: number): number | null;
  /** For each row of the ledger table up to a sequence number, in order, 1 when it is a current exclusion. */
  currentRowsAt(sequence: number): Uint32Array;
  /** The terms as they are stored. Throws VALIDATION_FAILED with the fields at fault. */
  normalizeTerms(terms: ExclusionTerms): ExclusionTerms;
  /** Records one exclusion or inclusion; see `recordExclusion`. */
  record(tx: Tx, record: ExclusionRecord, origin: RecordOrigin): RecordOutcome;
}

export const createExcludedUsers = (store: Store, ledger: Ledger, users: Users): ExcludedUsers => {
  const index = new ExclusionIndex();
  const newest = new ExclusionState(index, null);
  const listeners: ((user: number) => void)[] = [];

  ledger.subscribe(excludedUsers, ['seq', 'userId', 'kind', 'fromUs', 'toUs'], {
    name: 'excluded-users',
    after: ['users'],
    apply(records) {
      for (const { userId, ...row } of records.rows()) {
        const user = users.addUnnamed(userId);
        if (!index.add({ user, ...row })) continue;
        newest.forget(user);
        for (const listener of listeners) listener(user);
      }
    },
    size: () => ({ entries: index.rows, bytes: index.byteLength }),
    exchange: (columns) => index.exchange(columns),
  });

  return {
    isExcludedAt: (user, atUs) => newest.isExcludedAt(user, atUs),
    get userCount() {
      return newest.userCount;
    },
    times: () => newest.times(),
    at: (sequence) => new ExclusionState(index, sequence),
    onChange: (listener) => void listeners.push(listener),
    page({ userId, validAtUs, includesEnded, ...knownAsOf }, { limit, fromEnd, after, before }) {
      const sequence = ledger.resolveSequence(knownAsOf);
      // No code is -1: an unknown user has no exclusions.
      const user = userId === undefined ? undefined : (users.codes.codeOf(userId) ?? -1);
      const match = { user, atUs: validAtUs, includesEnded };
      const [near, far] = fromEnd ? [before, after] : [after, before];
      const seqs: number[] = [];
      for (const seq of index.matches(match, { sequence, descending: fromEnd, after: near })) {
        if (far !== undefined && (fromEnd ? seq <= far : seq >= far)) break;
        if (seqs.push(seq) > limit) break;
      }
      const more = seqs.length > limit;
      if (more) seqs.pop();
      if (fromEnd) seqs.reverse();
      return {
        rows: rowsByKey(store, excludedUsers, 'seq', seqs).filter((row) => row !== null),
        hasBefore: fromEnd ? more : after !== undefined,
        hasAfter: fromEnd ? before !== undefined : more,
        totalCount: () => countOf(index.matches(match, { sequence, descending: false })),
      };
    },
    bySeqs: (seqs) => rowsByKey(store, excludedUsers, 'seq', seqs),
    endSeqOf: (seq) => index.endSeqOf(seq),
    currentRowsAt: (sequence) =>
      Uint32Array.from({ length: index.rowsUpTo(sequence) }, (_each, row) => Number(index.isCurrentAt(row, sequence))),
    normalizeTerms,
    record: recordExclusion,
  };
};

/** Null stands for the newest sequence number. */
class ExclusionState implements Exclusions {
  readonly #index: ExclusionIndex;
  readonly #sequence: number | null;
  /** The bounds of the users that were looked up, see `ExclusionIndex.boundsOf`. */
  readonly #bounds = new Map<number, Float64Array>();

  constructor(index: ExclusionIndex, sequence: number | null) {
    this.#index = index;
    this.#sequence = sequence;
  }

  get userCount(): number {
    return this.#sequence === null ? this.#index.userCount : this.#index.userCountAt(this.#sequence);
  }

  isExcludedAt(user: number, atUs: number): boolean {
    if (!this.#index.hasRows(user)) return false;
    let bounds = this.#bounds.get(user);
    if (!bounds) {
      bounds = this.#boundsOf(user);
      this.#bounds.set(user, bounds);
    }
    return upperBound(bounds, atUs, 0, bounds.length) % 2 === 1;
  }

  times(): { readonly user: number; readonly bounds: readonly number[] }[] {
    const all = Array.from(this.#index.users(), (user) => ({ user, bounds: Array.from(this.#boundsOf(user)) }));
    return all.filter(({ bounds }) => bounds.length > 0);
  }

  #boundsOf(user: number): Float64Array {
    return this.#index.boundsOf(user, this.#sequence ?? Number.MAX_SAFE_INTEGER);
  }

  forget(user: number): void {
    this.#bounds.delete(user);
  }
}

const countOf = (items: Iterable<unknown>): number => {
  let count = 0;
  for (const _each of items) count += 1;
  return count;
};
