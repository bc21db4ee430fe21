import { Badge, Button, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { CitationButton } from '../../components/citation-button.tsx';
import { PageLink } from '../../components/page-link.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { StatusExplanation } from '../../components/status-explanation.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { useZone } from '../../data/view.ts';
import { formatTime, instantOf, localTimeOf } from '../../format/times.ts';
import { statusWords } from '../../format/words.ts';
import { LookupStatusDocument } from '../../generated/graphql.ts';
import { useSnapshot } from './use-lookup.ts';

const route = getRouteApi('/lookup');

function StatusForm() {
  const { userId = '', date } = route.useSearch();
  const navigate = route.useNavigate();
  const zone = useZone();
  const [id, setId] = useState(userId);
  const [time, setTime] = useState(date === undefined ? '' : localTimeOf(date, zone));
  const [fault, setFault] = useState<'id' | 'time' | null>(null);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        // Without a time it is now, and the address gets this instant: a link shows the same tomorrow.
        const at = time.trim() === '' ? new Date().toISOString() : instantOf(time, zone);
        const found = id === '' ? 'id' : at === undefined ? 'time' : null;
        setFault(found);
        if (found === null) void navigate({ search: (previous) => ({ ...previous, userId: id, date: at }) });
      }}
    >
      <Group align="flex-start" gap="sm">
        <TextInput
          label="User"
          description="The id, as it is in your files"
          value={id}
          error={fault === 'id' && 'Write the id of a user.'}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <TextInput
          label="Date"
          description={`In ${zone}; empty is now`}
          placeholder="2025-10-07 20:22"
          value={time}
          error={fault === 'time' && 'Write a time such as 2025-10-07 20:22.'}
          onChange={(event) => setTime(event.currentTarget.value)}
        />
        <Button type="submit" mt={46}>
          Look up the status
        </Button>
      </Group>
    </form>
  );
}

interface AnswerProps {
  readonly userId: string;
  readonly date: string;
}

function StatusAnswer({ userId, date }: AnswerProps) {
  const zone = useZone();
  const asOf = useSnapshot();
  const result = useLiveQuery({
    query: LookupStatusDocument,
    variables: { userId, date, asOf },
    kinds: asOf === null ? ['STATUS_CHANGES', 'USERS'] : [],
  });
  return (
    <QueryView result={result}>
      {({ userStatus }) =>
        userStatus ? (
          <Stack gap="xs">
            <Group gap="sm">
              <Badge size="lg" variant="light" tt="none" data-answer>
                {statusWords[userStatus.status]}
              </Badge>
              {userStatus.user ? (
                <PageLink to="/users/$userId" params={{ userId: userStatus.userId }}>
                  {`User ${userStatus.userId}`}
                </PageLink>
              ) : (
                <Text>{`User ${userStatus.userId}`}</Text>
              )}
              <CitationButton
                text={`Status of user ${userStatus.userId} at ${formatTime(userStatus.at, zone)} ${zone}: ${statusWords[userStatus.status]}`}
              />
            </Group>
            <StatusExplanation status={userStatus} />
          </Stack>
        ) : (
          <EmptyState>There is no answer.</EmptyState>
        )
      }
    </QueryView>
  );
}

/** The status of a user on a date, and why. */
export function StatusCard() {
  const { userId, date } = route.useSearch();
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>Status of a user</Title>
        <StatusForm key={`form ${userId} ${date}`} />
        {userId !== undefined && date !== undefined && (
          <StatusAnswer key={`${userId} ${date}`} userId={userId} date={date} />
        )}
      </Stack>
    </Paper>
  );
}
