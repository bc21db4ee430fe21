import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { DataTable } from '../../components/data-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { usePagedRows } from '../../data/paged-rows.ts';
import { useViewer } from '../../data/viewer.tsx';
import { formatFigure } from '../../format/numbers.ts';
import {
  RejectGroupDetailsDocument,
  type RejectGroupDetailsQuery,
  RejectGroupRecordsDocument,
  type RejectGroupRecordsQuery,
} from '../../generated/graphql.ts';
import { useChangeSearch, useSearch } from './change-search.ts';
import { DiscardDialog } from './discard-dialog.tsx';
import { groupColumns } from './reject-columns.tsx';
import { RejectState } from './reject-state.tsx';
import { recordTargets } from './search.ts';
import { useSettleGroup } from './settle-group.ts';
import { SettlementReport } from './settlement-report.tsx';
import { problemWords, rejectWords, targetWords } from './words.ts';

type Details = Extract<NonNullable<RejectGroupDetailsQuery['node']>, { __typename: 'RejectGroup' }>;

const pageOf = ({ node }: RejectGroupRecordsQuery) => {
  const page = node?.__typename === 'RejectGroup' ? node.rejectedRecords : null;
  return page && { rows: page.nodes, totalCount: page.totalCount, pageInfo: page.pageInfo };
};

/** Rows of datasets and objects of user files are parts of their files: no record of them can be stored alone. */
const isRetryable = ({ target }: Pick<Details, 'target'>): boolean => recordTargets.some((each) => each === target);

/** Settles all waiting records of a group. */
function GroupActions({ details }: { readonly details: Details }) {
  const { id, openCount } = details;
  const { settlement, run, cancel, dismiss } = useSettleGroup(id);
  const [isDiscarding, setDiscarding] = useState(false);
  const { may } = useViewer();
  const canRetry = isRetryable(details);
  const isOff = !may('INGEST') || openCount === 0 || settlement?.state === 'running';
  return (
    <>
      <Group gap="xs">
        {canRetry && (
          <Button size="compact-sm" disabled={isOff} onClick={() => void run(openCount, null)}>
            Retry all
          </Button>
        )}
        <Button size="compact-sm" variant="default" disabled={isOff} onClick={() => setDiscarding(true)}>
          Discard all
        </Button>
        {!may('INGEST') && <Text size="sm">This needs the scope ingest.</Text>}
        {!canRetry && openCount > 0 && (
          <Text size="sm">To store them, correct the file at its source and import it again.</Text>
        )}
      </Group>
      {settlement && <SettlementReport settlement={settlement} onCancel={cancel} onDismiss={dismiss} />}
      <DiscardDialog
        count={openCount}
        isOpen={isDiscarding}
        onClose={() => setDiscarding(false)}
        onDiscard={(reason) => {
          setDiscarding(false);
          void run(openCount, reason);
        }}
      />
    </>
  );
}

function GroupHead({ details }: { readonly details: Details }) {
  const { target, source, openCount, resolvedCount, discardedCount, newestAt } = details;
  const ofImport = details.import;
  const counts = [
    `${formatFigure(openCount)} ${rejectWords.OPEN}`,
    `${formatFigure(resolvedCount)} ${rejectWords.RESOLVED}`,
    `${formatFigure(discardedCount)} ${rejectWords.DISCARDED}`,
  ];
  return (
    <Stack gap={4}>
      <Title order={2}>{problemWords(details)}</Title>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {`${targetWords[target]} from ${source}, newest `}
        <Time at={newestAt} />
      </Text>
      <Text size="sm" fw={600}>
        {counts.join(', ')}
      </Text>
      {ofImport && (
        <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/intake" search={{ open: ofImport.id }} />}>
          Open its import
        </Anchor>
      )}
    </Stack>
  );
}

function GroupRecords({ id }: { readonly id: string }) {
  const { rejects = 'OPEN' } = useSearch();
  const change = useChangeSearch();
  const { result, ...paged } = usePagedRows({
    query: RejectGroupRecordsDocument,
    variables: useMemo(() => ({ id, state: rejects, first: 100 }), [id, rejects]),
    kinds: ['REJECTED_RECORDS'],
    pageOf,
  });
  return (
    <>
      <Group>
        <RejectState />
      </Group>
      <QueryView result={result} height={300}>
        {() => (
          <DataTable
            label="Records of the problem"
            columns={groupColumns}
            rows={paged.rows}
            rowKey={(row) => row.id}
            totalCount={paged.totalCount ?? undefined}
            hasMore={paged.hasMore}
            onLoadMore={paged.loadMore}
            loadAll={paged.loadAll}
            onOpenRow={(row) => change({ reject: row.id })}
            emptyText={`No record is ${rejectWords[rejects]}.`}
          />
        )}
      </QueryView>
    </>
  );
}

/** One problem: what can be done with all of its records at once, and each of them. */
export function RejectGroup({ id }: { readonly id: string }) {
  const result = useLiveQuery({ query: RejectGroupDetailsDocument, variables: { id }, kinds: ['REJECTED_RECORDS'] });
  return (
    <Stack gap="sm">
      <Anchor
        size="sm"
        renderRoot={(props) => (
          <Link
            {...props}
            to="/intake"
            search={(previous) => ({ ...previous, group: undefined, rejects: undefined, reject: undefined })}
          />
        )}
      >
        All problems
      </Anchor>
      <QueryView result={result}>
        {({ node }) =>
          node?.__typename === 'RejectGroup' ? (
            <Stack gap="sm">
              <GroupHead details={node} />
              <GroupActions details={node} />
              <GroupRecords id={id} />
            </Stack>
          ) : (
            <EmptyState>There is no such problem.</EmptyState>
          )
        }
      </QueryView>
    </Stack>
  );
}
