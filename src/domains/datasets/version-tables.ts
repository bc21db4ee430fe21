import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetEngine, StoredTable } from '../../../db/datasets/engine.ts';
import type { Store } from '../../../db/store.ts';
import { datasets, datasetVersions } from '../../../db/tables/datasets.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import { type OwnedFile, problemOfFile, type StoredFile } from '../../sources/stored-file.ts';
import type { DatasetVersion } from './columns.ts';

export interface VersionTableServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly engine: DatasetEngine;
  readonly log: DebugLog;
}

const versionsPerPage = 1000;

/** The files of versions. A file of before Parquet is converted when it is first needed. */
export class VersionTables {
  readonly #services: VersionTableServices;
  readonly #converting = new Map<number, Promise<StoredTable>>();
  /** The identity with which each file was found as it was stored. */
  readonly #sound = new Map<string, Promise<string>>();
  #isClosed = false;

  constructor(services: VersionTableServices) {
    this.#services = services;
  }

  /**
   * The table of a version. Throws DATA_DAMAGED when its file is not as it was stored: the file is read when the version is
   * first used, and again when its size or times have changed since.
   */
  async of(version: DatasetVersion): Promise<StoredTable> {
    if (isConverted(version)) {
      await this.#checkFile(version);
      return version;
    }
    const running = this.#converting.get(version.id) ?? this.#convert(version);
    this.#converting.set(version.id, running);
    try {
      return await running;
    } finally {
      this.#converting.delete(version.id);
    }
  }

  async #checkFile(version: DatasetVersion): Promise<void> {
    const { file } = version;
    const identity = await identityOf(join(this.#services.engine.folder, file));
    // A file that cannot be found is reported by reading it.
    const known = this.#sound.get(file);
    if (identity !== null && (await known?.catch(() => null)) === identity) return;
    const checking = problemOfFile(this.#fileOf(version)).then((problem) => {
      if (problem === null) return identity ?? '';
      throw new DomainError(
        'DATA_DAMAGED',
        `version ${version.number} of the dataset is not as it was stored: ${problem}; put back the file from a backup, or import the dataset again`,
      );
    });
    this.#sound.set(file, checking);
    await checking.catch((error: unknown) => {
      this.#sound.delete(file);
      throw error;
    });
  }

  /** Converts the files of all versions, one after the other. A file that cannot be read stays, and is logged. */
  async convertAll(): Promise<void> {
    const { store, log } = this.#services;
    let after = 0;
    while (!this.#isClosed) {
      const match = { fileBytes: null };
      const page = { key: 'id', direction: 'asc', match, after, limit: versionsPerPage } as const;
      const versions = store.page(datasetVersions, page);
      for (const version of versions) {
        if (this.#isClosed) return;
        await this.of(version).catch((error: unknown) =>
          log.debug({ file: version.file, error: String(error) }, 'the file of a dataset version cannot be converted'),
        );
      }
      if (versions.length < versionsPerPage) return;
      after = versions.at(-1)?.id ?? 0;
    }
  }

  /** Removes files that belong to no version of an existing dataset. */
  async sweep(): Promise<void> {
    await this.#services.engine.sweep(new Set(Array.from(this.#versions(), ({ version }) => version.file)));
  }

  /** The files of the versions of all datasets that are not deleted. */
  *files(): Generator<OwnedFile> {
    for (const { version, name } of this.#versions()) {
      const owner = `version ${version.number} of dataset ${name}`;
      yield { owner, ...this.#fileOf(version), isStillNamed: () => this.#isCurrent(version) };
    }
  }

  #fileOf({ file, fileBytes: byteSize, fileSha256: sha256 }: DatasetVersion): StoredFile {
    return { path: join(this.#services.engine.folder, file), byteSize, sha256 };
  }

  #isCurrent({ id, datasetId, file }: DatasetVersion): boolean {
    const { store } = this.#services;
    const [found] = store.rowsIn(datasetVersions, 'id', [id]);
    const [owner] = store.rowsIn(datasets, 'id', [datasetId]);
    return found?.file === file && owner?.deletedAtUs === null;
  }

  /** The versions of datasets that are not deleted, with the names of the datasets. */
  *#versions(): Generator<{ readonly version: DatasetVersion; readonly name: string }> {
    const { store } = this.#services;
    for (let after = 0, hasMore = true; hasMore; ) {
      const versions = store.page(datasetVersions, { key: 'id', direction: 'asc', after, limit: versionsPerPage });
      const ids = versions.map(({ datasetId }) => datasetId);
      const owners = rowsByKey(store, datasets, 'id', ids);
      for (const [index, version] of versions.entries()) {
        const owner = owners[index];
        if (owner?.deletedAtUs === null) yield { version, name: owner.name };
      }
      hasMore = versions.length === versionsPerPage;
      after = versions.at(-1)?.id ?? 0;
    }
  }

  /** Ends `convertAll` after the present file. */
  close(): void {
    this.#isClosed = true;
  }

  async #convert({ id, file }: DatasetVersion): Promise<StoredTable> {
    const { store, ledger, engine } = this.#services;
    const [current] = store.rowsIn(datasetVersions, 'id', [id]);
    if (current && isConverted(current)) return current;
    const converted = await engine.convert(file);
    const { columns, ...fields } = converted;
    // Another process may have converted the file meanwhile.
    const isFirst = await ledger.write((tx) => {
      if (tx.findLatest(datasetVersions, { id })?.file !== file) return false;
      tx.update(datasetVersions, { id }, { ...fields, columns: [...columns] });
      return true;
    });
    if (isFirst) {
      await engine.remove(file);
      return converted;
    }
    await engine.remove(converted.file);
    const [stored] = store.rowsIn(datasetVersions, 'id', [id]);
    return stored ?? converted;
  }
}

/** What changes when a file is written to; null when there is none. */
const identityOf = async (path: string): Promise<string | null> => {
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found && [found.size, found.mtimeNs, found.ctimeNs, found.ino].join();
};

const isConverted = ({ fileBytes }: DatasetVersion): boolean => fileBytes !== null;
