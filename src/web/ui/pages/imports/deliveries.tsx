import { Group, Select, Stack, Title } from '@mantine/core';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { Time } from '../../components/time.tsx';
import { usePagedRows } from '../../data/paged-rows.ts';
import { missing } from '../../format/numbers.ts';
import { AlertDeliveriesDocument, type AlertDeliveriesQuery } from '../../generated/graphql.ts';
import { useChangeSearch, useSearch } from './change-search.ts';
import { deliveryStates } from './search.ts';
import { optionsOf } from './words.ts';

type Delivery = NonNullable<AlertDeliveriesQuery['alertDeliveries']>['nodes'][number];

const words = { PENDING: 'pending', DELIVERED: 'delivered', FAILED: 'failed' } as const;

const pageOf = ({ alertDeliveries: page }: AlertDeliveriesQuery) =>
  page && { rows: page.nodes, totalCount: page.totalCount, pageInfo: page.pageInfo };

const columns: readonly DataColumn<Delivery>[] = [
  { id: 'event', header: 'event', cell: ({ event }) => event, text: ({ event }) => event },
  { id: 'subject', header: 'subject', width: 200, cell: ({ subject }) => subject, text: ({ subject }) => subject },
  { id: 'state', header: 'state', width: 100, cell: ({ state }) => words[state], text: ({ state }) => words[state] },
  {
    ...{ id: 'created', header: 'created', width: 130 },
    cell: ({ createdAt }) => <Time at={createdAt} relative />,
    text: ({ createdAt }) => createdAt,
  },
  { id: 'attempts', header: 'attempts', numeric: true, width: 90, cell: ({ attemptCount }) => attemptCount },
  {
    ...{ id: 'next', header: 'next attempt', width: 130 },
    cell: ({ nextAttemptAt }) => <Time at={nextAttemptAt} relative />,
  },
  {
    ...{ id: 'result', header: 'result', width: 260 },
    cell: ({ lastError, responseStatus }) => lastError ?? responseStatus ?? missing,
    text: ({ lastError, responseStatus }) => lastError ?? String(responseStatus ?? ''),
  },
];

/** What was sent to hooks. */
export function Deliveries() {
  const { deliveries } = useSearch();
  const change = useChangeSearch();
  const { result, ...paged } = usePagedRows({
    query: AlertDeliveriesDocument,
    variables: useMemo(() => ({ state: deliveries, first: 100 }), [deliveries]),
    kinds: ['ALERTS'],
    pageOf,
  });
  return (
    <Stack gap="xs" component="section" aria-labelledby="deliveries">
      <Group justify="space-between">
        <Title order={2} id="deliveries">
          Deliveries
        </Title>
        <Select
          size="xs"
          aria-label="State of deliveries"
          placeholder="All states"
          clearable
          data={optionsOf(words, deliveryStates)}
          value={deliveries ?? null}
          onChange={(chosen) => change({ deliveries: (chosen as Delivery['state'] | null) ?? undefined })}
        />
      </Group>
      <QueryView result={result}>
        {() => (
          <DataTable
            label="Deliveries"
            columns={columns}
            rows={paged.rows}
            rowKey={({ id }) => id}
            totalCount={paged.totalCount ?? undefined}
            hasMore={paged.hasMore}
            onLoadMore={paged.loadMore}
            loadAll={paged.loadAll}
            height={360}
            emptyText="Nothing was sent yet."
          />
        )}
      </QueryView>
    </Stack>
  );
}
