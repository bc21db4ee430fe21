import { Alert, Anchor, Button, Group, List, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMutation } from 'urql';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { problemOf } from '../../data/errors.ts';
import { useLiveQuery } from '../../data/live.tsx';
import { useViewer } from '../../data/viewer.tsx';
import {
  RejectedRecordDetailsDocument,
  type RejectedRecordDetailsQuery,
  ResolveRejectedRecordDocument,
} from '../../generated/graphql.ts';
import { rejectWords, targetWords } from './words.ts';

type Details = NonNullable<RejectedRecordDetailsQuery['rejectedRecord']>;

/** Corrects or discards one record. Problems of the corrected text are shown at the field. */
function ResolveForm({ id, raw, onDone }: Pick<Details, 'id' | 'raw'> & { onDone(): void }) {
  const [text, setText] = useState(raw);
  const [reason, setReason] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [{ fetching }, resolve] = useMutation(ResolveRejectedRecordDocument);
  const { may } = useViewer();
  const isRefused = !may('INGEST');
  const run = async (action: { retryWith: string } | { discardBecause: string }, done: string) => {
    const { data, error: failure } = await resolve({ input: { rejectedRecordId: id, action } });
    const result = data?.resolveRejectedRecord;
    if (result?.__typename === 'ResolveRejectedRecordPayload') {
      notifications.show({ message: done });
      onDone();
      return;
    }
    const problems = result && 'problems' in result ? result.problems.map(({ message }) => message) : [];
    setError(failure ? problemOf(failure).message : [...new Set([result?.message, ...problems])].join('; '));
  };
  return (
    <Stack gap="sm">
      <Textarea
        label="Record"
        description={
          raw.trimStart().startsWith('{')
            ? 'Correct it and try again: it is stored as part of its import.'
            : 'Correct the row, or write it as a JSON object such as {"user_id": "42"}, and try again: it is stored as part of its import.'
        }
        autosize
        minRows={3}
        maxRows={16}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        value={text}
        error={error}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group>
        <Button
          loading={fetching}
          disabled={isRefused}
          onClick={() => void run({ retryWith: text }, 'The record is stored.')}
        >
          Try again
        </Button>
      </Group>
      <TextInput
        label="Reason to discard it"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group>
        <Button
          variant="default"
          loading={fetching}
          disabled={isRefused || reason.trim() === ''}
          onClick={() => void run({ discardBecause: reason.trim() }, 'The record is discarded.')}
        >
          Discard
        </Button>
        {isRefused && <Text size="sm">This needs the scope ingest.</Text>}
      </Group>
    </Stack>
  );
}

function RejectDetails({ details, onClose }: { readonly details: Details; onClose(): void }) {
  const { id, target, source, line, raw, receivedAt, state, settledAt, settlement, problems } = details;
  const ofImport = details.import;
  return (
    <Stack gap="sm">
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {`${targetWords[target]} from ${source}`}
        {line !== null && line !== undefined && `, line ${line}`}, received <Time at={receivedAt} />:{' '}
        {rejectWords[state]}
      </Text>
      <Alert color="orange" variant="light" title="Why it was not stored">
        <List size="sm">
          {problems.map(({ path, code, message }) => (
            <List.Item key={`${path} ${code}`}>{message}</List.Item>
          ))}
        </List>
      </Alert>
      {state === 'OPEN' ? (
        <ResolveForm key={id} id={id} raw={raw} onDone={onClose} />
      ) : (
        <Text size="sm">
          {settlement} <Time at={settledAt} />
        </Text>
      )}
      {ofImport && (
        <Anchor renderRoot={(props) => <Link {...props} to="/intake" search={{ open: ofImport.id }} />}>
          Open its import {ofImport.source}
        </Anchor>
      )}
    </Stack>
  );
}

interface RejectDrawerProps {
  readonly id: string | undefined;
  onClose(): void;
}

/** One rejected record. */
export function RejectDrawer({ id, onClose }: RejectDrawerProps) {
  const result = useLiveQuery({
    query: RejectedRecordDetailsDocument,
    variables: { id: id ?? '' },
    kinds: ['REJECTED_RECORDS'],
    pause: id === undefined,
  });
  return (
    <DetailDrawer title="Rejected record" isOpen={id !== undefined} onClose={onClose}>
      {id !== undefined && (
        <QueryView result={result}>
          {({ rejectedRecord: details }) =>
            details ? (
              <RejectDetails details={details} onClose={onClose} />
            ) : (
              <EmptyState>There is no such record.</EmptyState>
            )
          }
        </QueryView>
      )}
    </DetailDrawer>
  );
}
