import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from 'urql';
import { CopyAs } from '../../components/copy-as.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { Time } from '../../components/time.tsx';
import { problemOf } from '../../data/errors.ts';
import { useLiveQuery } from '../../data/live.tsx';
import { useViewer } from '../../data/viewer.tsx';
import { StartImportDocument, UserSyncDocument, type UserSyncQuery } from '../../generated/graphql.ts';
import { useChangeSearch, useSearch } from './change-search.ts';
import { ImportDrawer } from './import-drawer.tsx';
import { SyncRuns } from './sync-runs.tsx';
import { stateWords, syncWords } from './words.ts';

type Sync = NonNullable<UserSyncQuery['userSync']>;

/** Starts a run; its progress is in the list of runs. */
function SyncButton({ isRunning }: { readonly isRunning: boolean }) {
  const [{ fetching }, start] = useMutation(StartImportDocument);
  const { may } = useViewer();
  const run = async () => {
    const { data, error } = await start({ input: { target: 'USER_FILES', wait: false } });
    const result = data?.startImport;
    if (result?.__typename === 'StartImportPayload') {
      notifications.show({ message: 'The synchronization has begun.' });
      return;
    }
    const message = error ? problemOf(error).message : (result?.message ?? 'There was no answer.');
    notifications.show({ message, color: 'orange', autoClose: false });
  };
  return (
    <Group gap="xs">
      <Button disabled={!may('INGEST') || isRunning} loading={fetching} onClick={() => void run()}>
        Synchronize now
      </Button>
      {!may('INGEST') && <Text size="sm">This needs the scope ingest.</Text>}
    </Group>
  );
}

const command = 'asof serve --user-files FOLDER';
const variable = 'ASOF_USER_FILES=FOLDER';

/** How the person who runs the server sets a source: the page itself cannot. */
const SyncOff = () => (
  <Alert variant="light" title="This server has no user files">
    <Stack gap="xs" align="flex-start">
      <Text size="sm">
        A folder or an S3 bucket with one CSV file for each user, and optionally an image, keeps users up to date by
        itself. Start the server with its place:
      </Text>
      <Code block tabIndex={0}>
        {command}
      </Code>
      <Text size="sm">
        FOLDER is a path, or s3://bucket/prefix/ for a bucket. --user-files-every-minutes sets how often it is read,
        every ten minutes by default.
      </Text>
      <CopyAs
        entries={[
          { label: 'Command', text: command },
          { label: 'Environment variable', text: variable },
        ]}
      />
    </Stack>
  </Alert>
);

function SyncState({ sync }: { readonly sync: Sync }) {
  const { state, source, output, nextRunAt, lastRun } = sync;
  return (
    <Stack gap="xs">
      <Text fw={600} role="status">{`Synchronization: ${syncWords[state]}`}</Text>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {`From ${source}; the table of all users is written to ${output}.`}
      </Text>
      <Text size="sm">
        {lastRun ? (
          <>
            Last run <Time at={lastRun.startedAt} />: {stateWords[lastRun.state]}
          </>
        ) : (
          'It has not run yet'
        )}
        {nextRunAt && (
          <>
            ; next run <Time at={nextRunAt} />
          </>
        )}
      </Text>
      {lastRun?.failure && (
        <Alert color="orange" variant="light" title="The last run failed">
          {lastRun.failure.message} ({lastRun.failure.code})
        </Alert>
      )}
      <SyncButton isRunning={state === 'RUNNING'} />
    </Stack>
  );
}

/** The synchronization of user files: what it does, what it did, and a run at once. */
export function SyncTab() {
  const { open } = useSearch();
  const change = useChangeSearch();
  const result = useLiveQuery({ query: UserSyncDocument, variables: {}, kinds: ['USER_SYNC', 'IMPORTS'] });
  return (
    <Stack gap="md">
      <QueryView result={result}>
        {({ userSync }) => userSync && (userSync.state === 'OFF' ? <SyncOff /> : <SyncState sync={userSync} />)}
      </QueryView>
      <SyncRuns onOpen={(id) => change({ open: id })} />
      <ImportDrawer id={open} onClose={() => change({ open: undefined })} />
    </Stack>
  );
}
