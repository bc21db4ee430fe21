import { Stack, Title } from '@mantine/core';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { Origin } from '../../components/origin.tsx';
import { Time } from '../../components/time.tsx';
import { ignoredWords, statusWords } from '../../format/words.ts';
import type { UserDetails } from './user-details.ts';

type Change = NonNullable<UserDetails['statusChanges']>['edges'][number]['node'];

interface Row extends Change {
  /** Whether and why it does not count now. */
  readonly effect: string;
}

/** Every status change of the user, those that do not count included: nothing is lost. */
export function UserStatusChanges({ user: { status, statusChanges } }: { readonly user: UserDetails }) {
  const rows = useMemo<readonly Row[]>(() => {
    const ignored = new Map(
      status?.explanation.ignored?.map(({ change, reason }) => [change.id, ignoredWords[reason]]),
    );
    const decidedBy = status?.explanation.decidedBy?.id;
    return (statusChanges?.edges ?? []).map(({ node }) => ({
      ...node,
      effect: node.id === decidedBy ? 'decides the status now' : (ignored.get(node.id) ?? ''),
    }));
  }, [status, statusChanges]);
  const columns = useMemo<readonly DataColumn<Row>[]>(
    () => [
      {
        id: 'effectiveAt',
        header: 'Effective',
        width: 230,
        cell: ({ effectiveAt }) => <Time at={effectiveAt} />,
        text: ({ effectiveAt }) => effectiveAt,
      },
      {
        id: 'status',
        header: 'Status',
        width: 120,
        cell: ({ status: each }) => statusWords[each],
        text: ({ status: each }) => each,
      },
      { id: 'effect', header: 'Effect', width: 260, cell: ({ effect }) => effect, text: ({ effect }) => effect },
      {
        id: 'recordedAt',
        header: 'Recorded',
        width: 230,
        cell: ({ recordedAt }) => <Time at={recordedAt} />,
        text: ({ recordedAt }) => recordedAt,
      },
      {
        id: 'origin',
        header: 'Record',
        width: 300,
        cell: ({ provenance }) => <Origin provenance={provenance} />,
        text: ({ provenance: { source, line } }) => `${source}${line === null ? '' : `:${line}`}`,
      },
    ],
    [],
  );
  return (
    <Stack gap="xs" component="section" aria-label="Status changes">
      <Title order={2}>Status changes</Title>
      <DataTable
        label="Status changes"
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        totalCount={statusChanges?.totalCount}
        height={260}
        emptyText="No status change of this user is stored: they count as non-paying."
      />
    </Stack>
  );
}
