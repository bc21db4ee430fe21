import type { ChartTableData, PointPosition } from '../../components/chart-points.ts';
import { formatShare } from '../../format/numbers.ts';
import { axisDate, formatTime, localTimeOf } from '../../format/times.ts';
import type { ExperimentPlanFragment, ExperimentSharesQuery } from '../../generated/graphql.ts';

export type ShareTrend = NonNullable<NonNullable<ExperimentSharesQuery['monitor']>['shareTrend']>;

export interface SharePoint {
  /** For an axis that reads as the clocks of the zone. */
  readonly at: Date;
  readonly iso: string;
  readonly variant: string;
  readonly users: number;
  readonly allUsers: number;
  readonly share: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
}

/** A row for each variant and time. */
export const sharePoints = ({ points }: ShareTrend, zone: string): SharePoint[] =>
  points.flatMap(({ at, userCount, shares }) =>
    shares.map(({ variant, userCount: users, share, expectedShare, lower, upper }) => ({
      ...{ at: axisDate(at, zone), iso: at, variant, users, allUsers: userCount },
      ...{ share, expected: expectedShare, lower, upper },
    })),
  );

/** Of two variants one line says everything: the other is its mirror image. The table has both. */
export const drawnVariants = (points: readonly SharePoint[], max: number): string[] => {
  const variants = [...new Set(points.map(({ variant }) => variant))];
  return variants.length === 2 ? variants.slice(1) : variants.slice(0, max);
};

const isOutside = ({ share, lower, upper }: SharePoint): boolean => share <= lower || share >= upper;

/** What the chart shows, in one sentence. */
export const shareTitle = (trend: ShareTrend, zone: string): string => {
  const points = sharePoints(trend, zone);
  const where = trend.country === null ? 'all markets' : trend.country;
  if (points.length === 0) return `There is no split yet in ${where}`;
  if (trend.brokenSince === null) return `The split of ${where} has stayed in its band`;
  const last = points.filter(({ iso }) => iso === points.at(-1)?.iso);
  const drawn = drawnVariants(points, last.length);
  const worst = last
    .filter(({ variant }) => drawn.includes(variant))
    .sort((one, two) => Math.abs(two.share - two.expected) - Math.abs(one.share - one.expected))[0];
  const now = worst
    ? `: ${worst.variant} has ${formatShare(worst.share)} where ${formatShare(worst.expected)} is planned`
    : '';
  // To the minute: the table has the exact instants.
  return `The split of ${where} left its band on ${formatTime(trend.brokenSince, zone).slice(0, 16)}${now}`;
};

/** The phases that the points lie in, cut to the time that is drawn. */
export const phaseSpans = (phases: ExperimentPlanFragment['phases'], points: readonly SharePoint[], zone: string) => {
  const [first, last] = [points[0]?.at, points.at(-1)?.at];
  if (!phases || !first || !last) return [];
  return phases
    .map(({ from, to, allocation }, index) => {
      const total = allocation.reduce((sum, { weight }) => sum + weight, 0);
      const shares = allocation.map(({ variant, weight }) => `${variant} ${formatShare(weight / total)}`);
      return {
        index,
        from: new Date(Math.max(first.getTime(), from === null ? first.getTime() : axisDate(from, zone).getTime())),
        to: new Date(Math.min(last.getTime(), to === null ? last.getTime() : axisDate(to, zone).getTime())),
        label: new Set(allocation.map(({ weight }) => weight)).size <= 1 ? 'equal shares' : shares.join(', '),
      };
    })
    .filter((span) => span.from < span.to);
};

/** Where the axis of shares ends: the first users make a band so wide that later changes could not be seen beside it. */
export const shareMax = (points: readonly SharePoint[], variants: readonly string[]): number => {
  const tops = variants.flatMap((variant) => {
    const own = points.filter((point) => point.variant === variant);
    return own.slice(Math.floor(own.length / 10)).map(({ share, upper }) => Math.max(share, upper));
  });
  return Math.min(1, 1.1 * Math.max(...tops));
};

/** The spans whose split is another one than that before them: only there it needs to be said. */
export const labelledSpans = <Span extends { readonly label: string }>(spans: readonly Span[]): Span[] =>
  spans.filter(({ label }, index) => label !== spans[index - 1]?.label);

export const shareTable = (points: readonly SharePoint[], zone: string): ChartTableData => ({
  columns: [
    `time (${zone})`,
    'variant',
    ...['users', 'share', 'expected share', 'band from', 'band to', 'users of all variants'].map((header) => ({
      header,
      numeric: true,
    })),
    'in the band',
  ],
  rows: points.map((point) => [
    ...[localTimeOf(point.iso, zone), point.variant, point.users, point.share, point.expected],
    ...[point.lower, point.upper, point.allUsers, isOutside(point) ? 'no' : 'yes'],
  ]),
});

/** Where a row of the table is drawn; nowhere for the variant that is not drawn. */
export const shareAt = (points: readonly SharePoint[], drawn: readonly string[]) => {
  return (index: number): PointPosition => {
    const point = points[index];
    if (!point || !drawn.includes(point.variant)) return {};
    return { x: point.at, y: point.share, ...(drawn.length > 1 ? { fy: point.variant } : {}) };
  };
};
