import {
  type GroupOfTable,
  type GroupsRequest,
  type MeasureFunction,
  measureFunctions,
  type TableFilter,
} from '../../../db/datasets/engine.ts';
import { DomainError } from '../../errors.ts';
import type { Cell } from '../../lib/cell-text.ts';
import { preview } from '../../lib/problems.ts';
import type { Work } from '../../lib/work.ts';
import { type ColumnOrder, type DatasetVersion, indexOfColumn } from './columns.ts';
import { formatCursor, parseCursor, signatureOf } from './cursors.ts';
import type { Dataset, Datasets } from './datasets.ts';
import { type ColumnTest, cellTest, type FilterLimits, type FilterRequest, tableFilter } from './filter.ts';
import type { RowsPage, RowsQuery } from './rows.ts';

export interface Grouping {
  readonly column: string;
  readonly grain?: GroupOfTable['by'][number]['grain'] | null | undefined;
  readonly binWidth?: number | null | undefined;
}

export interface GroupsQuery extends Pick<FilterRequest, 'where' | 'match' | 'search'> {
  readonly groupBy?: readonly Grouping[] | null | undefined;
  readonly measures: readonly {
    readonly function: MeasureFunction;
    readonly column?: string | null | undefined;
    readonly as?: string | null | undefined;
  }[];
  readonly having?: readonly { readonly as: string; readonly test: ColumnTest }[] | null | undefined;
  readonly orderBy?: readonly ColumnOrder[] | null | undefined;
  readonly versionId?: number | undefined;
  readonly timeZone: string;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** A group of rows with its key and its measures. */
export interface DatasetGroup {
  readonly version: DatasetVersion;
  readonly key: readonly Cell[];
  readonly measures: readonly Cell[];
  /** For each measure, the number of cells that it leaves out because they do not fit the type of the column. */
  readonly excludedCounts: readonly number[];
  /** The filter that selects exactly its rows. */
  readonly rows: TableFilter;
}

export interface GroupsPage {
  readonly version: DatasetVersion;
  readonly groups: readonly DatasetGroup[];
  /** The names of the key columns, followed by those of the measures. */
  readonly columns: readonly string[];
  readonly total: number;
  /** Number of rows of which a cell is left out, by the filter or by a measure, because it does not fit the type. */
  readonly excludedCount: number;
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  cursorOf(group: DatasetGroup): string;
}

type PageOfRows = Pick<RowsQuery, 'limit' | 'fromEnd' | 'after' | 'before'>;

/** Groups of the rows of a dataset. */
export interface DatasetGroups {
  groups(dataset: Dataset, query: GroupsQuery, work: Work): Promise<GroupsPage>;
  /** Exactly the rows of a group. */
  rowsOf(group: DatasetGroup, page: PageOfRows, work: Work): Promise<RowsPage>;
}

/** The settings of the same names. */
interface GroupLimits extends FilterLimits {
  readonly datasetGroupColumnsMax: number;
  readonly datasetMeasuresMax: number;
}

export const createDatasetGroups = (datasets: Datasets, limits: GroupLimits): DatasetGroups => ({
  async groups(dataset, query, work) {
    const { limit, after } = query;
    const cursor = after === undefined ? undefined : parseCursor(after);
    const version = datasets.versionOf(dataset, query.versionId ?? cursor?.versionId);
    const { request, columns } = translateQuery(version, query, limits);
    const signature = signatureOf(request);
    if (cursor && (cursor.versionId !== version.id || cursor.signature !== signature))
      throw new DomainError('BAD_REQUEST', 'the cursor belongs to another list');
    const offset = cursor ? cursor.index + 1 : 0;
    const page = { ...request, offset, limit };
    const { groups: found, total, excludedCount } = await datasets.groups(version, page, work);
    const groups = found.map(({ key, measures, excludedCounts }): DatasetGroup => {
      const ofGroup: TableFilter = { group: request.group, key };
      return {
        version,
        key,
        measures,
        excludedCounts,
        rows: request.filter ? { and: [request.filter, ofGroup] } : ofGroup,
      };
    });
    return {
      version,
      groups,
      columns,
      total,
      excludedCount,
      hasBefore: offset > 0,
      hasAfter: offset + groups.length < total,
      cursorOf: (group) => formatCursor({ versionId: version.id, signature, index: offset + groups.indexOf(group) }),
    };
  },
  rowsOf: ({ version, rows }, page, work) => datasets.rowsWhere(version, rows, page, work),
});

interface EngineQuery {
  readonly request: Omit<GroupsRequest, 'offset' | 'limit'>;
  readonly columns: readonly string[];
}

const translateQuery = (version: DatasetVersion, query: GroupsQuery, limits: GroupLimits): EngineQuery => {
  const { measures, having, orderBy, timeZone } = query;
  const groupBy = query.groupBy ?? [];
  checkMeasuresAndGroupings(groupBy, measures, limits);
  const names = measures.map(
    ({ function: name, column, as }) => as ?? (column == null ? name.toLowerCase() : `${name.toLowerCase()}_${column}`),
  );
  const columns = [...groupBy.map(({ column }) => column), ...names];
  // Where a measure has the name of a column, the name means the measure: only a measure can be renamed.
  const indexOfName = (name: string): number => {
    const measure = names.indexOf(name);
    if (measure >= 0) return groupBy.length + measure;
    const key = columns.indexOf(name);
    if (key >= 0) return key;
    const message = `${preview(name)} is neither a groupBy column nor a measure; use one of ${columns.map(preview).join(', ')}`;
    throw new DomainError('BAD_REQUEST', message);
  };
  const by = groupBy.map(({ column, grain, binWidth }) => ({
    column: indexOfColumn(version, column),
    grain: grain ?? undefined,
    binWidth: binWidth ?? undefined,
  }));
  return {
    columns,
    request: {
      group: { by, timeZone },
      measures: measures.map(({ function: name, column }) => ({
        function: name,
        column: column == null ? null : indexOfColumn(version, column),
      })),
      filter: tableFilter(version, query, limits),
      having: (having ?? []).map(({ as, test }) => ({ index: indexOfName(as), test: cellTest(test, limits) })),
      orders: (orderBy ?? []).map(({ column, direction }) => ({
        column: indexOfName(column),
        descending: direction === 'DESC',
      })),
    },
  };
};

const checkMeasuresAndGroupings = (
  groupBy: readonly Grouping[],
  measures: GroupsQuery['measures'],
  { datasetGroupColumnsMax, datasetMeasuresMax }: GroupLimits,
): void => {
  if (groupBy.length > datasetGroupColumnsMax)
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `rows can be grouped by at most ${datasetGroupColumnsMax} columns (setting datasetGroupColumnsMax)`,
    );
  if (measures.length > datasetMeasuresMax)
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `groups can have at most ${datasetMeasuresMax} measures (setting datasetMeasuresMax)`,
    );
  for (const { function: name } of measures)
    if (!measureFunctions.includes(name))
      throw new DomainError(
        'BAD_REQUEST',
        `there is no measure ${preview(name)}; use one of ${measureFunctions.join(', ')}`,
      );
};
