import type { DatasetEngine } from '../../../db/datasets/engine.ts';
import type { Store } from '../../../db/store.ts';
import { datasets, datasetVersions } from '../../../db/tables/datasets.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import type { DatasetVersion } from './columns.ts';
import type { VersionTables } from './version-tables.ts';

export interface PreparationServices {
  readonly store: Store;
  readonly engine: DatasetEngine;
  readonly tables: VersionTables;
  readonly log: DebugLog;
}

/** So many of the newest versions are considered: memory has room for few. */
const versionsMax = 100;

/**
 * Prepares the current versions of datasets for their first readers, in a server and while nothing else runs: those that exist
 * when it starts, the newest first, and later those that this or another process imports.
 */
export class VersionPreparation {
  readonly #services: PreparationServices;
  /** The newest version that was considered; null until the start. */
  #considered: number | null = null;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(services: PreparationServices) {
    this.#services = services;
  }

  start(): void {
    this.#considered = 0;
    if (this.#newest(1).length > 0) this.#services.engine.open();
    this.#consider(false);
  }

  /** Considers what was imported since the last call; nothing before the start. */
  refresh(): void {
    if (this.#considered !== null) this.#consider(true);
  }

  stop(): void {
    this.#isStopped = true;
  }

  #consider(isNew: boolean): void {
    const after = this.#considered ?? 0;
    const versions = this.#newest(versionsMax).filter(({ id }) => id > after);
    this.#considered = versions[0]?.id ?? after;
    const current = this.#currentOf(versions);
    if (current.length > 0) this.#running = this.#running.then(() => this.#prepareAll(current, isNew));
  }

  async #prepareAll(versions: readonly DatasetVersion[], isNew: boolean): Promise<void> {
    const { engine, tables, log } = this.#services;
    for (const version of versions) {
      if (this.#isStopped) return;
      try {
        // What is copied must be what was stored.
        const table = await tables.of(version);
        await engine.prepare(table, { isNew, replaces: this.#before(version)?.file ?? null });
      } catch (error) {
        log.debug({ file: version.file, error: String(error) }, 'a dataset version cannot be prepared');
      }
    }
  }

  #newest(limit: number): DatasetVersion[] {
    return this.#services.store.page(datasetVersions, { key: 'id', direction: 'desc', limit });
  }

  /** Those that are the current ones of their datasets, and worth while. */
  #currentOf(versions: readonly DatasetVersion[]): DatasetVersion[] {
    const ids = versions.map(({ datasetId }) => datasetId);
    const owners = rowsByKey(this.#services.store, datasets, 'id', ids);
    return versions.filter(({ id, rowCount, fileBytes }, index) => {
      const owner = owners[index];
      const isCurrent = owner?.versionId === id && owner.deletedAtUs === null;
      return isCurrent && fileBytes !== null && this.#services.engine.mayPrepare({ rowCount, fileBytes });
    });
  }

  #before({ datasetId, id }: DatasetVersion): DatasetVersion | undefined {
    const request = { key: 'id', direction: 'desc', match: { datasetId }, limit: 2 } as const;
    return this.#services.store.page(datasetVersions, request).find((version) => version.id < id);
  }
}
