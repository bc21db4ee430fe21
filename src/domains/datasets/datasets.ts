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
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #engine: DatasetEngine;
  readonly #tables: VersionTables;
  readonly #retention: VersionRetention;
  readonly #limits: DatasetServices['limits'];

  constructor({ store, ledger, engine, tables, retention, limits }: DatasetServices) {
    this.#store = store;
    this.#ledger = ledger;
    this.#engine = engine;
    this.#tables = tables;
    this.#retention = retention;
    this.#limits = limits;
  }

  findByName(name: string): Dataset | undefined {
    return this.#store.page(datasets, {
      key: 'id',
      direction: 'desc',
      match: { name, deletedAtUs: null },
      limit: 1,
    })[0];
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
    const names = rows.map(({ name }) => preview(name)).join(', ');
    return `the datasets are ${names}${hasAfter ? ' and others' : ''}`;
  }

  byIds(ids: readonly number[]): (Dataset | null)[] {
    return rowsByKey(this.#store, datasets, 'id', ids).map((dataset) =>
      dataset?.deletedAtUs === null ? dataset : null,
    );
  }

  page(page: TablePageRequest): TablePage<Dataset> & { totalCount(): number } {
    const match = { deletedAtUs: null };
    const found = pageOfTable(this.#store, datasets, { key: 'id', direction: 'asc', match }, page);
    return { ...found, totalCount: () => this.#store.count(datasets, match) };
  }

  /** The current version. */
  current(dataset: Dataset): DatasetVersion {
    return this.versionOf(dataset);
  }

  /** A version by its id; by default the current version. Throws NOT_FOUND for a version that the dataset has not. */
  versionOf(dataset: Dataset, versionId?: number): DatasetVersion {
    const [version] = this.versionsByIds([versionId ?? dataset.versionId]);
    if (version?.datasetId === dataset.id) return version;
    // Since the dataset was read, an import may have replaced its version and retention have removed it.
    const [now] = versionId === undefined ? this.byIds([dataset.id]) : [];
    if (now && now.versionId !== dataset.versionId) return this.versionOf(now);
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
    const request = { key: 'id', direction: 'desc', match: { datasetId, number }, limit: 1 } as const;
    return this.#store.page(datasetVersions, request)[0];
  }

  columns(version: DatasetVersion): readonly IndexedColumn[] {
    return indexedColumns(version);
  }

  versionsByIds(ids: readonly number[]): (DatasetVersion | null)[] {
    return rowsByKey(this.#store, datasetVersions, 'id', ids);
  }

  versionsPage(
    { id: datasetId }: Dataset,
    page: TablePageRequest,
  ): TablePage<DatasetVersion> & { totalCount(): number } {
    const match = { datasetId };
    const found = pageOfTable(this.#store, datasetVersions, { key: 'id', direction: 'desc', match }, page);
    return { ...found, totalCount: () => this.#store.count(datasetVersions, match) };
  }

  /** The dataset of which each import made a version, in order. */
  readonly byImportIds = (importIds: readonly number[]): (Dataset | null)[] => {
    const ids = this.versionsByImportIds(importIds).map((version) => version?.datasetId ?? 0);
    return rowsByKey(this.#store, datasets, 'id', ids);
  };

  /** The version that each import made, in order. */
  readonly versionsByImportIds = (importIds: readonly number[]): (DatasetVersion | null)[] =>
    rowsByKey(this.#store, datasetVersions, 'importId', importIds);

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
    const request = {
      filter: tableFilter(version, query, this.#limits),
      orders: ordersOf(version, query.orderBy),
      columns,
    };
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
