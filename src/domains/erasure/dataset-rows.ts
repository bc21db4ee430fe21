import type { CellValue, DatasetEngine, RewrittenVersion } from '../../../db/datasets/engine.ts';
import type { ErasingTx, Store } from '../../../db/store.ts';
import { datasets, datasetVersions } from '../../../db/tables/datasets.ts';
import { DomainError } from '../../errors.ts';
import { preview } from '../../lib/problems.ts';
import type { DatasetVersion } from '../datasets/columns.ts';
import type { Dataset } from '../datasets/datasets.ts';
import type { VersionTables } from '../datasets/version-tables.ts';

/** The rows of all versions of a dataset with a value in a column. */
export interface RowSelection {
  readonly dataset: Dataset;
  readonly column: string;
  readonly text: string;
}

/** The rows of one version that are erased, and how many it has. */
export interface RowCount {
  readonly dataset: string;
  readonly version: number;
  readonly before: number;
  readonly erased: number;
}

/** Rows that were found, which `rewrite` leaves out. */
export interface FoundRows {
  readonly counts: readonly RowCount[];
  /** The files of the versions that have any of the rows. */
  readonly files: readonly string[];
  /** The sizes of these files together. */
  readonly bytes: number;
  /** Writes the files without the rows; the returned function puts them in the place of the others. */
  rewrite(): Promise<Rewriting>;
}

interface Rewriting {
  readonly newFiles: readonly string[];
  apply(tx: ErasingTx): void;
  /** Removes the new files. */
  undo(): Promise<void>;
}

export interface DatasetRowServices {
  readonly store: Store;
  readonly engine: DatasetEngine;
  readonly tables: VersionTables;
}

interface FoundVersion {
  readonly version: DatasetVersion;
  readonly values: readonly CellValue[];
  readonly erased: number;
}

const all = 1_000_000;

/** Finds and erases rows of datasets. */
export class DatasetRows {
  readonly #services: DatasetRowServices;

  constructor(services: DatasetRowServices) {
    this.#services = services;
  }

  /**
   * Reads `NAME.COLUMN=VALUE`; all three may have points and equals signs. Without a value it is `ownValue`, unless that is
   * null. Throws BAD_REQUEST for a dataset or column that does not exist, and for a text that can be read in two ways.
   */
  select(text: string, ownValue: string | null): RowSelection {
    const found = [...this.#readings(text, ownValue)];
    const [only, other] = found;
    if (only && !other) return only;
    if (!only)
      throw new DomainError('BAD_REQUEST', `${preview(text)} is no NAME.COLUMN=VALUE of a dataset that exists`);
    const readings = found.map((each) => `${preview(each.column)} of ${preview(each.dataset.name)}`).join(' or ');
    throw new DomainError(
      'BAD_REQUEST',
      `${preview(text)} can be the column ${readings}: rename or delete one of them`,
    );
  }

  *#readings(text: string, ownValue: string | null): Generator<RowSelection> {
    for (const dataset of this.#existing()) {
      if (!text.startsWith(`${dataset.name}.`)) continue;
      const rest = text.slice(dataset.name.length + 1);
      const columns = new Set(this.#versionsOf(dataset).flatMap((version) => version.columns.map(({ name }) => name)));
      for (const column of columns) {
        if (rest === column && ownValue !== null) yield { dataset, column, text: ownValue };
        const value = rest.startsWith(`${column}=`) ? rest.slice(column.length + 1) : '';
        if (value !== '') yield { dataset, column, text: value };
      }
    }
  }

  /** Counts the selected rows. Throws DATA_DAMAGED when the file of a version is not as it was stored. */
  async find(selections: readonly RowSelection[]): Promise<FoundRows> {
    const { engine, tables } = this.#services;
    const found = new Map<Dataset, FoundVersion[]>();
    for (const dataset of new Set(selections.map((each) => each.dataset))) {
      const versions: FoundVersion[] = [];
      for (const version of this.#versionsOf(dataset)) {
        const values = valuesIn(
          version,
          selections.filter((each) => each.dataset === dataset),
        );
        const erased = values.length === 0 ? 0 : await engine.countRowsWith(await tables.of(version), values);
        versions.push({ version, values, erased });
      }
      found.set(dataset, versions);
    }
    const affected = [...found.values()].flat().filter(({ erased }) => erased > 0);
    return {
      counts: [...found].flatMap(([dataset, versions]) =>
        versions.map(({ version: { number, rowCount }, erased }) => ({
          ...{ dataset: dataset.name, version: number, before: rowCount, erased },
        })),
      ),
      files: affected.map(({ version }) => version.file),
      bytes: affected.reduce((sum, { version }) => sum + (version.fileBytes ?? 0), 0),
      rewrite: () => this.#rewrite(found),
    };
  }

  async #rewrite(found: ReadonlyMap<Dataset, readonly FoundVersion[]>): Promise<Rewriting> {
    const { engine, tables } = this.#services;
    const rewritten = new Map<number, RewrittenVersion>();
    const undo = async (): Promise<void> => {
      for (const { file } of rewritten.values()) await engine.remove(file);
    };
    try {
      for (const { version, values, erased } of [...found.values()].flat())
        if (erased > 0) rewritten.set(version.id, await engine.withoutRowsWith(await tables.of(version), values));
    } catch (error) {
      await undo();
      throw error;
    }
    const apply = (tx: ErasingTx): void => {
      for (const [dataset, versions] of found)
        if (versions.some(({ erased }) => erased > 0)) replaceVersions(tx, dataset, versions, rewritten);
    };
    return { newFiles: [...rewritten.values()].map(({ file }) => file), apply, undo };
  }

  /** Whether an import may have had rows of a dataset: it made one of its versions, or none of any dataset that is left. */
  mayConcern({ id }: Dataset, importId: number): boolean {
    const [version] = this.#services.store.rowsIn(datasetVersions, 'importId', [importId]);
    return version === undefined || version.datasetId === id;
  }

  #existing(): Dataset[] {
    const request = { key: 'id', direction: 'asc', match: { deletedAtUs: null }, limit: all } as const;
    return this.#services.store.page(datasets, request);
  }

  /** The oldest first. */
  #versionsOf({ id: datasetId }: Dataset): DatasetVersion[] {
    const request = { key: 'id', direction: 'asc', match: { datasetId }, limit: all } as const;
    return this.#services.store.page(datasetVersions, request);
  }
}

const valuesIn = ({ columns }: DatasetVersion, selections: readonly RowSelection[]): CellValue[] =>
  selections.flatMap(({ column, text }) => {
    const index = columns.findIndex(({ name }) => name === column);
    return index < 0 ? [] : [{ column: index, text }];
  });

/**
 * All versions of the dataset get new keys, in their order: a row of a version has its number as its name, and the rows
 * behind an erased one have others from now on.
 */
const replaceVersions = (
  tx: ErasingTx,
  { id, versionId }: Dataset,
  versions: readonly FoundVersion[],
  rewritten: ReadonlyMap<number, RewrittenVersion>,
): void => {
  for (const { version } of versions) {
    const { id: oldId, ...fields } = tx.findLatest(datasetVersions, { id: version.id }) ?? version;
    const { columns, ...rest } = rewritten.get(oldId) ?? fields;
    tx.remove(datasetVersions, { id: oldId });
    const newId = tx.insert(datasetVersions, { ...fields, ...rest, columns: [...columns] });
    if (oldId === versionId) tx.update(datasets, { id }, { versionId: newId });
  }
};
