import { Card, Group, SegmentedControl, SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { PageLink } from '../../components/page-link.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { isOfSnapshot, useAsOf, useView, useZone } from '../../data/view.ts';
import { type FigureValue, formatFigure } from '../../format/numbers.ts';
import { formatTime } from '../../format/times.ts';
import {
  OverviewConversationsDocument,
  OverviewFactsDocument,
  type OverviewFactsQuery,
} from '../../generated/graphql.ts';
import { defaultPeriod, type Period, periods } from './search.ts';
import { TrendTable } from './trend-table.tsx';
import { daysOfPeriod, periodsMax, pointsOf, type Trend } from './trends.ts';

const route = getRouteApi('/');

const grains = { day: 'DAY', week: 'WEEK', month: 'MONTH' } as const;

const daysOf: Readonly<Record<Period, number>> = { day: 1, week: 7, month: 31 };

const valuesOf = <Node extends { key: { periodStart?: string | null | undefined } }>(
  nodes: readonly Node[],
  value: (node: Node) => string | number,
): Trend['values'] =>
  new Map(nodes.flatMap((node) => (node.key.periodStart ? [[node.key.periodStart, value(node)] as const] : [])));

type FactsOfPeriod = NonNullable<OverviewFactsQuery['purchases']>['nodes'][number];

const endsOf = (nodes: readonly Pick<FactsOfPeriod, 'key'>[]): Trend['ends'] =>
  new Map(nodes.flatMap(({ key }) => (key.periodStart && key.periodEnd ? [[key.periodStart, key.periodEnd]] : [])));

/** A figure that the server could not compute has no trend, and its card a dash. */
const factTrends = ({ purchases, events, userStatistics }: OverviewFactsQuery): readonly Trend[] => {
  const ends = endsOf(purchases?.nodes ?? []);
  return [
    {
      ...{ id: 'revenue', label: 'Revenue', total: purchases?.total.sum, facts: { measure: 'sum' }, ends },
      values: valuesOf(purchases?.nodes ?? [], ({ measures }) => measures.sum),
    },
    {
      ...{ id: 'purchases', label: 'Purchases', total: purchases?.total.count, facts: { measure: 'count' }, ends },
      values: valuesOf(purchases?.nodes ?? [], ({ measures }) => measures.count),
    },
    {
      ...{ id: 'users', label: 'Users', partLabel: 'users who bought', to: '/users', total: userStatistics?.count },
      ...{ facts: { measure: 'distinctUsers' }, ends },
      values: valuesOf(purchases?.nodes ?? [], ({ measures }) => measures.distinctUsers),
    },
    {
      ...{ id: 'events', label: 'Events', total: events?.total.count },
      ...{ facts: { source: 'EXPERIMENT_EVENTS', measure: 'count' }, ends: endsOf(events?.nodes ?? []) },
      values: valuesOf(events?.nodes ?? [], ({ measures }) => measures.count),
    },
  ];
};

const conversationTrend = (
  total: FigureValue,
  points: readonly { readonly periodStart: string; readonly count: string | number }[],
): Trend => {
  const values = new Map<string, number>();
  for (const { periodStart, count } of points) values.set(periodStart, (values.get(periodStart) ?? 0) + Number(count));
  return { id: 'conversations', label: 'Conversations', to: '/conversations', total, values };
};

interface TrendCardProps {
  readonly trend: Trend;
  readonly period: Period;
  readonly zone: string;
}

/** The total, which opens what it counts. */
function TotalLink({ total, label, to, facts }: Trend) {
  const look = {
    ...{ fz: '1.4rem', fw: 600, c: 'inherit', td: 'underline dotted', className: 'asof-figure' },
    'aria-label': `${formatFigure(total)}: ${label.toLowerCase()}, open ${facts && !to ? 'the rows' : 'the list'}`,
  } as const;
  if (to !== undefined || facts === undefined)
    return (
      <PageLink {...look} to={to ?? '/revenue'} hash="rows">
        {formatFigure(total)}
      </PageLink>
    );
  return (
    <PageLink {...look} to="/revenue" search={{ ...facts, cell: [] }}>
      {formatFigure(total)}
    </PageLink>
  );
}

interface PeriodLinkProps {
  readonly trend: Trend;
  readonly start: string | undefined;
  readonly period: Period;
  readonly zone: string;
  readonly words: string;
}

/** The figure of the last period, which opens its facts or conversations. */
function PeriodLink({ trend: { to, facts, ends }, start, period, zone, words }: PeriodLinkProps) {
  const look = { size: 'xs', c: 'dimmed', td: 'underline dotted' } as const;
  const end = start === undefined ? undefined : ends?.get(start);
  if (facts !== undefined && end !== undefined) {
    const cell: [['PERIOD', string]] = [['PERIOD', `${start}/${end}`]];
    return (
      <PageLink {...look} to="/revenue" search={{ ...facts, grain: grains[period], cell }}>
        {words}
      </PageLink>
    );
  }
  if (to === '/conversations' && start !== undefined)
    return (
      <PageLink {...look} to={to} search={daysOfPeriod(start, period, zone)} hash="rows">
        {words}
      </PageLink>
    );
  return (
    <Text size="xs" c="dimmed">
      {words}
    </Text>
  );
}

/** A figure of all time, what it was in its last period, and the trend. */
function TrendCard({ trend, period, zone }: TrendCardProps) {
  const { label, partLabel, values } = trend;
  const points = pointsOf(trend, period, zone);
  const last = points.at(-1);
  const words =
    last === undefined
      ? `No ${partLabel ?? label.toLowerCase()} yet`
      : `${formatFigure(values.get(last.start))}${partLabel ? ` ${partLabel}` : ''} in the ${period} of ${formatTime(last.start, zone).slice(0, 10)}`;
  return (
    <Card withBorder padding="sm" component="section" aria-label={label}>
      <Stack gap={4}>
        <Text size="sm" c="dimmed">
          {label}
        </Text>
        <TotalLink {...trend} />
        <Sparkline points={points} label={`${label} by ${period}. ${words}.`} />
        <PeriodLink start={last?.start} {...{ trend, period, zone, words }} />
      </Stack>
    </Card>
  );
}

function PeriodControl({ period }: { readonly period: Period }) {
  const navigate = useNavigate();
  return (
    <SegmentedControl
      size="xs"
      aria-label="Length of the periods"
      data={[...periods]}
      value={period}
      onChange={(chosen) =>
        void navigate({
          to: '/',
          search: (previous) => ({ ...previous, period: chosen === defaultPeriod ? undefined : (chosen as Period) }),
        })
      }
    />
  );
}

function Trends({ trends, period }: { readonly trends: readonly Trend[]; readonly period: Period }) {
  const zone = useZone();
  const { table = false } = route.useSearch();
  const navigate = useNavigate();
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="xs">
          <PeriodControl period={period} />
          <Text size="xs" c="dimmed">
            {`The last ${periodsMax} ${period}s with data, in ${zone}`}
          </Text>
        </Group>
        <Switch
          size="xs"
          label="Table"
          checked={table}
          onChange={(event) => {
            const isShown = event.currentTarget.checked;
            void navigate({ to: '/', search: (previous) => ({ ...previous, table: isShown ? true : undefined }) });
          }}
        />
      </Group>
      {table ? (
        <TrendTable trends={trends} period={period} zone={zone} />
      ) : (
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 5 }} spacing="sm">
          {trends.map((trend) => (
            <TrendCard key={trend.id} trend={trend} period={period} zone={zone} />
          ))}
        </SimpleGrid>
      )}
    </Stack>
  );
}

