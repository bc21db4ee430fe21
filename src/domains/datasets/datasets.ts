import type {
  DatasetEngine,
  FacetResult,
  GroupsRequest,
  GroupsResult,
  ProfileResult,
  TableFilter,
  TableQueries,
  TableQueryName,
  TemporaryFile,
} from '../../../db/datasets/engine.ts';
import type { Row, Store } from '../../../db/store.ts';
import { datasets, datasetVersions } from '../../../db/tables/datasets.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { preview } from '../../lib/problems.ts';
import type { Work } from '../../lib/work.ts';
import {
  type DatasetVersion,
  type IndexedColumn,
  indexedColumns,
  indexesOfStatistics,
  ordersOf,
  type StatisticsLimits,
} from './columns.ts';
import { formatCursor, parseCursor, rowOfCursor, signatureOf } from './cursors.ts';
import { DatasetDamages } from './damages.ts';
import { type FilterLimits, type FilterRequest, tableFilter } from './filter.ts';
import type { VersionRetention } from './retention.ts';
import type { DatasetRow, RowsPage, RowsQuery } from './rows.ts';
import type { VersionTables } from './version-tables.ts';

export type Dataset = Row<typeof datasets>;

interface FacetsQuery extends FilterRequest {
  readonly columns: readonly string[];
  /** Maximum number of values of each column. */
  readonly limit: number;
}

export interface DatasetServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly engine: DatasetEngine;
  readonly tables: VersionTables;
  readonly retention: VersionRetention;
  readonly limits: FilterLimits & StatisticsLimits;
}

/** How many names of datasets the error for an unknown name lists. */
const namesInError = 20;

/** The datasets, their versions, and queries of their rows. A version never changes, and neither do its results. */
export class Datasets {
  readonly damages: DatasetDamages;
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #engine: DatasetEngine;
  readonly #tables: VersionTables;
  readonly #retention: VersionRetention;
  readonly #limits: DatasetServices['limits'];

  constructor({ store, ledger, engine, tables, retention, limits }: DatasetServices) {
    this.#store = store;
    this.#ledger = ledger;
    this.damages = new DatasetDamages(ledger);
    this.#engine = engine;
    this.#tables = tables;
    this.#retention = retention;
    this.#limits = limits;
  }

  /** Throws DATA_DAMAGED for a damaged dataset, and when a damaged one may have had the name. */
  findByName(name: string): Dataset | undefined {
    const match = { name, deletedAtUs: null };
    const [found] = this.#store.page(datasets, { key: 'id', direction: 'desc', match, limit: 1 });
    if (found) this.damages.refuse(found.id);
    else this.damages.refuseUnknownName();
    return found;
  }

  /** Throws NOT_FOUND. */
  getByName(name: string): Dataset {
    const found = this.findByName(name);
    if (found) return found;
    throw new DomainError('NOT_FOUND', `there is no dataset ${preview(name)}; ${this.#existingNames()}`);
  }

