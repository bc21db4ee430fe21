import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Store } from '../../../db/store.ts';
import type { Ledger, Snapshot } from '../../ledger/ledger.ts';
import { throttledChanges } from '../../lib/change-stream.ts';
import { type ChangeKind, changeKinds, kindsOfTable, unrecordedKinds } from './kinds.ts';

/** What has changed since an earlier report. */
export interface ChangeReport {
  /** Ascends with every change. */
  readonly version: number;
  readonly kinds: readonly ChangeKind[];
  readonly snapshot: Snapshot;
}

/**
 * Which kinds of data change, for clients that query again what they show. A change costs a number per kind, and one per
 * client and kind when it is reported: neither rows nor the store are read.
 */
export class Changes {
  readonly #ledger: Ledger;
  /** The version at which each kind changed last. */
  readonly #changedAt = new Map<ChangeKind, number>(changeKinds.map((kind) => [kind, 0]));
  readonly #listeners = new Set<() => void>();
  #version = 0;

  constructor(store: Store, ledger: Ledger) {
    this.#ledger = ledger;
    const markTables = (tables: Iterable<SQLiteTable>): void => this.mark([...tables].flatMap(kindsOfTable));
    store.onCommit(markTables);
    // Records are changes when they are in memory: a client that queries again because of them finds them.
    ledger.onRecords((counts) => markTables(counts.keys()));
  }

  /** How many clients follow. */
  get listeners(): number {
    return this.#listeners.size;
  }

  mark(kinds: readonly ChangeKind[]): void {
    if (kinds.length === 0) return;
    this.#version++;
    for (const kind of kinds) this.#changedAt.set(kind, this.#version);
    for (const listener of this.#listeners) listener();
  }

  /** For a commit of another process, of which only the records of the ledger are known. */
  markUnrecorded(): void {
    this.mark(unrecordedKinds);
  }

  /** All kinds at once, then those changed since the previous report, at most one report per `everyMs` milliseconds. */
  follow(everyMs: number): AsyncIterableIterator<ChangeReport> {
    let seen = -1;
    const onChange = (listener: () => void): (() => void) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    };
    return throttledChanges(onChange, {
      everyMs,
      answer: () => {
        const report = this.#reportSince(seen);
        seen = report.version;
        return report;
      },
      fingerprint: ({ version }) => version,
    });
  }

  #reportSince(seen: number): ChangeReport {
    const kinds = changeKinds.filter((kind) => (this.#changedAt.get(kind) as number) > seen);
    return { version: this.#version, kinds, snapshot: this.#ledger.snapshot() };
  }
}
