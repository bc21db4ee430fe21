import { Group, Paper, SegmentedControl, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AsOfControl } from '../../components/as-of-control.tsx';
import { Page } from '../../components/page.tsx';
import { PageLink } from '../../components/page-link.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { StatusExplanation } from '../../components/status-explanation.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { statusWords } from '../../format/words.ts';
import { UserDetailsDocument } from '../../generated/graphql.ts';
import { UserAttributes } from './user-attributes.tsx';
import type { UserDetails } from './user-details.ts';
import { UserFactDrawer } from './user-fact-drawer.tsx';
import { UserEventsTable, UserPurchasesTable } from './user-facts.tsx';
import { UserStatusChanges } from './user-status-changes.tsx';
import { UserTimeline } from './user-timeline.tsx';

const route = getRouteApi('/users/$userId');

function Facts({ userId }: { readonly userId: string }) {
  const { list } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Stack gap="xs" component="section" aria-label="Facts">
      <Group gap="md">
        <Title order={2}>Facts</Title>
        <SegmentedControl
          size="xs"
          aria-label="Which facts"
          data={[
            { value: 'purchases', label: 'Purchases' },
            { value: 'events', label: 'Events of experiments' },
          ]}
          value={list ?? 'purchases'}
          onChange={(value) =>
            navigate({ search: (previous) => ({ ...previous, list: value === 'events' ? 'events' : undefined }) })
          }
        />
      </Group>
      {list === 'events' ? <UserEventsTable userId={userId} /> : <UserPurchasesTable userId={userId} />}
    </Stack>
  );
}

function Body({ user }: { readonly user: UserDetails }) {
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <UserAttributes user={user} />
        <Paper withBorder p="md" component="section" aria-label="Status">
          <Title order={2}>{user.status ? `Now ${statusWords[user.status.status]}` : 'Status'}</Title>
          {user.status && <StatusExplanation status={user.status} />}
        </Paper>
      </SimpleGrid>
      <UserTimeline user={user} />
      <UserStatusChanges user={user} />
      <Facts userId={user.userId} />
      <UserFactDrawer />
    </Stack>
  );
}

/** All that is known of one user, and where it comes from. */
export function UserPage() {
  const { userId } = route.useParams();
  const asOf = useAsOf();
  const isFixed = isOfSnapshot(useView());
  const result = useLiveQuery({
    query: UserDetailsDocument,
    variables: { userId, asOf },
    kinds: isFixed ? [] : ['USERS', 'STATUS_CHANGES', 'TRANSACTIONS'],
  });
  return (
    <Page title={`User ${userId}`} actions={<AsOfControl hasFacts={false} />}>
      <QueryView result={result} height={500}>
        {({ user }) =>
          user ? (
            <Body user={user} />
          ) : (
            <EmptyState action={<PageLink to="/users">All users</PageLink>}>
              <Text span inherit>
                No record of this snapshot names the user “{userId}”.
              </Text>
            </EmptyState>
          )
        }
      </QueryView>
    </Page>
  );
}
