import { Button, Code, Group, Paper, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useMutation } from 'urql';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { refusalOf } from '../../data/errors.ts';
import { useLiveQuery } from '../../data/live.tsx';
import { useViewer } from '../../data/viewer.tsx';
import {
  type ExperimentAlertFragment,
  ExperimentAlertsDocument,
  ExperimentRemoveAlertDocument,
  ExperimentTestAlertDocument,
} from '../../generated/graphql.ts';
import { AlertForm } from './alert-form.tsx';

const warn = (message: string | undefined) =>
  notifications.show({ color: 'orange', message: message ?? 'The server did not answer.' });

function AlertActions({ alert }: { readonly alert: ExperimentAlertFragment }) {
  const [, remove] = useMutation(ExperimentRemoveAlertDocument);
  const [{ fetching }, test] = useMutation(ExperimentTestAlertDocument);
  const onTest = async () => {
    const { data, error } = await test({ input: { alertId: alert.id } });
    const result = data?.testAlert;
    if (result?.__typename !== 'TestAlertPayload') {
      return warn(refusalOf(result, error));
    }
    const isDelivered = result.delivery.state === 'DELIVERED';
    if (isDelivered) notifications.show({ message: 'The test message was delivered.' });
    else warn('The hook did not accept the test message.');
  };
  const onRemove = async () => {
    const { data, error } = await remove({ input: { alertId: alert.id } });
    const result = data?.removeAlert;
    if (result?.__typename === 'RemoveAlertPayload')
      notifications.show({ message: `Alert ${alert.number} is removed.` });
    else warn(refusalOf(result, error));
  };
  return (
    <Group gap="xs">
      <Button variant="default" size="compact-xs" loading={fetching} onClick={() => void onTest()}>
        Send a test
      </Button>
      <Button
        variant="subtle"
        size="compact-xs"
        aria-label={`Remove alert ${alert.number}`}
        onClick={() => void onRemove()}
      >
        Remove
      </Button>
    </Group>
  );
}

interface AlertCardProps {
  readonly alert: ExperimentAlertFragment;
  readonly isEditable: boolean;
}

const AlertCard = ({ alert, isEditable }: AlertCardProps) => (
  <Paper withBorder p="xs" component="article" aria-label={`Alert ${alert.number}`}>
    <Stack gap={4}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {alert.url}
      </Text>
      <Text size="xs" c="dimmed">
        {alert.format === 'SLACK' ? 'Slack' : 'JSON with a signature'},{' '}
        {alert.experiment === null ? 'all experiments that run' : 'this experiment'}, since <Time at={alert.addedAt} />
      </Text>
      {isEditable && <AlertActions alert={alert} />}
    </Stack>
  </Paper>
);

/** The alerts that watch this experiment, alone or with all others. */
const watching = (alerts: readonly ExperimentAlertFragment[], key: string) =>
  alerts.filter(
    ({ event, experiment }) => event === 'EXPERIMENT_BROKEN' && (experiment === null || experiment === key),
  );

/** Who is notified when the experiment breaks. */
export function AlertsPanel({ experimentKey }: { readonly experimentKey: string }) {
  const { may } = useViewer();
  const [secret, setSecret] = useState<string | null>(null);
  const result = useLiveQuery({ query: ExperimentAlertsDocument, variables: {}, kinds: ['ALERTS'] });
  return (
    <Stack gap="md">
      {may('ADMIN') ? (
        <AlertForm experimentKey={experimentKey} onAdded={setSecret} />
      ) : (
        <Text size="sm">Alerts are added with a key of the scope admin.</Text>
      )}
      {secret !== null && (
        <Text size="sm" component="div" role="status">
          The secret of its signature is shown this once: <Code>{secret}</Code>
        </Text>
      )}
      <QueryView result={result} height={80}>
        {({ alerts }) => {
          const own = watching(alerts?.nodes ?? [], experimentKey);
          if (own.length === 0) return <EmptyState>Nobody is notified when this experiment breaks.</EmptyState>;
          return (
            <Stack gap="xs">
              {own.map((alert) => (
                <AlertCard key={alert.id} alert={alert} isEditable={may('ADMIN')} />
              ))}
            </Stack>
          );
        }}
      </QueryView>
    </Stack>
  );
}
