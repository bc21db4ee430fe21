import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core';
import { CheckCircleIcon, XCircleIcon } from '@primer/octicons-react';
import { Link } from '@tanstack/react-router';
import { useMutation } from 'urql';
import { QueryView } from '../../../components/query-view.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { useLiveQuery } from '../../../data/live.tsx';
import { formatCount, formatFigure } from '../../../format/numbers.ts';
import {
  CancelDatasetImportDocument,
  DatasetImportDocument,
  type DatasetImportQuery,
} from '../../../generated/graphql.ts';
import { Account } from './account.tsx';
import { Transfer } from './transfer.tsx';

type ImportState = NonNullable<DatasetImportQuery['import']>;

interface ImportViewProps {
  readonly current: ImportState;
  onRejects(): void;
}

const secondsOf = ({ startedAt, finishedAt }: ImportState): number =>
  Math.max(0.001, ((finishedAt ? Date.parse(finishedAt) : Date.now()) - Date.parse(startedAt)) / 1000);

/** `1,200 rows/s`: an average since the start, so it is rounded. */
const rateOf = (current: ImportState): string =>
  `${formatFigure(Math.round(current.read / secondsOf(current)))} rows/s`;

function Running({ current }: { readonly current: ImportState }) {
  const [cancelling, cancel] = useMutation(CancelDatasetImportDocument);
  const { bytesRead, bytesTotal, read, rejected } = current;
  const result = cancelling.data?.cancelImport;
  const details = `${formatCount(read, 'row')} · ${formatCount(rejected, 'reject')} · ${rateOf(current)}`;
  return (
    <Stack gap="xs">
      <Transfer
        label={cancelling.fetching ? 'Ending the import' : 'The import runs'}
        done={bytesRead}
        total={bytesTotal}
        details={details}
        onCancel={() => void cancel({ input: { importId: current.id } })}
      />
      {result && 'message' in result && <Text size="sm">{result.message}</Text>}
    </Stack>
  );
}

const Ending = ({ current: { state, failure, source } }: { readonly current: ImportState }) => {
  if (state === 'FAILED')
    return (
      <Alert
        color="orange"
        variant="light"
        role="alert"
        icon={<XCircleIcon aria-hidden />}
        title={`${source} was not imported`}
      >
        {failure?.message} Nothing of the file is stored.
      </Alert>
    );
  if (state === 'CANCELLED') return <Text>The import of {source} was cancelled. Nothing of it is stored.</Text>;
  return (
    <Group gap={6} role="status">
      <CheckCircleIcon size={20} aria-hidden />
      <Text fw={600}>{source} is imported</Text>
    </Group>
  );
};

function Ended({ current, onRejects }: ImportViewProps) {
  const { dataset, rejected, conflicts } = current;
  const missed = rejected + conflicts;
  return (
    <Stack gap="sm" align="flex-start">
      <Ending current={current} />
      <Account {...current} />
      <Text size="sm" c="dimmed">
        {rateOf(current)}
      </Text>
      <Group gap="xs">
        {dataset && (
          <Button component={Link} to="/datasets/$name" params={{ name: dataset.name } as never}>
            Open {dataset.name} ({formatCount(dataset.rowCount, 'row')})
          </Button>
        )}
        {missed > 0 && (
          <Button variant="default" onClick={onRejects}>
            Show {formatCount(missed, 'reject')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

interface ImportStateProps {
  readonly importId: string;
  onRejects(): void;
}

/** The third step: how far the import is, and its account at the end. */
export function ImportState({ importId, onRejects }: ImportStateProps) {
  const result = useLiveQuery({
    query: DatasetImportDocument,
    variables: { id: importId },
    kinds: ['IMPORTS', 'DATASETS'],
  });
  return (
    <Stack gap="sm">
      <Title order={2} size="h3">
        Import
      </Title>
      <QueryView result={result}>
        {({ import: current }) => {
          if (!current)
            return <EmptyState>There is no import with this id. It may belong to another server.</EmptyState>;
          return current.state === 'RUNNING' ? (
            <Running current={current} />
          ) : (
            <Ended current={current} onRejects={onRejects} />
          );
        }}
      </QueryView>
    </Stack>
  );
}
