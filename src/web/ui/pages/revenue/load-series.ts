import type { Ask } from '../../data/loaded.ts';
import { type GroupFiguresFragment, RevenueGroupsDocument, type RevenueGroupsQuery } from '../../generated/graphql.ts';
import { allOf, dimensions, periodOf } from './dimensions.ts';
import { answerMax, commonVariables, groupsOf, type Pivot } from './load-pivot.ts';

/** More small charts than this are too small to read. */
const seriesMax = 12;
/** More points than this are no picture any more. */
const pointsMax = 5000;

export interface Point {
  /** The value of the series; null for the only one. */
  readonly series: string | null;
  readonly from: string;
  readonly to: string;
  readonly figures: GroupFiguresFragment;
}

export interface Series {
  readonly pivot: Pivot;
  readonly names: readonly (string | null)[];
  /** How many values the dimension has, `unknown` included. */
  readonly namesCount: number;
  readonly points: readonly Point[];
  /** How many points there would be; they are loaded only when they are no more than `pointsMax`. */
  readonly pointsCount: number;
  readonly isTooMany: boolean;
}

/** The names of the series: the first ones of the page, and `unknown` always. */
const namesOf = ({ columns }: Pivot): readonly (string | null)[] => {
  if (!columns) return [null];
  const room = seriesMax - (columns.unknown ? 1 : 0);
  return groupsOf({ ...columns, groups: columns.groups.slice(0, room) }).map(({ value }) => value);
};

/** Loads all periods of the series on the page of a pivot that has periods in its rows, of the same snapshot. */
export const loadSeries = async (ask: Ask, pivot: Pivot): Promise<Series> => {
  const { request, asOf, columns } = pivot;
  const names = namesOf(pivot);
  const dimension = columns ? request.columns : null;
  const values = names.filter((name) => name !== null);
  const where = allOf(request.where, dimension && dimensions[dimension].filterOf(values));
  const points: Point[] = [];
  let after: string | null = null;
  let pointsCount = 0;
  do {
    const answer: RevenueGroupsQuery = await ask(RevenueGroupsDocument, {
      ...commonVariables(request, asOf),
      groupBy: dimension ? ['PERIOD', dimension] : ['PERIOD'],
      where,
      orderBy: null,
      first: answerMax,
      after,
    });
    const page: RevenueGroupsQuery['enrichedAggregate'] = answer.enrichedAggregate;
    for (const { key, measures: figures } of page?.nodes ?? [])
      points.push({
        series: dimension ? dimensions[dimension].valueIn(key) : null,
        ...periodOf(dimensions.PERIOD.valueIn(key)),
        figures,
      });
    pointsCount = page?.totalCount ?? 0;
    after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null && pointsCount <= pointsMax);
  const namesCount = columns ? columns.totalCount + (columns.unknown ? 1 : 0) : 1;
  return { pivot, names, namesCount, points, pointsCount, isTooMany: pointsCount > pointsMax };
};
