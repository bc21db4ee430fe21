import { useMemo } from 'react';
import { Chart, type ChartProps } from '../../components/chart.tsx';
import { axisDate } from '../../format/times.ts';
import type { ExperimentArrivalQuery } from '../../generated/graphql.ts';
import {
  type Grain,
  grainWord,
  periodMs,
  receivedPoints,
  receivedTable,
  receivedTitle,
  seriesOf,
  troublePoints,
} from './arrival-data.ts';

type Trend = NonNullable<NonNullable<ExperimentArrivalQuery['monitor']>['arrivalTrend']>;

interface ReceivedChartProps {
  readonly trend: Trend;
  readonly variant: string | undefined;
  readonly grain: Grain;
  readonly zone: string;
}

const troubleKinds = ['late', 'duplicates', 'rejected'];

/** Bars of what was stored, a colour for each variant, and a mark for each period with events that were not as they should be. */
const drawReceived =
  ({ trend, variant, grain, zone }: ReceivedChartProps): ChartProps['plot'] =>
  (_width, _isDark, Plot) => {
    const points = receivedPoints(trend, { variant, zone });
    const { labels, colors, labelOf } = seriesOf(points);
    const middle = (at: Date, part: number): Date => new Date(at.getTime() + periodMs(grain) * part);
    const bars = points.map((point) => ({ ...point, variant: labelOf(point.variant), end: middle(point.at, 1) }));
    const trouble = troublePoints(trend, zone).map((each) => ({ ...each, at: middle(each.at, 0.5) }));
    return {
      x: { type: 'utc', label: `period of arrival (${zone})` },
      y: { label: `events per ${grainWord(grain)}`, grid: true },
      color: { domain: [...labels], range: [...colors], legend: true },
      symbol: { domain: troubleKinds.filter((kind) => trouble.some((each) => each.kind === kind)), legend: true },
      marks: [
        Plot.rectY(bars, Plot.stackY({ x1: 'at', x2: 'end', y: 'events', fill: 'variant', tip: true })),
        Plot.dot(trouble, { x: 'at', y: 'count', symbol: 'kind', stroke: 'currentColor', strokeWidth: 1.5 }),
        Plot.ruleY([0], { stroke: 'currentColor' }),
      ],
    };
  };

/** What arrived in each period, by the time of arrival. */
export function ReceivedChart({ trend, variant, grain, zone }: ReceivedChartProps) {
  const plot = useMemo(() => drawReceived({ trend, variant, grain, zone }), [trend, variant, grain, zone]);
  const table = useMemo(() => receivedTable(trend, zone), [trend, zone]);
  const at = (index: number) => {
    const point = trend[index];
    return point ? { x: axisDate(point.periodStart, zone) } : {};
  };
  return (
    <Chart
      title={receivedTitle(trend, grain)}
      label={`Events per ${grainWord(grain)} of arrival by variant`}
      height={220}
      {...{ zone, plot, table, at }}
    />
  );
}