interface FiguresOfProps {
  readonly facts: OverviewFactsQuery;
  readonly period: Period;
}

/** Adds the conversations, whose periods are known only once the last of them is. */
function FiguresOf({ facts, period }: FiguresOfProps) {
  const zone = useZone();
  const asOf = useAsOf();
  const view = useView();
  const { count, latest } = facts.dashboard?.total ?? {};
  const range = useMemo(() => {
    const end = latest === null || latest === undefined ? 0 : Date.parse(latest);
    const start = end - periodsMax * daysOf[period] * 86_400_000;
    return { between: { from: new Date(start).toISOString(), to: new Date(end + 1000).toISOString() } };
  }, [latest, period]);
  const result = useLiveQuery({
    query: OverviewConversationsDocument,
    variables: { asOf, grain: grains[period], timeZone: zone, range },
    kinds: isOfSnapshot(view) ? [] : ['CONVERSATIONS'],
    pause: latest === null || latest === undefined,
  });
  const points = result.state.data?.dashboard?.trend ?? [];
  return <Trends trends={[...factTrends(facts), conversationTrend(count, points)]} period={period} />;
}

/** The key figures with their trends. */
export function Figures() {
  const zone = useZone();
  const view = useView();
  const { period = defaultPeriod } = route.useSearch();
  const result = useLiveQuery({
    query: OverviewFactsDocument,
    variables: { asOf: useAsOf(), grain: grains[period], timeZone: zone, periods: periodsMax },
    kinds: isOfSnapshot(view)
      ? []
      : ['TRANSACTIONS', 'EVENTS', 'USERS', 'STATUS_CHANGES', 'CONVERSATIONS', 'EXCLUDED_USERS'],
  });
  return (
    <QueryView result={result} height={220}>
      {(facts) => <FiguresOf facts={facts} period={period} />}
    </QueryView>
  );
}
