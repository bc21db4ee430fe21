import { Alert, Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMutation } from 'urql';
import { QueryView } from '../../../components/query-view.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { Time } from '../../../components/time.tsx';
import { problemOf } from '../../../data/errors.ts';
import { useLiveQuery } from '../../../data/live.tsx';
import { useViewer } from '../../../data/viewer.tsx';
import {
  ChangeDatasetRefreshDocument,
  DatasetRefreshStateDocument,
  type DatasetRefreshStateQuery,
} from '../../../generated/graphql.ts';
import { refreshChoices } from '../model/refresh.ts';

type Refresh = NonNullable<NonNullable<DatasetRefreshStateQuery['dataset']>['refresh']>;

interface RefreshSettingsProps {
  readonly dataset: { readonly id: string; readonly name: string };
}

function Change({ datasetId, every }: { readonly datasetId: string; readonly every: string }) {
  const [chosen, setChosen] = useState(every);
  const [{ fetching, data, error }, change] = useMutation(ChangeDatasetRefreshDocument);
  const outcome = data?.changeDatasetRefresh;
  const refused = outcome && 'message' in outcome ? outcome.message : undefined;
  const message = error ? problemOf(error).message : refused;
  const choices = [
    ...(refreshChoices.some(({ value }) => value === every) ? [] : [{ value: every, label: `Every ${every}` }]),
    ...refreshChoices,
    { value: 'never', label: 'Never again' },
  ];
  const save = async () => {
    const { data: answer } = await change({ input: { datasetId, every: chosen } });
    if (answer?.changeDatasetRefresh?.__typename === 'ChangeDatasetRefreshPayload')
      notifications.show({ message: 'The schedule is saved.' });
  };
  return (
    <Group align="flex-end" gap="xs">
      <NativeSelect
        label="Import the link again"
        data={choices}
        value={chosen}
        error={message}
        onChange={({ currentTarget }) => setChosen(currentTarget.value)}
      />
      <Button variant="default" onClick={() => void save()} loading={fetching} disabled={chosen === every}>
        Save the schedule
      </Button>
    </Group>
  );
}

const State = ({
  refresh: { url, lastAttemptAt, lastSuccessAt, lastError, nextAttemptAt },
}: {
  readonly refresh: Refresh;
}) => (
  <Stack gap={4}>
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      From {url}
    </Text>
    <Text size="sm">
      Last success <Time at={lastSuccessAt} />, last attempt <Time at={lastAttemptAt} />, next{' '}
      <Time at={nextAttemptAt} />
    </Text>
    {lastError !== null && (
      <Alert color="orange" variant="light" title="The last attempt failed">
        {lastError} The earlier version stays current.
      </Alert>
    )}
  </Stack>
);

/** When the link behind a dataset is imported again, and how the last attempt ended. */
export function RefreshSettings({ dataset: { id, name } }: RefreshSettingsProps) {
  const { may } = useViewer();
  const result = useLiveQuery({ query: DatasetRefreshStateDocument, variables: { name }, kinds: ['DATASETS'] });
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Schedule
      </Title>
      <QueryView result={result} height={100}>
        {({ dataset }) =>
          dataset?.refresh ? (
            <Stack gap="sm">
              <State refresh={dataset.refresh} />
              {may('INGEST') && <Change key={dataset.refresh.every} datasetId={id} every={dataset.refresh.every} />}
            </Stack>
          ) : (
            <EmptyState
              action={
                may('INGEST') && (
                  <Button
                    component={Link}
                    to="/datasets"
                    search={{ import: 'new', into: name } as never}
                    variant="default"
                  >
                    Import a link by schedule
                  </Button>
                )
              }
            >
              {name} is not imported again by itself. Import a link with a schedule to change that.
            </EmptyState>
          )
        }
      </QueryView>
    </Stack>
  );
}
