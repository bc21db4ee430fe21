import { Card, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { PageLink } from '../../components/page-link.tsx';
import { ProblemNotice } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { problemOf } from '../../data/errors.ts';
import { useLiveQuery } from '../../data/live.tsx';
import { type AsOf, isOfSnapshot, useView } from '../../data/view.ts';
import { formatCount, formatFigure } from '../../format/numbers.ts';
import {
  type ExperimentOverviewFragment,
  ExperimentWithoutPlanDocument,
  type MonitorVerdict,
} from '../../generated/graphql.ts';
import { latestOf } from './instants.ts';
import { Period } from './period.tsx';
import { StateMark, VerdictMark, verdictOrder, verdictWord } from './verdict.tsx';

const route = getRouteApi('/experiments');

function Facts({ experiment }: { readonly experiment: ExperimentOverviewFragment }) {
  const { monitor, startedAt, endedAt } = experiment;
  const markets = monitor?.markets ?? [];
  const users = markets.reduce((sum, { userCount }) => sum + userCount, 0);
  const lastEvent = latestOf(markets.map(({ lastEventAt }) => lastEventAt));
  const names = markets.length > 0 ? markets.map(({ country }) => country) : experiment.markets;
  return (
    <Group gap="md">
      <StateMark state={experiment.state} />
      <Text size="sm" c="dimmed">
        <Period from={startedAt} to={endedAt} />
      </Text>
      <Text size="sm" c="dimmed">
        {formatCount(users, 'user')}
      </Text>
      <Text size="sm" c="dimmed" title={names.join(', ')}>
        {names.length === 0 ? 'no market yet' : names.slice(0, 6).join(', ')}
        {names.length > 6 && ` and ${formatFigure(names.length - 6)} more`}
      </Text>
      <Text size="sm" c="dimmed">
        last event <Time at={lastEvent} relative />
      </Text>
    </Group>
  );
}

function ExperimentCard({ experiment }: { readonly experiment: ExperimentOverviewFragment }) {
  const { key, name, monitor } = experiment;
  return (
    <Card withBorder padding="sm" component="article" aria-label={name} data-experiment={key}>
      <Stack gap={6}>
        <Group gap="sm" justify="space-between">
          <Title order={2} size="h4">
            <PageLink inherit to="/experiments/$key" params={{ key }}>
              {name}
            </PageLink>
            {name !== key && (
              <Text span size="sm" c="dimmed" fw={400}>
                {' '}
                {key}
              </Text>
            )}
          </Title>
          {monitor && <VerdictMark verdict={monitor.verdict} />}
        </Group>
        <Text size="sm">{monitor?.sentence ?? 'The verdict could not be read.'}</Text>
        <Facts experiment={experiment} />
      </Stack>
    </Card>
  );
}

interface LoaderProps {
  readonly experimentKey: string;
  readonly asOf: AsOf | null;
  onLoaded(experiment: ExperimentOverviewFragment): void;
}

/** Reads an experiment that only events name: the list of plans does not have it. It shows nothing but a failure. */
function UnplannedLoader({ experimentKey, asOf, onLoaded }: LoaderProps) {
  const isPast = isOfSnapshot(useView());
  const { state } = useLiveQuery({
    query: ExperimentWithoutPlanDocument,
    variables: { key: experimentKey, asOf },
    kinds: isPast ? [] : ['EVENTS', 'EXCLUDED_USERS', 'USERS'],
  });
  const experiment = state.data?.monitor?.experiment;
  useEffect(() => {
    if (experiment) onLoaded(experiment);
  }, [experiment, onLoaded]);
  return state.error && !experiment ? <ProblemNotice problem={problemOf(state.error)} /> : null;
}

const rank = ({ monitor }: ExperimentOverviewFragment): number => verdictOrder.indexOf(monitor?.verdict ?? 'NO_DATA');

interface VerdictFilterProps {
  readonly all: readonly ExperimentOverviewFragment[];
  readonly verdict: MonitorVerdict | undefined;
}

function VerdictFilter({ all, verdict }: VerdictFilterProps) {
  const navigate = useNavigate({ from: '/experiments' });
  const countOf = (each: MonitorVerdict) => all.filter(({ monitor }) => monitor?.verdict === each).length;
  const present = verdictOrder.filter((each) => each === verdict || countOf(each) > 0);
  if (present.length < 2 && verdict === undefined) return null;
  return (
    <SegmentedControl
      size="xs"
      style={{ alignSelf: 'flex-start', maxWidth: '100%', flexWrap: 'wrap' }}
      aria-label="Verdict"
      value={verdict ?? 'all'}
      data={[
        { value: 'all', label: `all ${formatFigure(all.length)}` },
        ...present.map((each) => ({ value: each, label: `${verdictWord(each)} ${formatFigure(countOf(each))}` })),
      ]}
      onChange={(value) =>
        void navigate({
          search: (previous) => ({
            ...previous,
            verdict: value === 'all' ? undefined : (value as MonitorVerdict),
          }),
        })
      }
    />
  );
}

interface ExperimentListProps {
  readonly plans: readonly ExperimentOverviewFragment[];
  /** The keys that events have and no plan. */
  readonly unplanned: readonly string[];
  readonly asOf: AsOf | null;
}

/** Every experiment with its verdict, the worst first. */
export function ExperimentList({ plans, unplanned, asOf }: ExperimentListProps) {
  const { verdict } = route.useSearch();
  const [loaded, setLoaded] = useState<Readonly<Record<string, ExperimentOverviewFragment>>>({});
  const onLoaded = useCallback(
    (experiment: ExperimentOverviewFragment) =>
      setLoaded((previous) => ({ ...previous, [experiment.key]: experiment })),
    [],
  );
  const all = [...plans, ...unplanned.flatMap((key) => loaded[key] ?? [])].toSorted(
    (one, two) => rank(one) - rank(two),
  );
  const visible = all.filter(({ monitor }) => verdict === undefined || monitor?.verdict === verdict);
  return (
    <Stack gap="sm">
      <VerdictFilter all={all} verdict={verdict} />
      {unplanned.map((key) => (
        <UnplannedLoader key={key} experimentKey={key} asOf={asOf} onLoaded={onLoaded} />
      ))}
      {visible.map((experiment) => (
        <ExperimentCard key={experiment.key} experiment={experiment} />
      ))}
      {visible.length === 0 && verdict !== undefined && <Text c="dimmed">No experiment has this verdict.</Text>}
    </Stack>
  );
}
