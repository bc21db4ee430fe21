import { Anchor, Badge, Group, Text } from '@mantine/core';
import { CheckCircleIcon, CircleSlashIcon, ClockIcon, EyeIcon, StopIcon } from '@primer/octicons-react';
import { Link } from '@tanstack/react-router';
import { brokenColor } from '../../components/colors.ts';
import { QueryView } from '../../components/query-view.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { formatCount } from '../../format/numbers.ts';
import {
  type ExperimentState,
  type MonitorVerdict,
  type OverviewHealthQuery,
  OverviewVerdictsDocument,
} from '../../generated/graphql.ts';

/** The worst first. */
const verdicts: Readonly<Record<MonitorVerdict, { readonly word: string; readonly icon: typeof EyeIcon }>> = {
  BROKEN: { word: 'broken', icon: StopIcon },
  WATCH: { word: 'watch', icon: EyeIcon },
  NOT_ENOUGH_DATA: { word: 'not enough data', icon: ClockIcon },
  NO_DATA: { word: 'no data', icon: CircleSlashIcon },
  HEALTHY: { word: 'healthy', icon: CheckCircleIcon },
};

/** Experiments that run come before those that have ended; others have nothing to judge. */
const stateRanks: Partial<Record<ExperimentState, number>> = { RUNNING: 0, UNPLANNED: 0, ENDED: 1 };

/** More than these are behind the link to all. */
const verdictsMax = 8;

const order = Object.keys(verdicts);

/** The verdict of each experiment that runs or has ended, with its sentence as title. */
export function Verdicts() {
  const view = useView();
  const result = useLiveQuery({
    query: OverviewVerdictsDocument,
    variables: { asOf: useAsOf() },
    kinds: isOfSnapshot(view) ? [] : ['EVENTS', 'EXPERIMENTS', 'EXCLUDED_USERS'],
  });
  return (
    <QueryView result={result} height={24}>
      {({ experiments }) => {
        const judged = (experiments ?? [])
          .flatMap(({ monitor, state, ...experiment }) =>
            monitor && state in stateRanks ? [{ ...experiment, ...monitor, state }] : [],
          )
          .sort(
            (one, two) =>
              (stateRanks[one.state] ?? 0) - (stateRanks[two.state] ?? 0) ||
              order.indexOf(one.verdict) - order.indexOf(two.verdict),
          );
        if (judged.length === 0) return <Text size="sm">No experiment runs.</Text>;
        return (
          <Group gap="xs">
            {judged.slice(0, verdictsMax).map(({ id, key, name, state, verdict, sentence }) => {
              const { word, icon: Icon } = verdicts[verdict];
              return (
                <Badge
                  key={id}
                  renderRoot={(props) => <Link {...props} to="/experiments/$key" params={{ key }} />}
                  variant="default"
                  size="lg"
                  tt="none"
                  fw={500}
                  title={sentence}
                  style={{ cursor: 'pointer' }}
                  leftSection={<Icon size={15} aria-hidden />}
                  c={verdict === 'BROKEN' ? brokenColor : undefined}
                >
                  {`${name}${state === 'ENDED' ? ' (ended)' : ''}: ${word}`}
                </Badge>
              );
            })}
            {judged.length > verdictsMax && (
              <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/experiments" />}>
                {`All ${judged.length} experiments`}
              </Anchor>
            )}
          </Group>
        );
      }}
    </QueryView>
  );
}

const durationOf = (iso: string): string =>
  iso
    .replace(/^PT/, '')
    .replace(/\.0+S$/, 'S')
    .toLowerCase();

/** What operators look at first, in one line: each part leads to where something can be done about it. */
export function HealthLine({ server }: { readonly server: NonNullable<OverviewHealthQuery['server']> }) {
  const { ingest, indexLag, openRejectedRecordCount: rejects, runningImportCount: running } = server;
  const behind = Number(indexLag.newestSequence) - Number(indexLag.sequence);
  return (
    <Group gap="lg" role="group" aria-label="Health">
      <Text size="sm" className="asof-figure">
        {formatCount(ingest.lastMinute, 'record')} in the last minute
      </Text>
      <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/intake" search={{ tab: 'rejects' }} />}>
        {formatCount(rejects, 'reject')} waiting
      </Anchor>
      <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/intake" />}>
        {formatCount(running, 'import')} running
      </Anchor>
      <Text size="sm">
        {behind <= 0
          ? 'Figures are up to date'
          : `Figures are ${formatCount(behind, 'record')} behind (${durationOf(indexLag.time)})`}
      </Text>
    </Group>
  );
}
