import { Group, Stack, Title } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { FilterChips } from '../../components/filter-chips.tsx';
import { hashTarget } from '../../components/hash-target.ts';
import { QueryView } from '../../components/query-view.tsx';
import { Time } from '../../components/time.tsx';
import { type PageOfRows, usePagedRows } from '../../data/paged-rows.ts';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { ConversationRowsDocument, type ConversationRowsQuery } from '../../generated/graphql.ts';
import { useRange } from './range.ts';

const route = getRouteApi('/conversations');

const pageSize = 200;

type Row = NonNullable<ConversationRowsQuery['conversations']>['nodes'][number];

const pageOf = ({ conversations }: ConversationRowsQuery): PageOfRows<Row> | null =>
  conversations ? { ...conversations, rows: conversations.nodes } : null;

const columns: readonly DataColumn<Row>[] = [
  {
    id: 'startedAt',
    header: 'Started',
    width: 270,
    cell: ({ startedAt }) => <Time at={startedAt} />,
    text: ({ startedAt }) => startedAt,
  },
  { id: 'symbol', header: 'Letter', width: 80, cell: ({ symbol }) => symbol, text: ({ symbol }) => symbol },
  {
    id: 'guess',
    header: 'Guess',
    width: 110,
    cell: ({ isVowelGuess }) => (isVowelGuess ? 'vowel' : 'consonant'),
    text: ({ isVowelGuess }) => (isVowelGuess ? 'vowel' : 'consonant'),
  },
  { id: 'uuid', header: 'Conversation', width: 320, cell: ({ uuid }) => uuid, text: ({ uuid }) => uuid },
];

/** The conversations themselves, to the microsecond. A row opens its follow-ups. */
export function ConversationTable() {
  const { symbol, first, last } = route.useSearch();
  const navigate = route.useNavigate();
  const { range, zone } = useRange({ first, last });
  const asOf = useAsOf();
  const isFixed = isOfSnapshot(useView());
  const variables = useMemo(
    () => ({ range, zone, asOf, symbol: symbol ?? null, first: pageSize }),
    [range, zone, asOf, symbol],
  );
  const { result, rows, totalCount, hasMore, loadMore, loadAll } = usePagedRows({
    query: ConversationRowsDocument,
    variables,
    kinds: isFixed ? [] : ['CONVERSATIONS'],
    pageOf,
  });
  return (
    <Stack gap="xs" id="rows" ref={hashTarget}>
      <Group gap="xs">
        <Title order={2}>Conversations</Title>
        <FilterChips
          filters={
            symbol === undefined
              ? []
              : [
                  {
                    id: 'symbol',
                    label: 'letter',
                    value: symbol,
                    onRemove: () => navigate({ search: (previous) => ({ ...previous, symbol: undefined }) }),
                  },
                ]
          }
        />
      </Group>
      <QueryView result={result} height={300}>
        {() => (
          <DataTable
            label="List of conversations"
            columns={columns}
            rows={rows}
            rowKey={({ id }) => id}
            totalCount={totalCount ?? undefined}
            hasMore={hasMore}
            onLoadMore={loadMore}
            loadAll={loadAll}
            onOpenRow={({ uuid }) => navigate({ search: (previous) => ({ ...previous, open: uuid }) })}
            emptyText="No conversation started in this time."
          />
        )}
      </QueryView>
    </Stack>
  );
}
