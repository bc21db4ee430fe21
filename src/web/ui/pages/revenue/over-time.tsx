import { Alert, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { Chart, type ChartProps } from '../../components/chart.tsx';
import { categoryColors, otherColor } from '../../components/colors.ts';
import { QueryView } from '../../components/query-view.tsx';
import { useLoaded } from '../../data/loaded.ts';
import { unknownLabel } from '../../format/labels.ts';
import { formatCount, formatFigure, toNumber } from '../../format/numbers.ts';
import { axisDate } from '../../format/times.ts';
import { dimensions, labelOf } from './dimensions.ts';
import type { Pivot } from './load-pivot.ts';
import { loadSeries, type Point, type Series } from './load-series.ts';
import { measures, unitOf } from './measures.ts';

/** A point with what is drawn of it. */
interface Drawn {
  readonly point: Point;
  readonly label: string;
  /** The clocks of the zone, as if they were UTC: so the axis is in the zone. */
  readonly x1: Date;
  readonly x2: Date;
  readonly y: number | null;
}

const drawnOf = ({ pivot: { request, total }, points }: Series): readonly Drawn[] => {
  const { grain, timeZone, columns, measure } = request;
  return points.map((point) => ({
    point,
    label: point.series === null || !columns ? 'all' : labelOf(columns, point.series, grain, timeZone),
    x1: axisDate(point.from, timeZone),
    x2: axisDate(point.to, timeZone),
    y: toNumber(measures[measure].valueIn(point.figures, total)),
  }));
};

const periodText = ({ from, to }: Point, { request: { grain, timeZone } }: Pivot): string =>
  labelOf('PERIOD', `${from}/${to}`, grain, timeZone);

/** What the chart shows, in a sentence: where the greatest figure is. */
const findingOf = ({ pivot }: Series, drawn: readonly Drawn[]): string => {
  const { request, total } = pivot;
  const { label, valueIn, format } = measures[request.measure];
  const per = `${label} per ${request.grain.toLowerCase()}`;
  const [first] = drawn;
  if (!first) return per;
  const top = drawn.reduce((best, each) => ((each.y ?? -Infinity) > (best.y ?? -Infinity) ? each : best), first);
  const where = top.point.series === null ? '' : `${top.label}, `;
  return `${per}: the greatest is ${format(valueIn(top.point.figures, total))} (${where}${periodText(top.point, pivot)})`;
};

const chartOf = (series: Series, drawn: readonly Drawn[]): Pick<ChartProps, 'plot' | 'table' | 'at' | 'height'> => {
  const { pivot, names } = series;
  const { request, total } = pivot;
  const { label, valueIn } = measures[request.measure];
  const unit = unitOf(request.measure, request.source);
  const labels = names.map((name) =>
    name === null || !request.columns ? 'all' : labelOf(request.columns, name, request.grain, request.timeZone),
  );
  const isFaceted = names.length > 1;
  return {
    height: Math.max(180, labels.length * 64 + 50),
    at: (index) => {
      const each = drawn[index];
      return { x: each?.x1, y: each?.y ?? 0, ...(isFaceted ? { fy: each?.label } : {}) };
    },
    table: {
      columns: [
        'Period',
        ...(isFaceted ? [dimensions[request.columns ?? 'PERIOD'].label] : []),
        { header: label, numeric: true },
      ],
      rows: drawn.map((each) => [
        periodText(each.point, pivot),
        ...(isFaceted ? [each.label] : []),
        valueIn(each.point.figures, total) ?? null,
      ]),
    },
    plot: (_width, _isDark, Plot) => ({
      marginLeft: 60,
      marginRight: isFaceted ? 110 : 20,
      x: { type: 'utc', label: `time (${request.timeZone})` },
      y: { label: `${label}${unit === '' ? '' : `, ${unit}`}`, ticks: 3, grid: true, zero: true },
      ...(isFaceted ? { fy: { domain: labels, label: null } } : {}),
      marks: [
        Plot.rectY(drawn, {
          x1: 'x1',
          x2: 'x2',
          y: 'y',
          ...(isFaceted ? { fy: 'label' } : {}),
          fill: (each: Drawn) => (each.point.series === unknownLabel ? otherColor : categoryColors[0]),
          insetLeft: 0.5,
          insetRight: 0.5,
          tip: true,
        }),
        Plot.ruleY([0]),
      ],
    }),
  };
};

function SeriesChart({ series }: { readonly series: Series }) {
  const drawn = useMemo(() => drawnOf(series), [series]);
  const chart = useMemo(() => chartOf(series, drawn), [series, drawn]);
  const { request } = series.pivot;
  const by = request.columns ? `, one chart for each ${dimensions[request.columns].label.toLowerCase()}` : '';
  return (
    <Chart
      title={findingOf(series, drawn)}
      label={`${measures[request.measure].label} over time${by}`}
      zone={request.timeZone}
      {...chart}
    />
  );
}

/** A chart for each value of a dimension over time: those of the page, the rest is said. */
export function OverTime({ pivot }: { readonly pivot: Pivot }) {
  const { request, asOf } = pivot;
  const key = JSON.stringify([request, asOf]);
  // Its figures are of the snapshot of the pivot, which is read again when something changes.
  const result = useLoaded({ key, kinds: [], load: (ask) => loadSeries(ask, pivot) });
  return (
    <QueryView result={result} height={300}>
      {(series) => (
        <Stack gap="xs">
          {series.isTooMany ? (
            <Alert variant="light" color="gray" title="Too many points to draw">
              {`There are ${formatCount(series.pointsCount, 'point')}. Choose a longer period or a filter; the table below has all of them.`}
            </Alert>
          ) : (
            <SeriesChart series={series} />
          )}
          {series.names.length < series.namesCount && (
            <Text size="sm" role="status">
              {`${formatFigure(series.names.length)} of ${formatFigure(series.namesCount)} are drawn; the table has the others.`}
            </Text>
          )}
        </Stack>
      )}
    </QueryView>
  );
}
