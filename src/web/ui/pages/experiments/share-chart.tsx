import { useMemo } from 'react';
import { Chart, type ChartProps } from '../../components/chart.tsx';
import { categoryColors, seriesMax } from '../../components/colors.ts';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { axisDate } from '../../format/times.ts';
import { type ExperimentPlanFragment, ExperimentSharesDocument } from '../../generated/graphql.ts';
import { useExperimentSearch, useScope } from './scope.ts';
import {
  drawnVariants,
  labelledSpans,
  phaseSpans,
  type SharePoint,
  type ShareTrend,
  shareAt,
  shareMax,
  sharePoints,
  shareTable,
  shareTitle,
} from './share-data.ts';

type Draw = ChartProps['plot'];
type Phases = ExperimentPlanFragment['phases'];

interface Drawn {
  readonly points: readonly SharePoint[];
  readonly variants: readonly string[];
  readonly trend: ShareTrend;
  readonly phases: Phases;
  readonly zone: string;
}

const line = categoryColors[0];

/** `brokenColor` for the chart library, which takes functions of CSS for names of fields. */
const brokenInk = { light: '#c92a2a', dark: '#ff8787' } as const;

/** A facet for each variant: its band, its expected and its real share, behind them the phases. */
const drawShares =
  ({ points, variants, trend, phases, zone }: Drawn): Draw =>
  (_width, isDark, Plot) => {
    const broken = isDark ? brokenInk.dark : brokenInk.light;
    const drawn = points.filter(({ variant }) => variants.includes(variant));
    const spans = phaseSpans(phases, points, zone);
    const facet = variants.length > 1 ? { fy: 'variant' as const } : {};
    // What is said of all facets stands in one of them.
    const within = (variant: string | undefined) => (variants.length > 1 ? { fy: () => variant } : {});
    const moments = trend.brokenSince === null ? [] : [axisDate(trend.brokenSince, zone)];
    return {
      marginLeft: 46,
      marginTop: 26,
      x: { type: 'utc', label: `first seen (${zone})` },
      y: {
        ...{ percent: true, grid: true },
        ...(variants.length === 1
          ? { label: `share of ${variants[0]} (%)`, nice: true }
          : { label: 'share (%)', domain: [0, 100 * shareMax(drawn, variants)], ticks: 3 }),
      },
      fy: { label: null, padding: 0.15 },
      marks: [
        Plot.rect(
          spans.filter(({ index }) => index % 2 === 1),
          { x1: 'from', x2: 'to', fill: 'currentColor', fillOpacity: 0.06 },
        ),
        Plot.text(labelledSpans(spans), {
          x: 'from',
          ...within(variants[0]),
          text: 'label',
          frameAnchor: 'top',
          textAnchor: 'start',
          lineAnchor: 'top',
          dx: 4,
          dy: 3,
        }),
        Plot.areaY(drawn, { x: 'at', y1: 'lower', y2: 'upper', ...facet, fill: line, fillOpacity: 0.18, clip: true }),
        Plot.lineY(drawn, { x: 'at', y: 'expected', ...facet, stroke: 'currentColor', strokeDasharray: '4 3' }),
        Plot.lineY(drawn, { x: 'at', y: 'share', ...facet, stroke: line, strokeWidth: 2, clip: true, tip: true }),
        Plot.ruleX(moments, { stroke: broken, strokeWidth: 2 }),
        Plot.text(moments, {
          ...{ x: (at: Date) => at, text: () => 'left the band', fill: broken, fontWeight: 600 },
          ...{ ...within(variants.at(-1)), frameAnchor: 'bottom', textAnchor: 'end', dx: -5, dy: -6 },
        }),
      ],
    };
  };

interface TrendChartProps {
  readonly trend: ShareTrend;
  readonly phases: Phases;
  readonly zone: string;
}

function TrendChart({ trend, phases, zone }: TrendChartProps) {
  const drawn = useMemo(() => {
    const points = sharePoints(trend, zone);
    const variants = drawnVariants(points, seriesMax);
    return { points, variants, plot: drawShares({ points, variants, trend, phases, zone }) };
  }, [trend, phases, zone]);
  const { points, variants, plot } = drawn;
  const table = useMemo(() => shareTable(points, zone), [points, zone]);
  return (
    <Chart
      title={shareTitle(trend, zone)}
      label={`Cumulative share of ${variants.join(', ')} of the users over time, with the band that a split as planned stays in`}
      zone={zone}
      height={variants.length > 1 ? 90 + variants.length * 90 : 280}
      {...{ plot, table, at: shareAt(points, variants) }}
    />
  );
}

/** The cumulative share over time with the band of the sequential test. */
export function ShareChart({ phases }: { readonly phases: Phases }) {
  const { variables, kinds } = useScope();
  const { market } = useExperimentSearch();
  const result = useLiveQuery({
    query: ExperimentSharesDocument,
    variables: { ...variables, country: market ?? null },
    kinds,
  });
  return (
    <QueryView result={result} height={300}>
      {({ monitor }) =>
        monitor?.shareTrend && monitor.shareTrend.points.length > 0 ? (
          <TrendChart trend={monitor.shareTrend} phases={phases} zone={variables.zone} />
        ) : (
          <EmptyState>There is no split to show until two variants have users.</EmptyState>
        )
      }
    </QueryView>
  );
}
