import { Alert, Anchor, Button, Code, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from '@tanstack/react-router';
import { useMutation } from 'urql';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { problemOf } from '../../data/errors.ts';
import { useLiveQuery } from '../../data/live.tsx';
import { useViewer } from '../../data/viewer.tsx';
import { formatCount } from '../../format/numbers.ts';
import { CancelImportDocument, ImportDetailsDocument, type ImportDetailsQuery } from '../../generated/graphql.ts';
import { AccountLine, BytesProgress } from './account.tsx';
import { DialectLine } from './dialect.tsx';
import { stateWords, targetWords } from './words.ts';

type Details = NonNullable<ImportDetailsQuery['import']>;

function CancelButton({ id }: { readonly id: string }) {
  const [{ fetching }, cancel] = useMutation(CancelImportDocument);
  const { may } = useViewer();
  const run = async () => {
    const { data, error } = await cancel({ input: { importId: id } });
    const result = data?.cancelImport;
    const message = error ? problemOf(error).message : result && 'message' in result ? result.message : undefined;
    notifications.show(message === undefined ? { message: 'The import was cancelled.' } : { message, color: 'orange' });
  };
  return (
    <Button
      variant="default"
      loading={fetching}
      disabled={!may('INGEST')}
      title={may('INGEST') ? undefined : 'This needs the scope ingest.'}
      onClick={() => void run()}
    >
      Cancel the import
    </Button>
  );
}

function Rejects({ id, rejectedRecords }: Pick<Details, 'id' | 'rejectedRecords'>) {
  if (!rejectedRecords || rejectedRecords.totalCount === 0) return null;
  return (
    <Stack gap="xs">
      <Anchor
        renderRoot={(props) => (
          <Link
            {...props}
            to="/intake"
            search={(previous) => ({
              ...previous,
              ...{ tab: 'rejects', records: true, ofImport: id },
              ...{ open: undefined, group: undefined, source: undefined, rejects: undefined },
            })}
          />
        )}
      >
        {formatCount(rejectedRecords.totalCount, 'record was', 'records were')} not stored: look at all
      </Anchor>
      {rejectedRecords.nodes.map(({ id: rejectId, line, raw, problems }) => (
        <Stack key={rejectId} gap={2}>
          <Text size="sm">
            {line !== null && line !== undefined && `Line ${line}: `}
            {problems.map(({ message }) => message).join('; ')}
          </Text>
          <Code block tabIndex={0} style={{ overflowX: 'auto' }}>
            {raw.slice(0, 500)}
          </Code>
        </Stack>
      ))}
    </Stack>
  );
}

/** The rows that the import of a dataset made: the version, which may be an earlier one. */
function ImportedVersion({ details: { dataset, datasetVersion: version } }: { readonly details: Details }) {
  if (!dataset) return null;
  const earlier = version && version.id !== dataset.currentVersion.id ? version.number : undefined;
  return (
    <Anchor
      renderRoot={(props) => (
        <Link {...props} to="/datasets/$name" params={{ name: dataset.name }} search={{ version: earlier } as never} />
      )}
    >
      {version ? `Open version ${version.number} of the dataset ${dataset.name}` : `Open the dataset ${dataset.name}`}
    </Anchor>
  );
}

function ImportDetails({ details }: { readonly details: Details }) {
  const { id, source, target, state, startedAt, finishedAt, bytesRead, bytesTotal, failure, dialect } = details;
  return (
    <Stack gap="sm">
      <Text style={{ overflowWrap: 'anywhere' }}>{`${source}, ${targetWords[target]}: ${stateWords[state]}`}</Text>
      <AccountLine account={details} />
      {state === 'RUNNING' && (
        <>
          <BytesProgress label="Reading" done={bytesRead} total={bytesTotal} sinceMs={Date.parse(startedAt)} />
          <Group>
            <CancelButton id={id} />
          </Group>
        </>
      )}
      {failure && (
        <Alert color="orange" variant="light" title="It failed">
          {failure.message} ({failure.code})
        </Alert>
      )}
      <Text size="sm">
        Began <Time at={startedAt} />
        {finishedAt && (
          <>
            , ended <Time at={finishedAt} />
          </>
        )}
      </Text>
      {dialect && <DialectLine dialect={dialect} />}
      <ImportedVersion details={details} />
      <Rejects id={id} rejectedRecords={details.rejectedRecords} />
    </Stack>
  );
}

interface ImportDrawerProps {
  readonly id: string | undefined;
  onClose(): void;
}

/** What became of each record of an import. */
export function ImportDrawer({ id, onClose }: ImportDrawerProps) {
  const result = useLiveQuery({
    query: ImportDetailsDocument,
    variables: { id: id ?? '' },
    kinds: ['IMPORTS', 'REJECTED_RECORDS'],
    pause: id === undefined,
  });
  return (
    <DetailDrawer title="Import" isOpen={id !== undefined} onClose={onClose}>
      {id !== undefined && (
        <QueryView result={result}>
          {({ import: details }) =>
            details ? <ImportDetails details={details} /> : <EmptyState>There is no such import.</EmptyState>
          }
        </QueryView>
      )}
    </DetailDrawer>
  );
}
