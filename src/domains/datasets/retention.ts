import type { DatasetEngine } from '../../../db/datasets/engine.ts';
import type { Store } from '../../../db/store.ts';
import { datasets, datasetVersions } from '../../../db/tables/datasets.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import type { DatasetVersion } from './columns.ts';

export interface RetentionServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly engine: DatasetEngine;
  readonly log: DebugLog;
  readonly limits: { readonly keepVersions: number };
}

type HeldVersion = Pick<DatasetVersion, 'id' | 'datasetId'>;

/** Removes versions of datasets beyond the number that is kept; one that is being read only when its last reader ends. */
export class VersionRetention {
  readonly #services: RetentionServices;
  /** Number of readers by the id of the version. */
  readonly #readers = new Map<number, number>();
  /** Versions that are only kept for their readers. */
  readonly #overdue = new Set<number>();

  constructor(services: RetentionServices) {
    this.#services = services;
  }

  /** Keeps a version until the returned function is called. */
  hold({ id, datasetId }: HeldVersion): () => void {
    this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#readers.get(id) ?? 1) - 1;
      if (left > 0) this.#readers.set(id, left);
      else this.#readers.delete(id);
      if (left === 0 && this.#overdue.delete(id)) void this.prune(datasetId);
    };
  }

  /** Runs work that reads a version. */
  async during<R>(version: HeldVersion, work: () => Promise<R>): Promise<R> {
    const release = this.hold(version);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** How many versions of a dataset are kept, the current one included. */
  countOf({ keepVersions }: { readonly keepVersions: number | null }): number {
    return keepVersions ?? this.#services.limits.keepVersions;
  }

  /** Removes the old versions of a dataset. Never rejects: what could not be removed is removed the next time. */
  async prune(datasetId: number): Promise<void> {
    const { ledger, engine, log } = this.#services;
    try {
      const removed = await ledger.write((tx) => {
        const dataset = tx.findLatest(datasets, { id: datasetId, deletedAtUs: null });
        if (!dataset) return [];
        const old = this.#versionsOf(datasetId)
          .slice(this.countOf(dataset))
          .filter(({ id }) => id !== dataset.versionId);
        const free = old.filter(({ id }) => !this.#readers.has(id));
        for (const { id } of old) if (this.#readers.has(id)) this.#overdue.add(id);
        for (const { id } of free) tx.remove(datasetVersions, { id });
        return free;
      });
      for (const { file } of removed) await engine.remove(file);
    } catch (error) {
      log.debug({ dataset: datasetId, error: String(error) }, 'old versions could not be removed');
    }
  }

  /** The newest first. */
  #versionsOf(datasetId: number): DatasetVersion[] {
    const request = { key: 'id', direction: 'desc', match: { datasetId }, limit: 1_000_000 } as const;
    return this.#services.store.page(datasetVersions, request);
  }
}
