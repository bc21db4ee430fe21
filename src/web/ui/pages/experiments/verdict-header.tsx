import { Group, Paper, Stack, Text } from '@mantine/core';
import { Figure } from '../../components/figure.tsx';
import { Time } from '../../components/time.tsx';
import { formatFigure } from '../../format/numbers.ts';
import { latestOf } from './instants.ts';
import { LiveDot } from './live-dot.tsx';
import type { Report } from './matrix-data.ts';
import { Period } from './period.tsx';
import { useChangeSearch } from './scope.ts';
import { StateMark, stateNotes, VerdictMark } from './verdict.tsx';

/** What figures leave out, each with what it means; nothing where they leave nothing out. */
function LeftOut({ report }: { readonly report: Report }) {
  const change = useChangeSearch();
  const { excludedUserCount, returningUserCount, outsideEventCount } = report;
  return (
    <>
      {excludedUserCount > 0 && (
        <Text size="sm">
          <Figure
            value={excludedUserCount}
            onOpen={() => change({ panel: 'excluded' })}
            label="open the excluded users"
          />{' '}
          excluded {excludedUserCount === 1 ? 'user is' : 'users are'} left out.
        </Text>
      )}
      {returningUserCount > 0 && (
        <Text size="sm">
          {formatFigure(returningUserCount)} users were first seen before this time and do not count.
        </Text>
      )}
      {outsideEventCount > 0 && (
        <Text size="sm">
          {formatFigure(outsideEventCount)} events are dated outside of the period and do not count.
        </Text>
      )}
    </>
  );
}

/** The verdict first: its sentence, the state, how fresh it is. */
export function VerdictHeader({ report }: { readonly report: Report }) {
  const { verdict, sentence, isPlanned, experiment } = report;
  const note = stateNotes[experiment.state];
  const isAssumed = !isPlanned && experiment.state !== 'UNPLANNED';
  return (
    <Paper withBorder p="md" component="section" aria-label="Verdict">
      <Stack gap="xs">
        <Group gap="sm" align="flex-start">
          <VerdictMark verdict={verdict} />
          <Text fw={600} flex={1} miw={220} data-sentence>
            {sentence}
          </Text>
        </Group>
        <Group gap="sm">
          <StateMark state={experiment.state} />
          <Text size="sm">
            <Period from={experiment.startedAt} to={experiment.endedAt} />
          </Text>
          <Text size="sm" c="dimmed">
            last event <Time at={latestOf(report.markets.map(({ lastEventAt }) => lastEventAt))} relative />
          </Text>
          <Text size="sm" c="dimmed" className="asof-figure">
            snapshot {formatFigure(report.snapshot.sequence)}
          </Text>
          <LiveDot />
        </Group>
        {note !== undefined && <Text size="sm">{note}</Text>}
        {isAssumed && <Text size="sm">The plan names no variants, so equal shares are assumed.</Text>}
        <LeftOut report={report} />
      </Stack>
    </Paper>
  );
}
