import type {
  DatasetEngine,
  DifferenceResult,
  FacetResult,
  GroupsRequest,
  GroupsResult,
  ProfileResult,
  RowsResult,
  TableFilter,
  TableOrder,
  TableRow,
} from '../../../db/datasets/engine.ts';
import type { Row, Store } from '../../../db/store.ts';
import { datasets, datasetVersions } from '../../../db/tables/datasets.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { preview } from '../../lib/problems.ts';
import { type DatasetVersion, type IndexedColumn, indexedColumns, indexOfColumn } from './columns.ts';
import { formatCursor, parseCursor, signatureOf } from './cursors.ts';
import { type FilterLimits, type FilterRequest, tableFilter } from './filter.ts';

export type Dataset = Row<typeof datasets>;

export interface ColumnOrder {
  readonly column: string;
  readonly direction: 'ASC' | 'DESC';
}

export interface RowsQuery extends FilterRequest {
  readonly orderBy?: readonly ColumnOrder[] | null | undefined;
  /** A version's id; without it the version of the cursor, else the one that answers. */
  readonly versionId?: number | undefined;
  readonly limit: number;
  readonly fromEnd: boolean;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** A row of a version. */
export interface DatasetRow extends TableRow {
  readonly version: DatasetVersion;
}

export interface RowsPage {
  readonly version: DatasetVersion;
  readonly rows: readonly DatasetRow[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  readonly total: number;
  /** The place of a row in this list, for `after` and `before`. */
  cursorOf(row: DatasetRow): string;
}

/** The datasets there are, and what can be asked of them. Versions never change: the answers to one stay what they are. */
export interface Datasets {
  /** Throws NOT_FOUND. */
  getByName(name: string): Dataset;
  findByName(name: string): Dataset | undefined;
  byIds(ids: readonly number[]): (Dataset | null)[];
  page(page: TablePageRequest): TablePage<Dataset> & { totalCount(): number };
  /** The version that answers. */
  current(dataset: Dataset): DatasetVersion;
  /** A version by its id; without one the version that answers. Throws NOT_FOUND for that of another dataset. */
  versionOf(dataset: Dataset, versionId: number | undefined): DatasetVersion;
  columns(version: DatasetVersion): readonly IndexedColumn[];
  versionsByIds(ids: readonly number[]): (DatasetVersion | null)[];
  versionsPage(dataset: Dataset, page: TablePageRequest): TablePage<DatasetVersion> & { totalCount(): number };
  /** The datasets that imports became, in order. */
  byImportIds(importIds: readonly number[]): (Dataset | null)[];
  /** The versions that imports made, in order. */
  versionsByImportIds(importIds: readonly number[]): (DatasetVersion | null)[];
  rows(dataset: Dataset, question: RowsQuery): Promise<RowsPage>;
  /** Rows of a version under a condition of the tables' own. */
  rowsWhere(version: DatasetVersion, filter: TableFilter | null, question: RowsQuery): Promise<RowsPage>;
  rowAt(version: DatasetVersion, row: number): Promise<DatasetRow | null>;
  groups(version: DatasetVersion, wanted: GroupsRequest): Promise<GroupsResult>;
  facets(
    version: DatasetVersion,
    columns: readonly string[],
    wanted: FilterRequest,
    limit: number,
  ): Promise<readonly FacetResult[]>;
  profile(column: IndexedColumn): Promise<ProfileResult>;
  difference(earlier: DatasetVersion, later: DatasetVersion): Promise<DifferenceResult>;
  /** Removes a dataset and the files of all its versions. Throws NOT_FOUND. */
  remove(id: number): Promise<void>;
  /** Removes files that no version names. */
  sweep(): Promise<void>;
}

export const createDatasets = (store: Store, ledger: Ledger, tables: DatasetEngine, limits: FilterLimits): Datasets => {
  const find = (name: string): Dataset | undefined =>
    store.page(datasets, { key: 'id', direction: 'desc', match: { name, deletedAtUs: null }, limit: 1 })[0];

  const versionsByIds = (ids: readonly number[]) => rowsByKey(store, datasetVersions, 'id', ids);

  const versionsOfImports = (importIds: readonly number[]) => rowsByKey(store, datasetVersions, 'importId', importIds);

  const versionOf = (dataset: Dataset, versionId = dataset.versionId): DatasetVersion => {
    const [version] = versionsByIds([versionId]);
    if (version?.datasetId === dataset.id) return version;
    throw new DomainError('NOT_FOUND', `the dataset ${preview(dataset.name)} has no such version`);
  };

  const rowsWhere: Datasets['rowsWhere'] = async (version, filter, question) => {
    const orders = ordersOf(version, question.orderBy);
    const signature = signatureOf(orders);
    const rowOf = (place: string | undefined): number | null => {
      if (place === undefined) return null;
      const { versionId, signature: given, index: at } = parseCursor(place);
      if (versionId === version.id && given === signature) return at;
      throw new DomainError('BAD_REQUEST', 'the cursor is one of another version or order');
    };
    const { limit, fromEnd } = question;
    const found: RowsResult = await tables.query(version.file, 'rows', {
      filter,
      orders,
      limit,
      fromEnd,
      after: rowOf(question.after),
      before: rowOf(question.before),
      withTotal: true,
    });
    const { hasBefore, hasAfter, total } = found;
    const rows = found.rows.map((row) => ({ ...row, version }));
    return {
      version,
      rows,
      hasBefore,
      hasAfter,
      total: total ?? 0,
      cursorOf: ({ row }) => formatCursor({ versionId: version.id, signature, index: row }),
    };
  };

  return {
    findByName: find,
    getByName(name) {
      const found = find(name);
      if (found) return found;
      throw new DomainError('NOT_FOUND', `there is no dataset ${preview(name)}`);
    },
    byIds: (ids) =>
      rowsByKey(store, datasets, 'id', ids).map((dataset) => (dataset?.deletedAtUs === null ? dataset : null)),
    page(page) {
      const match = { deletedAtUs: null };
      const found = pageOfTable(store, datasets, { key: 'id', direction: 'asc', match }, page);
      return { ...found, totalCount: () => store.count(datasets, match) };
    },
    current: (dataset) => versionOf(dataset),
    versionOf,
    columns: indexedColumns,
    versionsByIds,
    versionsPage({ id: datasetId }, page) {
      const match = { datasetId };
      const found = pageOfTable(store, datasetVersions, { key: 'id', direction: 'desc', match }, page);
      return { ...found, totalCount: () => store.count(datasetVersions, match) };
    },
    versionsByImportIds: versionsOfImports,
    byImportIds(importIds) {
      const ids = versionsOfImports(importIds).map((version) => version?.datasetId ?? 0);
      return rowsByKey(store, datasets, 'id', ids);
    },
    async rows(dataset, question) {
      // A list that has been begun goes on in the version it began in.
      const place = question.after ?? question.before;
      const begunIn = place === undefined ? undefined : parseCursor(place).versionId;
      const version = versionOf(dataset, question.versionId ?? begunIn);
      return rowsWhere(version, tableFilter(version, question, limits), question);
    },
    rowsWhere,
    async rowAt(version, row) {
      const [found = null] = await tables.query(version.file, 'rowsAt', { rows: [row] });
      return found && { ...found, version };
    },
    groups: (version, wanted) => tables.query(version.file, 'groups', wanted),
    async facets(version, columns, wanted, limit) {
      const filter = tableFilter(version, wanted, limits);
      return tables.query(version.file, 'facets', {
        columns: columns.map((name) => indexOfColumn(version, name)),
        filter,
        limit,
      });
    },
    profile: ({ version, index: place }) => tables.query(version.file, 'profile', { column: place }),
    difference: (earlier, later) =>
      tables.query(later.file, 'difference', { earlier: earlier.file, keyColumns: later.keyColumns }),
    async remove(id) {
      const files = await ledger.write((tx) => {
        const dataset = tx.findLatest(datasets, { id, deletedAtUs: null });
        if (!dataset) throw new DomainError('NOT_FOUND', `there is no dataset ${id}`);
        tx.update(datasets, { id }, { deletedAtUs: tx.nowUs });
        return store.page(datasetVersions, { key: 'id', direction: 'asc', match: { datasetId: id }, limit: 1_000_000 });
      });
      for (const { file } of files) await tables.remove(file);
    },
    async sweep() {
      const inUse = new Set<string>();
      let after = 0;
      for (;;) {
        const rows = store.page(datasetVersions, { key: 'id', direction: 'asc', after, limit: 1000 });
        const owners = rowsByKey(
          store,
          datasets,
          'id',
          rows.map(({ datasetId }) => datasetId),
        );
        rows.forEach(({ file }, place) => void (owners[place]?.deletedAtUs === null && inUse.add(file)));
        if (rows.length < 1000) break;
        after = rows.at(-1)?.id ?? 0;
      }
      await tables.sweep(inUse);
    },
  };
};

const ordersOf = (version: DatasetVersion, orderBy: RowsQuery['orderBy']): TableOrder[] =>
  (orderBy ?? []).map(({ column, direction }) => ({
    column: indexOfColumn(version, column),
    descending: direction === 'DESC',
  }));
