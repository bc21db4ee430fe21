import { Box, Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { AsOfControl } from '../../components/as-of-control.tsx';
import { hashTarget } from '../../components/hash-target.ts';
import { Page } from '../../components/page.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { UserFiguresDocument } from '../../generated/graphql.ts';
import { filterOf } from './filter.ts';
import { UserFilters } from './user-filters.tsx';
import { Statistics } from './user-statistics.tsx';
import { UserTable } from './user-table.tsx';

const route = getRouteApi('/users');

/** Finds users, and says how many there are of which kind. */
export function UsersPage() {
  const search = route.useSearch();
  const asOf = useAsOf();
  const isFixed = isOfSnapshot(useView());
  const where = useMemo(() => filterOf(search), [search]);
  const result = useLiveQuery({
    query: UserFiguresDocument,
    variables: { where, asOf, at: search.at ?? null },
    kinds: isFixed ? [] : ['USERS', 'STATUS_CHANGES'],
  });
  return (
    <Page title="Users" actions={<AsOfControl hasFacts={false} />}>
      <Stack gap="md">
        <UserFilters countries={(result.state.data?.userStatistics?.byCountry ?? []).map(({ label }) => label)} />
        <QueryView result={result} height={140}>
          {({ userStatistics }) => userStatistics && <Statistics figures={userStatistics} />}
        </QueryView>
        <Box id="rows" ref={hashTarget}>
          <UserTable where={where} />
        </Box>
      </Stack>
    </Page>
  );
}
