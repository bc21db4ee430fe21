import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from 'urql';
import { PageLink } from '../../components/page-link.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { refusalOf } from '../../data/errors.ts';
import { type PageOfRows, usePagedRows } from '../../data/paged-rows.ts';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { useViewer } from '../../data/viewer.tsx';
import { formatCount } from '../../format/numbers.ts';
import {
  ExperimentExclusionsDocument,
  type ExperimentExclusionsQuery,
  ExperimentIncludeDocument,
} from '../../generated/graphql.ts';
import { ExcludeForm } from './exclude-form.tsx';
import { Period } from './period.tsx';

type Exclusion = NonNullable<ExperimentExclusionsQuery['excludedUsers']>['nodes'][number];

const pageOf = ({ excludedUsers }: ExperimentExclusionsQuery): PageOfRows<Exclusion> | null =>
  excludedUsers && {
    rows: excludedUsers.nodes,
    totalCount: excludedUsers.totalCount,
    pageInfo: excludedUsers.pageInfo,
  };

interface RowProps {
  readonly exclusion: Exclusion;
  /** Undefined where nobody may change it. */
  onInclude?: (() => void) | undefined;
}

const ExclusionRow = ({ exclusion: { userId, from, to, reason, isExcludedNow }, onInclude }: RowProps) => (
  <Table.Tr>
    <Table.Td>
      <PageLink inherit to="/users/$userId" params={{ userId }}>
        {userId}
      </PageLink>
      <Text size="xs" c="dimmed">
        {from === null && to === null ? 'always' : <Period from={from} to={to} />}
        {!isExcludedNow && ' (not now)'}
      </Text>
    </Table.Td>
    <Table.Td>{reason ?? ''}</Table.Td>
    <Table.Td>
      {onInclude && (
        <Button variant="subtle" size="compact-xs" aria-label={`Count ${userId} again`} onClick={onInclude}>
          Count again
        </Button>
      )}
    </Table.Td>
  </Table.Tr>
);

/** Counts a user again, and says what came of it. */
const useInclude = () => {
  const [, include] = useMutation(ExperimentIncludeDocument);
  return async (userId: string): Promise<void> => {
    const { data, error } = await include({ input: { userIds: [userId] } });
    const result = data?.includeUsers;
    const isDone = result?.__typename === 'IncludeUsersPayload';
    const refusal = refusalOf(result, error);
    notifications.show(isDone ? { message: `${userId} counts again.` } : { color: 'orange', message: refusal ?? '' });
  };
};

/** The users whom experiments leave out. */
export function ExcludedPanel() {
  const { may } = useViewer();
  const include = useInclude();
  const asOf = useAsOf();
  const isPast = isOfSnapshot(useView());
  const paged = usePagedRows({
    query: ExperimentExclusionsDocument,
    variables: { asOf },
    kinds: isPast ? [] : ['EXCLUDED_USERS'],
    pageOf,
  });
  const isEditable = may('INGEST') && !isPast;
  return (
    <Stack gap="md">
      {isEditable && <ExcludeForm />}
      <QueryView result={paged.result} height={120}>
        {() =>
          paged.rows.length === 0 ? (
            <EmptyState>No user is excluded. All experiments leave out the users in this list.</EmptyState>
          ) : (
            <Stack gap="xs" align="flex-start">
              <Text size="sm">
                {formatCount(paged.totalCount ?? paged.rows.length, 'exclusion')}, for all experiments
              </Text>
              <Table fz="sm" aria-label="Excluded users">
                <Table.Tbody>
                  {paged.rows.map((exclusion) => (
                    <ExclusionRow
                      key={exclusion.id}
                      exclusion={exclusion}
                      onInclude={isEditable ? () => void include(exclusion.userId) : undefined}
                    />
                  ))}
                </Table.Tbody>
              </Table>
              <Group>
                {paged.hasMore && (
                  <Button variant="default" size="compact-sm" onClick={paged.loadMore}>
                    Show more
                  </Button>
                )}
              </Group>
              {paged.error !== null && <Text role="alert">{paged.error}</Text>}
            </Stack>
          )
        }
      </QueryView>
    </Stack>
  );
}
