import { Badge, Button, Card, Group, Stack, Switch, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from 'urql';
import { brokenColor } from '../../components/colors.ts';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { problemOf } from '../../data/errors.ts';
import { useLiveQuery } from '../../data/live.tsx';
import { useViewer } from '../../data/viewer.tsx';
import { AlertsDocument, type AlertsQuery, RemoveAlertDocument, TestAlertDocument } from '../../generated/graphql.ts';
import { AddAlertForm } from './add-alert.tsx';
import { useChangeSearch, useSearch } from './change-search.ts';
import { Deliveries } from './deliveries.tsx';
import { eventWords, targetWords } from './words.ts';

type Alert = NonNullable<AlertsQuery['alerts']>['nodes'][number];

const subjectOf = ({ experiment, target }: Alert): string =>
  [experiment ?? '', target ? targetWords[target] : ''].filter((part) => part !== '').join(', ') || 'all';

function AlertActions({ id }: Pick<Alert, 'id'>) {
  const [test, runTest] = useMutation(TestAlertDocument);
  const [removal, remove] = useMutation(RemoveAlertDocument);
  const { may } = useViewer();
  if (!may('ADMIN')) return null;
  const warn = (message: string) => notifications.show({ message, color: 'orange', autoClose: false });
  const onTest = async () => {
    const { data, error } = await runTest({ input: { alertId: id } });
    const result = data?.testAlert;
    if (error || !result) return warn(error ? problemOf(error).message : 'There was no answer.');
    if (result.__typename !== 'TestAlertPayload') return warn(result.message);
    const { state, responseStatus, lastError } = result.delivery;
    if (state !== 'DELIVERED') return warn(lastError ?? 'The test message was not delivered.');
    return notifications.show({ message: `The hook has answered with status ${responseStatus}.` });
  };
  const onRemove = async () => {
    const { data, error } = await remove({ input: { alertId: id } });
    const result = data?.removeAlert;
    if (result?.__typename === 'RemoveAlertPayload') notifications.show({ message: 'The alert was removed.' });
    else warn(error ? problemOf(error).message : (result?.message ?? 'There was no answer.'));
  };
  return (
    <Group gap="xs">
      <Button size="compact-sm" variant="default" loading={test.fetching} onClick={() => void onTest()}>
        Send a test
      </Button>
      <Button size="compact-sm" variant="default" loading={removal.fetching} onClick={() => void onRemove()}>
        Remove
      </Button>
    </Group>
  );
}

function AlertCard({ alert }: { readonly alert: Alert }) {
  const { id, number, event, url, broken, addedAt, removedAt } = alert;
  return (
    <Card withBorder padding="sm" component="section" aria-label={`Alert ${number}`}>
      <Group justify="space-between">
        <Stack gap={2}>
          <Text fw={600}>{`${number}: ${eventWords[event]}, ${subjectOf(alert)}`}</Text>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {url}
          </Text>
          <Text size="xs" c="dimmed">
            added <Time at={addedAt} relative />
            {removedAt && (
              <>
                , removed <Time at={removedAt} relative />
              </>
            )}
          </Text>
          {broken.length > 0 && (
            <Badge variant="default" c={brokenColor} tt="none">{`broken: ${broken.join(', ')}`}</Badge>
          )}
        </Stack>
        {!removedAt && <AlertActions id={id} />}
      </Group>
    </Card>
  );
}

/** Who is told when something breaks, and what was sent. */
export function AlertsTab() {
  const { removed = false } = useSearch();
  const change = useChangeSearch();
  const { may } = useViewer();
  const result = useLiveQuery({
    query: AlertsDocument,
    variables: { includeRemoved: removed },
    kinds: ['ALERTS', 'EXPERIMENTS', 'IMPORTS'],
  });
  return (
    <Stack gap="md">
      <Group>
        <Switch
          size="xs"
          label="Removed ones, too"
          checked={removed}
          onChange={(event) => change({ removed: event.currentTarget.checked ? true : undefined })}
        />
      </Group>
      <QueryView result={result}>
        {({ alerts }) => (
          <Stack gap="xs">
            {alerts?.nodes.map((alert) => (
              <AlertCard key={alert.id} alert={alert} />
            ))}
            {alerts?.totalCount === 0 && (
              <EmptyState>No alert is set. Add one below: a hook then hears of it when something breaks.</EmptyState>
            )}
          </Stack>
        )}
      </QueryView>
      {may('ADMIN') ? (
        <AddAlertForm />
      ) : (
        <Text size="sm">To add alerts, sign in with a key that has the scope admin.</Text>
      )}
      <Deliveries />
    </Stack>
  );
}
