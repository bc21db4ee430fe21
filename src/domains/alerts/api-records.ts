import type { LedgerTable, Store } from '../../../db/store.ts';
import { excludedUsers } from '../../../db/tables/excluded-users.ts';
import { experimentEvents } from '../../../db/tables/experiments.ts';
import { rejectedRecords } from '../../../db/tables/imports.ts';
import { transactions } from '../../../db/tables/transactions.ts';
import { statusChanges } from '../../../db/tables/user-status.ts';
import { userProfiles } from '../../../db/tables/users.ts';
import type { Ledger } from '../../ledger/ledger.ts';

/** The ledger tables of the targets whose records arrive one by one. */
export const recordTables: Readonly<Record<string, LedgerTable>> = {
  STATUS_CHANGES: statusChanges,
  TRANSACTIONS: transactions,
  USERS: userProfiles,
  EXPERIMENT_EVENTS: experimentEvents,
  EXCLUDED_USERS: excludedUsers,
};

export interface ApiCounts {
  readonly stored: number;
  readonly rejected: number;
}

/** A time and the last rows that there were then. */
interface Position {
  readonly atUs: number;
  readonly seq: number;
  readonly rejectId: number;
}

interface Bucket {
  readonly fromUs: number;
  toUs: number;
  readonly counts: Map<string, { stored: number; rejected: number }>;
}

/** The window has at least this many buckets, so what leaves it does so in small parts. */
const bucketsPerWindow = 60;

export interface ApiRecordServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly targets: readonly string[];
}

/**
 * Counts the records that arrived through the API in the last `windowMs`, incrementally: a look costs the records that are
 * new. Nothing of it is stored: a start counts the window again.
 */
export class ApiRecords {
  readonly #services: ApiRecordServices;
  readonly #windowUs: number;
  #buckets: Bucket[] = [];
  #position: Position | null = null;

  constructor(services: ApiRecordServices, windowMs: number) {
    this.#services = services;
    this.#windowUs = windowMs * 1000;
  }

  /** The counts of the window that ends at `nowUs`, by target. */
  async countsAt(nowUs: number, yieldIfDue: () => Promise<void> | undefined): Promise<ReadonlyMap<string, ApiCounts>> {
    const fromUs = nowUs - this.#windowUs;
    const stepUs = this.#windowUs / bucketsPerWindow;
    if (!this.#position || this.#position.atUs < fromUs) {
      this.#position = this.#positionAt(fromUs);
      this.#buckets = [];
    }
    for (let atUs = this.#position.atUs + stepUs; atUs < nowUs; atUs += stepUs) {
      await yieldIfDue();
      this.#advance(this.#positionAt(atUs));
    }
    // Also when no time has passed: a clock may be frozen, and records arrive within a microsecond.
    this.#advance(this.#newestPosition(nowUs));
    this.#buckets = this.#buckets.filter(({ toUs }) => toUs > fromUs);
    const totals = new Map<string, { stored: number; rejected: number }>();
    for (const { counts } of this.#buckets)
      for (const [target, { stored, rejected }] of counts) add(totals, target, { stored, rejected });
    return totals;
  }

  #advance(next: Position): void {
    const { store, targets } = this.#services;
    const last = this.#position as Position;
    this.#position = next;
    const bucket = this.#bucketAt(last.atUs, next.atUs);
    if (next.seq === last.seq && next.rejectId === last.rejectId) return;
    for (const target of targets) {
      const table = recordTables[target];
      const records = { key: 'seq', after: last.seq, upTo: next.seq } as const;
      const rejects = { key: 'id', after: last.rejectId, upTo: next.rejectId } as const;
      const stored = table && next.seq > last.seq ? store.count(table, { importId: null } as object, records) : 0;
      const rejected =
        next.rejectId > last.rejectId ? store.count(rejectedRecords, { target, importId: null }, rejects) : 0;
      add(bucket.counts, target, { stored, rejected });
    }
  }

  /** The newest bucket while it is short, otherwise a new one. */
  #bucketAt(fromUs: number, toUs: number): Bucket {
    const last = this.#buckets.at(-1);
    if (last && toUs - last.fromUs <= this.#windowUs / bucketsPerWindow) {
      last.toUs = toUs;
      return last;
    }
    const bucket: Bucket = { fromUs, toUs, counts: new Map() };
    this.#buckets.push(bucket);
    return bucket;
  }

  #newestPosition(atUs: number): Position {
    const { store, ledger } = this.#services;
    const [newest] = store.page(rejectedRecords, { key: 'id', direction: 'desc', limit: 1 });
    return { atUs, seq: ledger.snapshot().sequence, rejectId: newest?.id ?? 0 };
  }

  #positionAt(atUs: number): Position {
    return { atUs, seq: this.#services.ledger.resolveSequence({ knownAtUs: atUs }), rejectId: this.#rejectIdAt(atUs) };
  }

  /** The last reject that was received by then: binary search, because ids grow with time. */
  #rejectIdAt(atUs: number): number {
    const { store } = this.#services;
    const first = (after: number) =>
      store.page(rejectedRecords, { key: 'id', direction: 'asc', after, limit: 1 })[0] ?? null;
    const [newest] = store.page(rejectedRecords, { key: 'id', direction: 'desc', limit: 1 });
    let [low, high] = [0, newest?.id ?? 0];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = first(middle);
      if (found && found.receivedAtUs <= atUs) low = found.id;
      else high = middle;
    }
    return low;
  }
}

const add = (
  counts: Map<string, { stored: number; rejected: number }>,
  target: string,
  { stored, rejected }: ApiCounts,
): void => {
  const sum = counts.get(target);
  if (!sum) counts.set(target, { stored, rejected });
  else {
    sum.stored += stored;
    sum.rejected += rejected;
  }
};
