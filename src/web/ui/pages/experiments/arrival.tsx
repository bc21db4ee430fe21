import { Group, NativeSelect, Paper, SegmentedControl, Stack, Text } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { Chart, type ChartProps } from '../../components/chart.tsx';
import { Figure } from '../../components/figure.tsx';
import { PageLink } from '../../components/page-link.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { formatFigure } from '../../format/numbers.ts';
import { ExperimentArrivalDocument, type ExperimentArrivalQuery } from '../../generated/graphql.ts';
import {
  type ArrivalPoint,
  arrivalPoints,
  arrivalTable,
  arrivalTitle,
  fittingGrain,
  type Grain,
  grainWord,
  periodMs,
  seriesOf,
} from './arrival-data.ts';
import { durationText } from './durations.ts';
import { earliestOf, latestOf } from './instants.ts';
import type { Report } from './matrix-data.ts';
import { ReceivedChart } from './received-chart.tsx';
import { useChangeSearch, useExperimentSearch, useScope } from './scope.ts';
import type { EventFilterSearch } from './search.ts';

type Monitor = NonNullable<ExperimentArrivalQuery['monitor']>;

interface ArrivalChartProps {
  readonly points: readonly ArrivalPoint[];
  readonly grain: Grain;
  readonly zone: string;
}

/** Stacked bars, a colour for each variant. */
const drawArrival =
  ({ points, grain, zone }: ArrivalChartProps): ChartProps['plot'] =>
  (_width, _isDark, Plot) => {
    const { labels, colors, labelOf } = seriesOf(points);
    const bars = points.map((point) => ({
      ...point,
      variant: labelOf(point.variant),
      end: new Date(point.at.getTime() + periodMs(grain)),
    }));
    return {
      x: { type: 'utc', label: `period (${zone})` },
      y: { label: `events per ${grainWord(grain)}`, grid: true },
      color: { domain: [...labels], range: [...colors], legend: true },
      marks: [
        Plot.rectY(bars, Plot.stackY({ x1: 'at', x2: 'end', y: 'events', fill: 'variant', tip: true })),
        Plot.ruleY([0], { stroke: 'currentColor' }),
      ],
    };
  };

function ArrivalChart({ points, grain, zone }: ArrivalChartProps) {
  const plot = useMemo(() => drawArrival({ points, grain, zone }), [points, grain, zone]);
  const table = useMemo(() => arrivalTable(points, zone), [points, zone]);
  const at = (index: number) => ({ x: points[index]?.at });
  return (
    <Chart
      title={arrivalTitle(points, grain, zone)}
      label={`Events per ${grainWord(grain)} by variant over time`}
      height={220}
      {...{ zone, plot, table, at }}
    />
  );
}

interface ValueProps {
  readonly label: string;
  readonly title: string;
  readonly children: ReactNode;
}

const Value = ({ label, title, children }: ValueProps) => (
  <Paper withBorder px="sm" py={6} title={title} component="div" data-arrival={label}>
    <Text size="xs" c="dimmed">
      {label}
    </Text>
    <Text fw={600} component="div">
      {children}
    </Text>
  </Paper>
);

function Quality({ arrival }: { readonly arrival: Monitor['arrival'] }) {
  const change = useChangeSearch();
  const { market } = useExperimentSearch();
  // The figures are of all variants.
  const open = (how: Pick<EventFilterSearch, 'arrival'> = {}) =>
    change({ rows: { ...(market === undefined ? {} : { countries: [market] }), ...how }, fact: undefined });
  return (
    <Group gap="xs" align="stretch">
      <Value label="Stored" title="Stored events of this market and time">
        <Figure value={arrival.stored} onOpen={() => open()} label="open the rows" />
      </Value>
      <Value label="Late" title="Arrived after an event that is much newer">
        <Figure value={arrival.late} onOpen={() => open({ arrival: 'LATE' })} label="late: open the rows" />
      </Value>
      <Value label="In the future" title="Dated after their arrival">
        <Figure
          value={arrival.inTheFuture}
          onOpen={() => open({ arrival: 'FUTURE' })}
          label="in the future: open the rows"
        />
      </Value>
      <Value
        label="Duplicates"
        title="Were stored before, so that they have no row of their own; of every market and time"
      >
        <Figure
          value={arrival.duplicates}
          onOpen={() => change({ received: true })}
          label="duplicates: show when they arrived"
        />
      </Value>
      <Value label="Rejected" title="Of every experiment: rejected events often do not name theirs">
        <PageLink inherit to="/intake" aria-label={`${formatFigure(arrival.rejected)} rejected: open them`}>
          {formatFigure(arrival.rejected)}
        </PageLink>
      </Value>
      <Value label="Median delay" title={`${arrival.medianDelay ?? 'no event'}: from an event to its arrival`}>
        {durationText(arrival.medianDelay)}
      </Value>
      <Value label="99 % within" title={`${arrival.p99Delay ?? 'no event'}: from an event to its arrival`}>
        {durationText(arrival.p99Delay)}
      </Value>
    </Group>
  );
}

const grains: readonly Grain[] = ['MINUTE', 'HOUR', 'DAY', 'WEEK'];

/** The first and the last event of the markets that are shown. */
const boundsOf = ({ markets }: Report, market: string | undefined) => {
  const visible = markets.filter(({ country }) => market === undefined || country === market);
  return {
    first: earliestOf(visible.map(({ firstEventAt }) => firstEventAt)),
    last: latestOf(visible.map(({ lastEventAt }) => lastEventAt)),
  };
};

/** How events arrive. */
export function Arrival({ report }: { readonly report: Report }) {
  const { variables, kinds } = useScope();
  const { market, variant, received = false, grain: chosen } = useExperimentSearch();
  const change = useChangeSearch();
  const { first, last } = boundsOf(report, market);
  const grain = chosen ?? fittingGrain(first, last);
  const result = useLiveQuery({
    query: ExperimentArrivalDocument,
    variables: { ...variables, country: market ?? null, grain },
    kinds,
  });
  const { zone } = variables;
  const trend = result.state.data?.monitor?.trend;
  const points = useMemo(() => arrivalPoints(trend ?? [], { variant, zone }), [trend, variant, zone]);
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        <NativeSelect
          size="xs"
          w={130}
          label="Events per"
          value={grain}
          data={grains.map((value) => ({ value, label: grainWord(value) }))}
          onChange={({ currentTarget: { value } }) => change({ grain: value as Grain })}
        />
        <SegmentedControl
          size="xs"
          aria-label="By which time"
          data={[
            { value: 'happened', label: 'when they happened' },
            { value: 'received', label: 'when they arrived' },
          ]}
          value={received ? 'received' : 'happened'}
          onChange={(value) => change({ received: value === 'received' ? true : undefined })}
        />
      </Group>
      <QueryView result={result} height={260}>
        {({ monitor }) => (
          <Stack gap="sm">
            {monitor && <Quality arrival={monitor.arrival} />}
            {received ? (
              <ReceivedChart trend={monitor?.arrivalTrend ?? []} {...{ variant, grain, zone }} />
            ) : points.length === 0 ? (
              <EmptyState>No event has arrived.</EmptyState>
            ) : (
              <ArrivalChart points={points} grain={grain} zone={zone} />
            )}
          </Stack>
        )}
      </QueryView>
    </Stack>
  );
}
