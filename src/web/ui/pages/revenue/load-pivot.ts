import type { Ask } from '../../data/loaded.ts';
import type { AsOf } from '../../data/view.ts';
import { unknownLabel } from '../../format/labels.ts';
import {
  type EnrichedFilter,
  type EnrichedOrder,
  type GroupFiguresFragment,
  RevenueCursorDocument,
  type RevenueCursorQuery,
  RevenueGroupsDocument,
  RevenueTotalDocument,
} from '../../generated/graphql.ts';
import { allOf, dimensions } from './dimensions.ts';
import { measures, requestedMeasures } from './measures.ts';
import type { Dimension, Grain, MeasureName, RevenueSearch, Source } from './search.ts';

/** Rows and columns of a page: with `unknown` and their totals all of its cells fit into one answer of 1,000 groups. */
export const rowsPerPage = 50;
export const columnsPerPage = 15;

/** Everything that decides the figures of a pivot. */
export interface PivotRequest {
  readonly source: Source;
  readonly rows: Dimension;
  readonly columns: Dimension | null;
  readonly measure: MeasureName;
  readonly grain: Grain;
  readonly timeZone: string;
  readonly where: EnrichedFilter | null;
  readonly asOf: AsOf | null;
  readonly sort: NonNullable<RevenueSearch['sort']>;
  readonly rowPage: number;
  readonly columnPage: number;
}

export interface AxisGroup {
  readonly value: string;
  readonly figures: GroupFiguresFragment;
}

/** A page of the groups of one dimension. */
export interface Axis {
  readonly groups: readonly AxisGroup[];
  /** The group `unknown`, which is on every page. */
  readonly unknown: AxisGroup | null;
  /** Of all pages, `unknown` left out. */
  readonly totalCount: number;
}

/** A page of a pivot. All of its figures are of one snapshot. */
export interface Pivot {
  readonly request: PivotRequest;
  /** `request.asOf` at the snapshot of the figures. */
  readonly asOf: AsOf & { readonly sequence: number };
  readonly at: string | null;
  readonly total: GroupFiguresFragment;
  readonly rows: Axis;
  /** Null without columns. */
  readonly columns: Axis | null;
  /** The figures of a cell; undefined where there are no facts. */
  figuresOf(row: string, column: string): GroupFiguresFragment | undefined;
}

export const groupsOf = ({ groups, unknown: rest }: Axis): readonly AxisGroup[] => (rest ? [...groups, rest] : groups);

/** The variables that all questions of a pivot share. */
export const commonVariables = ({ source, grain, timeZone, measure }: PivotRequest, asOf: AsOf | null) => ({
  source,
  grain,
  timeZone,
  asOf,
  ...requestedMeasures(measure),
});

const orderOf = ({ sort, measure }: PivotRequest, dimension: Dimension): EnrichedOrder[] => {
  const direction = sort.endsWith('Down') ? 'DESC' : 'ASC';
  return sort.startsWith('value')
    ? [{ byMeasure: { measure: measures[measure].orderBy, direction } }]
    : [{ byDimension: { dimension, direction } }];
};

interface AxisRequest {
  readonly dimension: Dimension;
  readonly page: number;
  readonly pageSize: number;
  readonly orderBy: EnrichedOrder[];
}

export const answerMax = 1000;

/** Loads a page of groups, and on every page those of `unknown`, which is not in the order of the others. */
const loadAxis = async (ask: Ask, request: PivotRequest, asOf: AsOf, axis: AxisRequest): Promise<Axis> => {
  const { dimension, page, pageSize, orderBy } = axis;
  const { mayBeUnknown, filterOf, valueIn } = dimensions[dimension];
  const groupBy = [dimension];
  const isUnknown = mayBeUnknown ? filterOf([unknownLabel]) : null;
  const where = allOf(request.where, isUnknown && { not: isUnknown });
  const list = { ...commonVariables(request, asOf), groupBy, where, orderBy };
  const after = await cursorAt(ask, list, (page - 1) * pageSize);
  const known = await ask(RevenueGroupsDocument, { ...list, first: pageSize, after });
  const others = isUnknown
    ? await ask(RevenueGroupsDocument, { ...list, where: allOf(request.where, isUnknown), first: 1, after: null })
    : null;
  const groups = (answer: typeof known): AxisGroup[] =>
    (answer.enrichedAggregate?.nodes ?? []).map(({ key, measures: figures }) => ({ value: valueIn(key), figures }));
  return {
    groups: groups(known),
    unknown: (others && groups(others)[0]) ?? null,
    totalCount: known.enrichedAggregate?.totalCount ?? 0,
  };
};

