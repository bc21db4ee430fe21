import { useCallback, useMemo } from 'react';
import { Chart, type ChartProps } from '../../components/chart.tsx';
import { categoryColors } from '../../components/colors.ts';
import { useZone } from '../../data/view.ts';
import { formatFigure } from '../../format/numbers.ts';
import { axisDate, formatTime } from '../../format/times.ts';
import type { ConversationFiguresQuery } from '../../generated/graphql.ts';

type Point = NonNullable<NonNullable<ConversationFiguresQuery['dashboard']>['trend']>[number];

interface TrendChartProps {
  readonly points: readonly Point[];
  readonly symbol: string | null;
  readonly grain: string;
}

interface Period {
  readonly start: string;
  readonly at: Date;
  readonly count: number;
  readonly followups: number;
}

const periodsOf = (points: readonly Point[], zone: string): Period[] => {
  const periods = new Map<string, Period>();
  for (const { periodStart, count, followups } of points) {
    const same = periods.get(periodStart);
    const start = formatTime(periodStart, zone);
    periods.set(periodStart, {
      start,
      at: axisDate(periodStart, zone),
      count: (same?.count ?? 0) + count,
      followups: (same?.followups ?? 0) + followups,
    });
  }
  return [...periods.values()].sort((one, two) => one.at.getTime() - two.at.getTime());
};

const titleOf = (periods: readonly Period[], symbol: string | null, grain: string): string => {
  const of = symbol === null ? 'conversations' : `conversations about “${symbol}”`;
  if (periods.length === 0) return `No ${of} in this time`;
  const most = periods.reduce((best, period) => (period.count > best.count ? period : best));
  return `Most ${of} in one ${grain.toLowerCase()}: ${formatFigure(most.count)}, from ${most.start}`;
};

/** Conversations and follow-ups per period, of all letters or of the chosen one. */
export function TrendChart({ points, symbol, grain }: TrendChartProps) {
  const zone = useZone();
  const periods = useMemo(
    () =>
      periodsOf(
        points.filter((point) => symbol === null || point.symbol === symbol),
        zone,
      ),
    [points, symbol, zone],
  );
  const plot = useCallback<ChartProps['plot']>(
    (_width, _isDark, { line, dot, ruleY }) => ({
      marginLeft: 50,
      x: { type: 'utc', label: `start of the ${grain.toLowerCase()}` },
      y: { label: 'number', grid: true, zero: true },
      color: { domain: ['conversations', 'follow-ups'], range: categoryColors.slice(0, 2), legend: true },
      marks: [
        ruleY([0]),
        line(periods, { x: 'at', y: 'count', stroke: () => 'conversations' }),
        line(periods, { x: 'at', y: 'followups', stroke: () => 'follow-ups' }),
        dot(periods, { x: 'at', y: 'count', fill: () => 'conversations', r: 2, tip: true }),
      ],
    }),
    [periods, grain],
  );
  return (
    <Chart
      title={titleOf(periods, symbol, grain)}
      label="Conversations and follow-ups over time"
      zone={zone}
      plot={plot}
      table={{
        columns: ['start', { header: 'conversations', numeric: true }, { header: 'follow-ups', numeric: true }],
        rows: periods.map(({ start, count, followups }) => [start, count, followups]),
      }}
      at={(index) => ({ x: periods[index]?.at, y: periods[index]?.count })}
    />
  );
}
