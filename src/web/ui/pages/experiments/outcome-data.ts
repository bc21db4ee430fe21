import type { ChartTableData } from '../../components/chart-points.ts';
import { formatFigure, formatShare } from '../../format/numbers.ts';
import type { ExperimentOutcomesQuery, OutcomeMetric } from '../../generated/graphql.ts';

type Outcome = NonNullable<NonNullable<ExperimentOutcomesQuery['monitor']>['outcomes']>[number];

export type DifferenceKind = 'absolute' | 'relative';

export interface OutcomeRow extends Outcome {
  /** Null: all markets together. */
  readonly market: string | null;
}

export const metricWords: Readonly<Record<OutcomeMetric, string>> = {
  ORDER_VALUE_PER_USER: 'Order value per user',
  ORDERS_PER_USER: 'Orders per user',
  CONVERSION: 'Conversion',
};

export const differenceOf = ({ absoluteDifference, relativeDifference }: OutcomeRow, kind: DifferenceKind) =>
  kind === 'absolute' ? absoluteDifference : relativeDifference;

/** Computed, not stored: rounded to what a reader can use. The table behind the chart and the export have all digits. */
const rounded = (value: number): string => formatFigure(Math.abs(value) >= 1 ? value.toFixed(2) : value.toFixed(4));

export const meanText = (mean: number, metric: OutcomeMetric): string =>
  metric === 'CONVERSION' ? formatShare(mean) : rounded(mean);

export const differenceText = (difference: number, kind: DifferenceKind, metric: OutcomeMetric): string => {
  const sign = difference > 0 ? '+' : '';
  if (kind === 'relative') return `${sign}${formatShare(difference)}`;
  return metric === 'CONVERSION' ? `${sign}${rounded(difference * 100)} points` : `${sign}${rounded(difference)}`;
};

const labelOf = ({ market, variant }: OutcomeRow): string => (market === null ? variant : `${market}: ${variant}`);

/** What the chart shows, in one sentence. */
export const outcomeTitle = (rows: readonly OutcomeRow[], kind: DifferenceKind, metric: OutcomeMetric): string => {
  const compared = rows.filter((row) => differenceOf(row, kind) !== null);
  const word = metricWords[metric].toLowerCase();
  if (compared.length === 0) return `There is not enough data to compare ${word}`;
  const certain = compared.filter((row) => {
    const interval = differenceOf(row, kind);
    return interval !== null && (interval.lower > 0 || interval.upper < 0);
  });
  if (certain.length === 0) return `No difference in ${word} is certain`;
  const said = certain.slice(0, 3).map((row) => {
    const { estimate } = differenceOf(row, kind) ?? { estimate: 0 };
    return `${labelOf(row)} ${differenceText(estimate, kind, metric)}`;
  });
  return `${metricWords[metric]} differs: ${said.join(', ')}${certain.length > 3 ? ' and more' : ''}`;
};

/** A row of the forest plot: where an interval is known. */
export const forestRows = (rows: readonly OutcomeRow[], kind: DifferenceKind) =>
  rows.flatMap((row) => {
    const interval = differenceOf(row, kind);
    return interval === null ? [] : [{ label: labelOf(row), isAll: row.market === null, ...interval }];
  });

export const outcomeTable = (rows: readonly OutcomeRow[]): ChartTableData => ({
  columns: [
    ...['market', 'variant', 'compared'],
    ...[
      ...['users', 'mean', 'difference', 'from', 'to', 'relative difference', 'relative from', 'relative to'],
      ...['level', 'saw several variants', 'left out', 'capped at'],
    ].map((header) => ({ header, numeric: true })),
  ],
  rows: rows.map(({ absoluteDifference: absolute, relativeDifference: relative, ...row }) => [
    ...[row.market ?? 'all markets', row.variant, row.isControl ? 'control' : 'with control'],
    ...[row.users, row.mean, absolute?.estimate, absolute?.lower, absolute?.upper],
    ...[relative?.estimate, relative?.lower, relative?.upper, absolute?.level ?? relative?.level],
    ...[row.crossoverUserCount, row.leftOutUserCount, row.cappedAt],
  ]),
});
