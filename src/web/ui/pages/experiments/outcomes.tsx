import { Box, Stack, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { Chart, type ChartProps } from '../../components/chart.tsx';
import { categoryColors } from '../../components/colors.ts';
import { Figure } from '../../components/figure.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { type QueryResult, useLiveQuery } from '../../data/live.tsx';
import { formatFigure, formatShare, missing } from '../../format/numbers.ts';
import {
  ExperimentOutcomesDocument,
  type ExperimentOutcomesQuery,
  type OutcomeMetric,
} from '../../generated/graphql.ts';
import classes from './experiment.module.css';
import {
  type DifferenceKind,
  differenceOf,
  differenceText,
  forestRows,
  meanText,
  metricWords,
  type OutcomeRow,
  outcomeTable,
  outcomeTitle,
} from './outcome-data.ts';
import { OutcomeMenus } from './outcome-menus.tsx';
import { type Scope, useChangeSearch, useExperimentSearch, useScope } from './scope.ts';

type Draw = ChartProps['plot'];

interface Compared {
  readonly rows: readonly OutcomeRow[];
  readonly kind: DifferenceKind;
  readonly metric: OutcomeMetric;
}

const axisLabel = ({ kind, metric }: Compared): string => {
  if (kind === 'relative') return 'difference to the control, %';
  return metric === 'CONVERSION' ? 'difference to the control, points' : 'difference to the control';
};

/** Each difference with its interval against the zero line of the control. */
const drawForest =
  (compared: Compared): Draw =>
  (_width, _isDark, Plot) => {
    const rows = forestRows(compared.rows, compared.kind);
    return {
      marginLeft: 96,
      x: {
        label: axisLabel(compared),
        percent: compared.kind === 'relative' || compared.metric === 'CONVERSION',
        nice: true,
      },
      y: { label: null, domain: rows.map(({ label }) => label) },
      marks: [
        Plot.gridX({ strokeOpacity: 0.1 }),
        Plot.ruleX([0], { stroke: 'currentColor' }),
        Plot.ruleY(rows, { y: 'label', x1: 'lower', x2: 'upper', stroke: categoryColors[0], strokeWidth: 3 }),
        Plot.dot(rows, { y: 'label', x: 'estimate', fill: categoryColors[0], r: 5, tip: true }),
      ],
    };
  };

function Forest({ compared }: { readonly compared: Compared }) {
  const { rows, kind, metric } = compared;
  const plot = useMemo(() => drawForest(compared), [compared]);
  const table = useMemo(() => outcomeTable(rows), [rows]);
  const drawn = forestRows(rows, kind);
  const at = (index: number) => {
    const row = rows[index];
    const difference = row && differenceOf(row, kind);
    return row && difference
      ? { x: difference.estimate, y: row.market === null ? row.variant : `${row.market}: ${row.variant}` }
      : {};
  };
  const title = outcomeTitle(rows, kind, metric);
  return (
    <Chart
      title={title}
      label={`${metricWords[metric]}: difference to the control with its interval. ${title}`}
      height={70 + Math.max(1, drawn.length) * 34}
      {...{ plot, table, at }}
    />
  );
}

const intervalText = (row: OutcomeRow, { kind, metric }: Compared): string => {
  const interval = differenceOf(row, kind);
  if (row.isControl) return 'control';
  if (interval === null) return missing;
  const [lower, upper] = [interval.lower, interval.upper].map((bound) => differenceText(bound, kind, metric));
  return `${differenceText(interval.estimate, kind, metric)} (${lower} to ${upper})`;
};

const OutcomeTable = ({ compared, onOpen }: { readonly compared: Compared; onOpen(row: OutcomeRow): void }) => (
  <Table.ScrollContainer minWidth={420} type="native" tabIndex={0} role="region" aria-label="Outcomes by variant">
    <Table fz="sm" aria-label="Outcomes by variant">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Variant</Table.Th>
          <Table.Th scope="col" data-numeric>
            Users
          </Table.Th>
          <Table.Th scope="col" data-numeric>
            {metricWords[compared.metric]}
          </Table.Th>
          <Table.Th scope="col" data-numeric>
            Difference (interval)
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {compared.rows.map((row) => (
          <Table.Tr key={`${row.market ?? ''} ${row.variant}`}>
            <Table.Th scope="row">{row.market === null ? row.variant : `${row.market}: ${row.variant}`}</Table.Th>
            <Table.Td data-numeric>
              <Figure value={row.users} onOpen={() => onOpen(row)} label={`users of ${row.variant}: open their rows`} />
            </Table.Td>
            <Table.Td data-numeric title={String(row.mean)}>
              {meanText(row.mean, compared.metric)}
            </Table.Td>
            <Table.Td data-numeric>{intervalText(row, compared)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

/** What the figures leave out, in words; nothing where they leave nothing out. */
const notesOf = ({ rows, kind }: Compared): string[] => {
  // Those of the markets are parts of the first ones.
  const all = rows.filter(({ market }) => market === rows[0]?.market);
  const crossed = all.reduce((sum, { crossoverUserCount }) => sum + crossoverUserCount, 0);
  const leftOut = all.reduce((most, { leftOutUserCount }) => Math.max(most, leftOutUserCount), 0);
  const capped = all.find(({ cappedAt }) => cappedAt !== null)?.cappedAt;
  const level = rows.map((row) => differenceOf(row, kind)?.level).find((each) => each !== undefined);
  return [
    ...(level === undefined ? [] : [`Intervals hold at ${formatShare(level)}, however often they are looked at.`]),
    ...(crossed > 0 ? [`${formatFigure(crossed)} users saw several variants and count in none.`] : []),
    ...(leftOut > 0 ? [`${formatFigure(leftOut)} users have nobody to be compared with.`] : []),
    ...(capped === undefined || capped === null ? [] : [`Values above ${formatFigure(capped)} count as that.`]),
  ];
};

const useOutcomes = (
  country: string | null,
  eachMarket: boolean,
  { variables, kinds }: Scope,
): QueryResult<ExperimentOutcomesQuery> => {
  const { metric = 'ORDER_VALUE_PER_USER', cap, orders } = useExperimentSearch();
  return useLiveQuery({
    query: ExperimentOutcomesDocument,
    variables: {
      ...variables,
      country,
      eachMarket,
      metric,
      // A conversion is not capped: the server refuses it.
      cap: metric === 'CONVERSION' ? null : (cap ?? null),
      eventTypes: orders ?? null,
    },
    kinds,
  });
};

function OutcomeView({ rows }: { readonly rows: readonly OutcomeRow[] }) {
  const { metric = 'ORDER_VALUE_PER_USER', difference = 'absolute' } = useExperimentSearch();
  const change = useChangeSearch();
  const compared = useMemo(() => ({ rows, kind: difference, metric }), [rows, difference, metric]);
  const open = ({ market, variant }: OutcomeRow) =>
    change({ rows: { variants: [variant], ...(market === null ? {} : { countries: [market] }) }, fact: undefined });
  if (rows.length === 0) return <EmptyState>There are no users to compare yet.</EmptyState>;
  return (
    <Stack gap="xs">
      <Box className={classes.halves}>
        <Forest compared={compared} />
        <OutcomeTable compared={compared} onOpen={open} />
      </Box>
      {notesOf(compared).map((note) => (
        <Text key={note} size="xs" c="dimmed">
          {note}
        </Text>
      ))}
    </Stack>
  );
}

/** What the users of the variants did, against the control: all together, and by market on request. */
export function Outcomes({ markets }: { readonly markets: readonly string[] }) {
  const scope = useScope();
  const { market, eachMarket = false } = useExperimentSearch();
  const isSplit = eachMarket && market === undefined;
  const result = useOutcomes(market ?? null, isSplit, scope);
  const monitor = result.state.data?.monitor;
  const rows = useMemo(() => {
    const all = (monitor?.outcomes ?? []).map((outcome) => ({ ...outcome, market: market ?? null }));
    const byMarket = new Map(monitor?.markets?.map(({ country, outcomes }) => [country, outcomes ?? []]));
    const each = markets.flatMap((country) =>
      (byMarket.get(country) ?? []).map((outcome) => ({ ...outcome, market: country })),
    );
    return [...all, ...each];
  }, [monitor, market, markets]);
  return (
    <Stack gap="xs">
      <OutcomeMenus />
      <QueryView result={result} height={220}>
        {() => <OutcomeView rows={rows} />}
      </QueryView>
    </Stack>
  );
}
