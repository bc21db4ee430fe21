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
import { type DatasetVersion, indexOfColumn } from './columns.ts';
import { formatCursor, parseCursor, signatureOf } from './cursors.ts';
import type { ColumnOrder, Dataset, Datasets, RowsPage, RowsQuery } from './datasets.ts';
import { type ColumnTest, cellTest, type FilterLimits, type FilterRequest, tableFilter } from './filter.ts';

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

/** A group: its key and measures, and what its rows are. */
export interface DatasetGroup {
  readonly version: DatasetVersion;
  readonly key: readonly Cell[];
  readonly measures: readonly Cell[];
  readonly rows: TableFilter;
}

export interface GroupsPage {
  readonly version: DatasetVersion;
  readonly groups: readonly DatasetGroup[];
  /** Of the key and the measures, in order. */
  readonly columns: readonly string[];
  readonly total: number;
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  cursorOf(group: DatasetGroup): string;
}

/** Groups of a dataset's rows. */
export interface DatasetGroups {
  groups(dataset: Dataset, question: GroupsQuery): Promise<GroupsPage>;
  /** Exactly the rows of a group. */
  rowsOf(group: DatasetGroup, page: Pick<RowsQuery, 'limit' | 'fromEnd' | 'after' | 'before'>): Promise<RowsPage>;
}

const groupingsMax = 8;
const measuresMax = 50;

export const createDatasetGroups = (datasets: Datasets, limits: FilterLimits): DatasetGroups => ({
  async groups(dataset, question) {
    const { limit, after } = question;
    const begun = after === undefined ? undefined : parseCursor(after);
    const version = datasets.versionOf(dataset, question.versionId ?? begun?.versionId);
    const { wanted, columns } = translateQuery(version, question, limits);
    const signature = signatureOf(wanted);
    if (begun && (begun.versionId !== version.id || begun.signature !== signature))
      throw new DomainError('BAD_REQUEST', 'the cursor is one of another list');
    const offset = begun ? begun.index + 1 : 0;
    const { groups, total } = await datasets.groups(version, { ...wanted, offset, limit });
    const found = groups.map(({ key, measures }): DatasetGroup => {
      const ofGroup: TableFilter = { group: wanted.group, key };
      return { version, key, measures, rows: wanted.filter ? { and: [wanted.filter, ofGroup] } : ofGroup };
    });
    return {
      version,
      groups: found,
      columns,
      total,
      hasBefore: offset > 0,
      hasAfter: offset + found.length < total,
      cursorOf: (group) => formatCursor({ versionId: version.id, signature, index: offset + found.indexOf(group) }),
    };
  },
  rowsOf: ({ version, rows }, page) => datasets.rowsWhere(version, rows, page),
});

const translateQuery = (
  version: DatasetVersion,
  question: GroupsQuery,
  limits: FilterLimits,
): { wanted: Omit<GroupsRequest, 'offset' | 'limit'>; columns: string[] } => {
  const { groupBy, measures, having, orderBy, timeZone } = question;
  const by = (groupBy ?? []).map(({ column, grain, binWidth }) => ({
    column: indexOfColumn(version, column),
    grain: grain ?? undefined,
    binWidth: binWidth ?? undefined,
  }));
  if (by.length > groupingsMax)
    throw new DomainError('LIMIT_EXCEEDED', `groupBy must be at most ${groupingsMax} columns`);
  if (measures.length > measuresMax) throw new DomainError('LIMIT_EXCEEDED', `measures must be at most ${measuresMax}`);
  for (const each of measures)
    if (!measureFunctions.includes(each.function))
      throw new DomainError('BAD_REQUEST', `there is no measure ${preview(each.function)}`);
  const names = measures.map(
    ({ function: name, column, as }) => as ?? (column == null ? name.toLowerCase() : `${name.toLowerCase()}_${column}`),
  );
  const columns = [...(groupBy ?? []).map(({ column }) => column), ...names];
  // A measure may be called like a column: what it is called wins, for a column can be called otherwise only there.
  const placeOfName = (name: string): number => {
    const measure = names.indexOf(name);
    if (measure >= 0) return by.length + measure;
    const key = columns.indexOf(name);
    if (key >= 0) return key;
    throw new DomainError(
      'BAD_REQUEST',
      `${preview(name)} is none of the groups' columns; there are ${columns.map(preview).join(', ')}`,
    );
  };
  return {
    columns,
    wanted: {
      group: { by, timeZone },
      measures: measures.map(({ function: name, column }) => ({
        function: name,
        column: column == null ? null : indexOfColumn(version, column),
      })),
      filter: tableFilter(version, question, limits),
      having: (having ?? []).map(({ as, test }) => ({ index: placeOfName(as), test: cellTest(test, limits) })),
      orders: (orderBy ?? []).map(({ column, direction }) => ({
        column: placeOfName(column),
        descending: direction === 'DESC',
      })),
    },
  };
};