  #existingNames(): string {
    const { rows, hasAfter } = this.page({ limit: namesInError, fromEnd: false });
    if (rows.length === 0) return 'there are no datasets';
    const names = rows.flatMap(({ id, name }) => (this.damages.of(id) ? [] : preview(name))).join(', ');
    return `the datasets are ${names}${hasAfter ? ' and others' : ''}`;
  }

  /** In order; DATA_DAMAGED for damaged ones. */
  byIds(ids: readonly number[]): (Dataset | DomainError | null)[] {
    return rowsByKey(this.#store, datasets, 'id', ids).map(
      (dataset, index) => this.damages.of(ids[index] as number) ?? (dataset?.deletedAtUs === null ? dataset : null),
    );
  }

  /** Also damaged ones, see `damages`. Throws DATA_DAMAGED when one may be missing. */
  page(page: TablePageRequest): TablePage<Dataset> & { totalCount(): number } {
    const match = { deletedAtUs: null };
    this.damages.refuseHidden((id) => this.#store.count(datasets, { id, ...match }) > 0);
    const found = pageOfTable(this.#store, datasets, { key: 'id', direction: 'asc', match }, page);
    return { ...found, totalCount: () => this.#store.count(datasets, match) };
  }

  /** The current version. */
  current(dataset: Dataset): DatasetVersion {
    return this.versionOf(dataset);
  }

  /** A version by its id; by default the current version. Throws NOT_FOUND for a version that the dataset has not. */
  versionOf(dataset: Dataset, versionId?: number): DatasetVersion {
    this.damages.refuse(dataset.id);
    const [version] = rowsByKey(this.#store, datasetVersions, 'id', [versionId ?? dataset.versionId]);
    if (version?.datasetId === dataset.id) return version;
    // Since the dataset was read, an import may have replaced its version and retention have removed it.
    const [now] = versionId === undefined ? this.#store.rowsIn(datasets, 'id', [dataset.id]) : [];
    if (now?.deletedAtUs === null && now.versionId !== dataset.versionId) return this.versionOf(now);
    throw new DomainError('NOT_FOUND', `the dataset ${preview(dataset.name)} has no such version`);
  }

  /** A version by its number in its dataset. Throws NOT_FOUND. */
  versionByNumber(dataset: Dataset, number: number): DatasetVersion {
    const version = this.findVersion(dataset, number);
    if (version) return version;
    const newest = this.current(dataset).number;
    const message = `the dataset ${preview(dataset.name)} has no version ${number}; the current version is ${newest}`;
    throw new DomainError('NOT_FOUND', message);
  }

  findVersion({ id: datasetId }: Dataset, number: number): DatasetVersion | undefined {
    this.damages.refuse(datasetId);
    const request = { key: 'id', direction: 'desc', match: { datasetId, number }, limit: 1 } as const;
    return this.#store.page(datasetVersions, request)[0];
  }

  columns(version: DatasetVersion): readonly IndexedColumn[] {
    return indexedColumns(version);
  }

  /** In order; DATA_DAMAGED for those of damaged datasets, and for unknown ones while one may have been damaged. */
  versionsByIds(ids: readonly number[]): (DatasetVersion | DomainError | null)[] {
    return rowsByKey(this.#store, datasetVersions, 'id', ids).map((version) => this.damages.unlessDamaged(version));
  }

  versionsPage(
    { id: datasetId }: Dataset,
    page: TablePageRequest,
  ): TablePage<DatasetVersion> & { totalCount(): number } {
    this.damages.refuse(datasetId);
    const match = { datasetId };
    const found = pageOfTable(this.#store, datasetVersions, { key: 'id', direction: 'desc', match }, page);
    return { ...found, totalCount: () => this.#store.count(datasetVersions, match) };
  }

  /** The dataset of which each import made a version, in order. */
  readonly byImportIds = (importIds: readonly number[]): (Dataset | DomainError | null)[] => {
    const versions = this.versionsByImportIds(importIds);
    const ids = versions.map((version) => (version instanceof DomainError ? 0 : (version?.datasetId ?? 0)));
    const owners = rowsByKey(this.#store, datasets, 'id', ids);
    return versions.map((version, index) => (version instanceof DomainError ? version : (owners[index] ?? null)));
  };

  /** The version that each import of a dataset made, in order. */
  readonly versionsByImportIds = (importIds: readonly number[]): (DatasetVersion | DomainError | null)[] =>
    rowsByKey(this.#store, datasetVersions, 'importId', importIds).map((version) =>
      this.damages.unlessDamaged(version),
    );

  async rows(dataset: Dataset, query: RowsQuery, work: Work): Promise<RowsPage> {
    // The later pages of a list come from the version of its first page.
    const cursor = query.after ?? query.before;
    const versionId = query.versionId ?? (cursor === undefined ? undefined : parseCursor(cursor).versionId);
    const version = this.versionOf(dataset, versionId);
    return this.rowsWhere(version, tableFilter(version, query, this.#limits), query, work);
  }

  /** Like `rows`, but the engine does not count them: a total costs as much as the page. */
  async rowsUncounted(dataset: Dataset, query: RowsQuery, work: Work): Promise<Omit<RowsPage, 'total'>> {
    const version = this.versionOf(dataset, query.versionId);
    return this.#page(version, tableFilter(version, query, this.#limits), query, { withTotal: false, work });
  }

  /** Rows of a version that pass a filter of the engine. */
  async rowsWhere(
    version: DatasetVersion,
    filter: TableFilter | null,
    query: RowsQuery,
    work: Work,
  ): Promise<RowsPage> {
    const { total, ...page } = await this.#page(version, filter, query, { withTotal: true, work });
    return { ...page, total: total ?? 0 };
  }

  async #page(
    version: DatasetVersion,
    filter: TableFilter | null,
    query: RowsQuery,
    { withTotal, work }: { readonly withTotal: boolean; readonly work: Work },
  ): Promise<Omit<RowsPage, 'total'> & { readonly total: number | null }> {
    const orders = ordersOf(version, query.orderBy);
    const list = { versionId: version.id, signature: signatureOf(orders) };
    const { limit, fromEnd } = query;
    const [after, before] = [rowOfCursor(query.after, list), rowOfCursor(query.before, list)];
    const request = { filter, orders, limit, fromEnd, after, before, withTotal };
    const { rows, ...page } = await this.#query(version, 'rows', request, work);
    return {
      version,
      ...page,
      rows: rows.map((row) => ({ ...row, version })),
      cursorOf: ({ row }) => formatCursor({ ...list, index: row }),
    };
  }

  /** The rows with these numbers that the version has. */
  async rowsAt(version: DatasetVersion, rows: readonly number[], work: Work): Promise<DatasetRow[]> {
    const found = await this.#query(version, 'rowsAt', { rows }, work);
    return found.flatMap((row) => (row ? [{ ...row, version }] : []));
  }

  groups(version: DatasetVersion, request: GroupsRequest, work: Work): Promise<GroupsResult> {
    return this.#query(version, 'groups', request, work);
  }

  async facets(
    version: DatasetVersion,
    { columns, limit, ...conditions }: FacetsQuery,
    work: Work,
  ): Promise<readonly FacetResult[]> {
    const filter = tableFilter(version, conditions, this.#limits);
    const indexes = indexesOfStatistics(version, columns, this.#limits);
    return this.#query(version, 'facets', { columns: indexes, filter, limit }, work);
  }

  profile({ version, index }: IndexedColumn, work: Work): Promise<ProfileResult> {
    return this.#query(version, 'profile', { column: index }, work);
  }

  /** Keeps a version that several queries read until the returned function is called. */
  holdVersion(version: DatasetVersion): () => void {
    return this.#retention.hold(version);
  }

  /** Throws DATA_DAMAGED when the file of a version is not as it was stored. */
  async checkFile(version: DatasetVersion): Promise<void> {
    await this.#tables.of(version);
  }

  /** Writes the rows that a query selects to a Parquet file of the columns with these indexes. */
  parquetFile(
    version: DatasetVersion,
    query: Pick<RowsQuery, keyof FilterRequest | 'orderBy'>,
    columns: readonly number[],
    work: Work,
  ): Promise<TemporaryFile> {
    const [filter, orders] = [tableFilter(version, query, this.#limits), ordersOf(version, query.orderBy)];
    const request = { filter, orders, columns };
    return this.#retention.during(version, async () =>
      this.#engine.writeParquet(await this.#tables.of(version), request, work),
    );
  }

  /** How many versions of the dataset are kept, the current one included. */
  keptVersions(dataset: Dataset): number {
    return this.#retention.countOf(dataset);
  }

  #query<Q extends TableQueryName>(
    version: DatasetVersion,
    name: Q,
    request: TableQueries[Q]['request'],
    work: Work,
  ): Promise<TableQueries[Q]['result']> {
    return this.#retention.during(version, async () =>
      this.#engine.query(await this.#tables.of(version), name, request, work),
    );
  }

  /** Removes a dataset and the files of all its versions. Throws NOT_FOUND. */
  async remove(id: number): Promise<void> {
    const versions = await this.#ledger.write((tx) => {
      const dataset = tx.findLatest(datasets, { id, deletedAtUs: null });
      if (!dataset) throw new DomainError('NOT_FOUND', `there is no dataset ${id}`);
      tx.update(datasets, { id }, { deletedAtUs: tx.nowUs });
      const match = { datasetId: id };
      return this.#store.page(datasetVersions, { key: 'id', direction: 'asc', match, limit: 1_000_000 });
    });
    for (const { file } of versions) await this.#engine.remove(file);
  }
}
