import type { DatasetEngine } from '../../../db/datasets/engine.ts';
import type { Store } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import { type Import, ImportJob, interrupted, openImportWriter } from '../imports/job.ts';
import type { Datasets } from './datasets.ts';
import { type DatasetImport, type DatasetOptions, type DatasetSource, importVersion } from './import-version.ts';
import type { VersionPreparation } from './preparation.ts';
import type { VersionRetention } from './retention.ts';
import { datasetTarget } from './target.ts';
import type { VersionTables } from './version-tables.ts';

export interface DatasetRun {
  /** The import as it began. */
  readonly import: DatasetImport;
  /** The import at its end. Never rejects: a failed import holds its error. */
  readonly done: Promise<DatasetImport>;
}

export interface DatasetImportServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly log: DebugLog;
  readonly datasets: Datasets;
  readonly engine: DatasetEngine;
  readonly tables: VersionTables;
  readonly retention: VersionRetention;
  readonly preparation: VersionPreparation;
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u;

/** Imports files as datasets: a version counts once it is complete, and a failed import changes nothing. */
export class DatasetImports {
  readonly #services: DatasetImportServices;
  /** By the ids of their imports; dry runs have ids below 0. */
  readonly #running = new Map<number, { readonly abort: AbortController; readonly done: Promise<unknown> }>();
  #lastDryRun = 0;
  /** The last import of each name: the next one starts after it, because it may add to its version. */
  readonly #lastOfName = new Map<string, Promise<unknown>>();

  constructor(services: DatasetImportServices) {
    this.#services = services;
  }

  /** Throws BAD_REQUEST for an invalid name or invalid options. */
  async start(source: DatasetSource, options: DatasetOptions): Promise<DatasetRun> {
    const { name, dryRun = false } = options;
    checkName(name);
    checkKeepVersions(options);
    const { datasets, engine, tables } = this.#services;
    const writer = openImportWriter(this.#services, dryRun);
    const { name: sourceName, bytes: bytesTotal, digest = '' } = source;
    const fields = { target: datasetTarget.name, source: sourceName, bytesTotal, digest };
    const job = await writer.write((tx) => ImportJob.begin(tx, fields, writer));
    const started: DatasetImport = dryRun ? { ...job.snapshot(), id: 0 } : job.snapshot();
    const key = dryRun ? --this.#lastDryRun : started.id;
    const abort = new AbortController();
    const task = { engine, datasets, tables, source, options, signal: abort.signal };
    const done = (this.#lastOfName.get(name) ?? Promise.resolve())
      .then(() => importVersion(task, job))
      .then((ended) => this.#afterImport(ended))
      .finally(writer.close)
      .finally(() => source.discard())
      .finally(() => {
        this.#running.delete(key);
        if (this.#lastOfName.get(name) === done) this.#lastOfName.delete(name);
      });
    this.#lastOfName.set(name, done);
    this.#running.set(key, { abort, done });
    return { import: started, done };
  }

  /** Prepares the version of an import for its first readers, and removes those that it has made too old. */
  async #afterImport(ended: DatasetImport): Promise<DatasetImport> {
    const [version] = this.#services.datasets.versionsByImportIds(ended.id === 0 ? [] : [ended.id]);
    if (!version || version instanceof DomainError) return ended;
    this.#services.preparation.refresh();
    await this.#services.retention.prune(version.datasetId);
    return ended;
  }

  /** Ends an import that this process runs; an import that has ended stays as it is. Throws NOT_FOUND, BAD_REQUEST. */
  async cancel(importId: number): Promise<Import> {
    const { store } = this.#services;
    const [found] = store.rowsIn(imports, 'id', [importId]);
    if (!found) throw new DomainError('NOT_FOUND', `no import has the id ${importId}`);
    const run = this.#running.get(importId);
    if (!run && found.state === 'RUNNING')
      throw new DomainError('BAD_REQUEST', 'only imports of datasets that this server runs can be cancelled');
    run?.abort.abort();
    await run?.done;
    return store.rowsIn(imports, 'id', [importId])[0] ?? found;
  }

  /** Ends every import of this process as INTERRUPTED; resolves when none runs any more. */
  async interruptAll(): Promise<void> {
    for (const { abort } of this.#running.values()) abort.abort(interrupted('nothing of it was stored'));
    await Promise.all(this.#lastOfName.values());
  }
}

const checkName = (name: string): void => {
  if (namePattern.test(name)) return;
  const message =
    'name must be 1 to 100 letters, digits, spaces, points, dashes and underscores, and begin with a letter or digit';
  throw new DomainError('BAD_REQUEST', message, { problems: [{ path: 'name', code: 'MALFORMED', message }] });
};

const checkKeepVersions = ({ keepVersions }: DatasetOptions): void => {
  if (keepVersions == null || (Number.isSafeInteger(keepVersions) && keepVersions >= 1)) return;
  const message = `keepVersions must be a whole number of at least 1, not ${keepVersions}`;
  throw new DomainError('BAD_REQUEST', message, {
    problems: [{ path: 'keepVersions', code: 'OUT_OF_RANGE', message }],
  });
};