type ListVariables = ReturnType<typeof commonVariables> & {
  readonly groupBy: Dimension[];
  readonly where: EnrichedFilter | null;
  readonly orderBy: EnrichedOrder[];
};

/** The cursor of the group before an offset; null at the beginning. */
const cursorAt = async (ask: Ask, list: ListVariables, offset: number): Promise<string | null> => {
  const { source, groupBy, grain, where, asOf, timeZone, orderBy } = list;
  let cursor: string | null = null;
  for (let passed = 0; passed < offset; passed += answerMax) {
    const first = Math.min(answerMax, offset - passed);
    const variables = { source, groupBy, grain, where, asOf, timeZone, orderBy, first, after: cursor };
    const answer: RevenueCursorQuery = await ask(RevenueCursorDocument, variables);
    const endCursor = answer.enrichedAggregate?.pageInfo.endCursor;
    if (!endCursor) break;
    cursor = endCursor;
  }
  return cursor;
};

/** The filter that only the groups of a page match; null where the page has all. */
const filterOfAxis = (dimension: Dimension, axis: Axis): EnrichedFilter | null =>
  axis.groups.length === axis.totalCount
    ? null
    : dimensions[dimension].filterOf(groupsOf(axis).map(({ value }) => value));

const cellKey = (row: string, column: string): string => JSON.stringify([row, column]);

type CellAxes = Pick<Pivot, 'rows' | 'columns'>;

const loadCells = async (ask: Ask, request: PivotRequest, asOf: AsOf, { rows, columns }: CellAxes) => {
  const cells = new Map<string, GroupFiguresFragment>();
  if (!request.columns || !columns) return cells;
  const where = allOf(request.where, filterOfAxis(request.rows, rows), filterOfAxis(request.columns, columns));
  const { enrichedAggregate } = await ask(RevenueGroupsDocument, {
    ...commonVariables(request, asOf),
    groupBy: [request.rows, request.columns],
    where,
    orderBy: null,
    first: answerMax,
    after: null,
  });
  for (const { key, measures: figures } of enrichedAggregate?.nodes ?? [])
    cells.set(cellKey(dimensions[request.rows].valueIn(key), dimensions[request.columns].valueIn(key)), figures);
  return cells;
};

/** Loads a page of a pivot: its total first, then everything else of the snapshot of that total. */
export const loadPivot = async (ask: Ask, request: PivotRequest): Promise<Pivot> => {
  const { source, timeZone, where, measure } = request;
  const variables = { source, timeZone, where, asOf: request.asOf, ...requestedMeasures(measure) };
  const { enrichedAggregate: all } = await ask(RevenueTotalDocument, variables);
  if (!all) throw new Error('the server answered without figures');
  const { validAt } = request.asOf ?? {};
  const asOf = { ...(validAt === undefined ? {} : { validAt }), sequence: all.snapshot.sequence };
  const [rows, columns] = await Promise.all([
    loadAxis(ask, request, asOf, {
      dimension: request.rows,
      page: request.rowPage,
      pageSize: rowsPerPage,
      orderBy: orderOf(request, request.rows),
    }),
    request.columns &&
      loadAxis(ask, request, asOf, {
        dimension: request.columns,
        page: request.columnPage,
        pageSize: columnsPerPage,
        orderBy: [{ byDimension: { dimension: request.columns } }],
      }),
  ]);
  const cells = await loadCells(ask, request, asOf, { rows, columns });
  const figuresOf = (row: string, column: string) => cells.get(cellKey(row, column));
  return { request, asOf, at: all.snapshot.at, total: all.total, rows, columns, figuresOf };
};
